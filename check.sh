#!/usr/bin/env bash
# What has to hold before a commit. `./check.sh` runs every step; `./check.sh tests` runs one.
set -euo pipefail
cd "$(dirname "$0")"

format()   { cargo fmt --check; }
lints()    { cargo clippy --all-targets -- -D warnings; }
core()     { cargo clippy --lib --bins --no-default-features -- -D warnings; no_window_toolkit; }
tests()    { cargo test; }
docs()     { RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items; }
licences() { if command -v cargo-deny >/dev/null; then cargo deny check licenses bans sources; else echo "cargo-deny is not installed: licences were not checked"; fi; }

# The library without the feature `gui` has no window toolkit in its graph.
no_window_toolkit() {
  if cargo tree --no-default-features -e normal | grep -E '\b(egui|eframe|epaint|winit|rfd) v'; then
    echo "the core depends on a window toolkit" >&2
    return 1
  fi
}

steps=("$@")
[ ${#steps[@]} -gt 0 ] || steps=(format lints core tests docs licences)
for step in "${steps[@]}"; do
  echo "== $step"
  "$step"
done
