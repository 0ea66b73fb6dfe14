"""A decoder that was trained elsewhere, opened in Unpick.

    pip install torch numpy
    python own_decoder.py model.safetensors          trains a VAE with PyTorch and exports it
    python own_decoder.py --numpy model.safetensors  writes a decoder with known seams, with NumPy alone

    unpick --model model.safetensors
    unpick metrics --model model.safetensors
    unpick render --model model.safetensors --view data --out data.png
    unpick export --model model.safetensors --what jacobians --at 0.3,-0.2 --out jacobian.npy

Any file that the package safetensors writes is read as well:
safetensors.torch.save_file(decoder.state_dict(), path, metadata={"activation": "tanh"}).
"""
import json
import sys

import numpy as np


def save(path, tensors, **metadata):
    """Writes arrays by name as safetensors: the length of the header, the header as JSON, the numbers in its order."""
    tensors = {name: np.ascontiguousarray(array, dtype="<f4") for name, array in tensors.items()}
    header, start = {"__metadata__": metadata}, 0
    for name, array in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [start, start + array.nbytes]}
        start += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for array in tensors.values():
            file.write(array.tobytes())


def known_decoder(degrees=30.0):
    """x = 2 u1 tanh(z1/2) + u2 tanh(.4 z2) with orthonormal u: its seams are the images of the axes. Its latents are then rotated, so
    that the curves along the axes cross at odd angles, while those along the right singular vectors are still the seams."""
    angle = np.radians(degrees)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    u = np.array([[2, -2], [2, 1], [1, 2]]) / 3
    return {
        "decoder.0.weight": np.diag([0.5, 0.4]) @ rotation.T,
        "decoder.0.bias": np.zeros(2),
        "decoder.2.weight": u * [2.0, 1.0],
        "decoder.2.bias": np.zeros(3),
    }


def trained_model(steps=3000, beta=1.0, sigma2=0.02):
    """A VAE with a diagonal posterior, trained on a piece of a cylinder."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    factors = torch.randn(10_000, 2) * torch.tensor([0.8, 1.0])
    data = torch.stack([2 * factors[:, 0].cos(), 2 * factors[:, 0].sin(), factors[:, 1]], 1)
    data = data + sigma2**0.5 * torch.randn_like(data)
    encoder = nn.Sequential(nn.Linear(3, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 4))
    decoder = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 3))
    optimiser = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=2e-3)
    for _ in range(steps):
        x = data[torch.randint(len(data), (256,))]
        mean, log_variance = encoder(x).chunk(2, 1)
        z = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
        kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(1)
        loss = (((x - decoder(z)) ** 2).sum(1) / (2 * sigma2) + beta * kl).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    model = nn.ModuleDict({"encoder": encoder, "decoder": decoder})
    return {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}


if __name__ == "__main__":
    arguments = sys.argv[1:]
    known = arguments[:1] == ["--numpy"]
    if len(arguments) != 1 + known:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    save(arguments[-1], known_decoder() if known else trained_model(), activation="tanh")
