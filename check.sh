#!/usr/bin/env bash
# Checks before a commit. `./check.sh` runs every step; `./check.sh tests` runs one.
set -euo pipefail
cd "$(dirname "$0")"

format()   { cargo fmt --check; }
lints()    { cargo clippy --all-targets -- -D warnings; }
core()     { cargo clippy --lib --bins --no-default-features -- -D warnings; no_window_toolkit; }
tests()    { cargo test; }
pictures() { cargo test --test pictures -- --ignored; } # half an hour, so only when asked for
docs()     { RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items; }
spelling() { if command -v typos >/dev/null; then typos; else echo "typos is not installed: spelling was not checked"; fi; }
licences() { if command -v cargo-deny >/dev/null; then cargo deny check licenses bans sources; else echo "cargo-deny is not installed: licences were not checked"; fi; }

# Known faults of dependencies, from a database on the network: without it nothing is judged, and that is said.
advisories() {
  if ! command -v cargo-deny >/dev/null; then
    echo "cargo-deny is not installed: advisories were not checked"
  elif ! timeout 120 cargo deny fetch db; then
    echo "the database of advisories cannot be reached: advisories were not checked"
  else
    cargo deny check --disable-fetch advisories
  fi
}

# Faults that nobody thought of, in ten minutes of two cores, so only when asked for. The seed is that of the commit, or STRESS_SEED; a
# failure names what repeats it alone. In two lanes, since half of the regime waits.
stress() {
  STRESS_SEED=${STRESS_SEED:-$(git rev-parse HEAD)}
  STRESS_CASES=${STRESS_CASES:-20000} STRESS_EVENTS=${STRESS_EVENTS:-8000} STRESS_RUNS=${STRESS_RUNS:-400}
  STRESS_KILLS=${STRESS_KILLS:-100} STRESS_SOAK=${STRESS_SOAK:-60}
  export STRESS_SEED STRESS_CASES STRESS_EVENTS STRESS_RUNS STRESS_KILLS STRESS_SOAK
  local log failed=0
  log=$(mktemp)
  echo "seed $STRESS_SEED"
  cargo test --no-run --test stress --test monkey --test odd_runs --test soak --test cli --test window
  { cargo test --test monkey && cargo test --test cli kill && cargo test --test window recovery; } >"$log" 2>&1 &
  local lane=$!
  { cargo test --test stress && cargo test --test odd_runs && cargo test --test soak; } || failed=1
  wait "$lane" || failed=1
  cat "$log"
  rm "$log"
  return "$failed"
}

# The library without the feature `gui` has no window toolkit in its graph.
no_window_toolkit() {
  if cargo tree --no-default-features -e normal | grep -E '\b(egui|eframe|epaint|winit|rfd) v'; then
    echo "the core depends on a window toolkit" >&2
    return 1
  fi
}

# Short runs, whose metrics and decodings NumPy computes again, and scores against factors by scikit-learn. PYTHON names an interpreter with NumPy, UNPICK a binary
# (default: the one that the tests of the command line run). The folder of a run that disagrees stays below target.
independent() {
  local python=${PYTHON:-python3} target=${CARGO_TARGET_DIR:-target} options
  local unpick=${UNPICK:-$target/debug/unpick} folder=$target/independent
  local runs=(
    "--scene linear --covariance diagonal"
    "--scene linear --covariance full"
    "--scene cylinder --covariance diagonal --steps 1500"
    "--scene cylinder --covariance full --posterior-factor cholesky --optimizer adam --steps 1500"
    "--scene cylinder --covariance full --steps 1500 --at 900:rotate=30"
    "--scene water-filling --covariance full --optimizer lbfgs --steps 300"
    "--scene water-filling --beta 4 --steps 1500"
    "--scene parabola --steps 1000"
    "--scene swiss-roll --activation relu --latent-dim 4 --steps 1000"
    "--scene examples/bits.toml --steps 1500"
    "--scene laplace --covariance full --steps 1000"
    "--scene cylinder --regularizer factor:3 --steps 1500"
    "--scene polar --steps 1200 --at 400:beta=3 --at 600:covariance=full --at 800:rotate=30 --at 900:sigma2=0.05"
  )
  if ! "$python" -c 'import numpy, tomllib' 2>/dev/null; then
    echo "no Python 3.11 with NumPy was found: metrics and decodings were not computed again"
    return
  fi
  if "$python" -c 'import scipy, sklearn' 2>/dev/null; then
    "$python" tests/independent/factor_scores.py
  else
    echo "scikit-learn was not found: scores against factors were not computed again"
  fi
  # With the features of the tests, so that nothing is compiled twice.
  [ -n "${UNPICK:-}" ] || cargo test --no-run --test cli
  for options in "${runs[@]}"; do
    echo "-- $options"
    rm -rf "$folder"
    # shellcheck disable=SC2086 # the options are words
    "$unpick" train $options --out "$folder" >/dev/null
    "$unpick" export "$folder" --what latents --out "$folder/latents.npz" >/dev/null
    "$python" tests/independent/metrics.py "$folder" >"$folder/metrics.txt" || { cat "$folder/metrics.txt"; return 1; }
    tail -n 1 "$folder/metrics.txt"
    "$python" tests/independent/decodings.py "$folder" "$folder/latents.npz"
  done
  rm -r "$folder"
}

steps=("$@")
[ ${#steps[@]} -gt 0 ] || steps=(format lints core tests docs independent spelling licences advisories)
for step in "${steps[@]}"; do
  echo "== $step"
  "$step"
done
