"""Decodes the latents of a saved run once more, with NumPy alone, and compares with what the program decodes.

    pip install numpy               (Python 3.11 or later)
    unpick train --scene cylinder --out run
    unpick export run --what latents --out latents.npz
    python decodings.py run latents.npz

Exit code: 0 if posterior means, covariances and decodings agree to 1e-5, 1 if not.
"""
import sys
import tomllib
from pathlib import Path

import numpy as np

from metrics import Model, read_safetensors


def main(folder, exported):
    config = tomllib.loads((folder / "config.toml").read_text(encoding="utf-8"))
    model = Model(read_safetensors(folder / "model.safetensors"), config["model"]["activation"], config["model"].get("likelihood"))
    arrays = np.load(exported)
    mean, factor = model.posterior(np.load(folder / "observations_test.npy").astype(float))
    ours = {"mean": mean, "covariance": factor @ factor.transpose(0, 2, 1), "decoded": model.decode(mean)}
    worst = {name: float(np.abs(arrays[name] - value).max()) for name, value in ours.items()}
    for name, difference in worst.items():
        print(f"{name:<12} {arrays[name].shape!s:<16} differs by at most {difference:.1e}")
    return 0 if max(worst.values()) < 1e-5 else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
