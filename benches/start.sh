#!/usr/bin/env bash
# Start and memory: size of the binary, time of `scenes`, time from exec to the first frame that shows a run, resident memory
# then and later. `benches/start.sh [SECONDS]` keeps the window open [default: 60]. Without a display it starts Xvfb; the
# processor then paints, the slowest case.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
cargo build --release --quiet
binary=${CARGO_TARGET_DIR:-target}/release/unpick
export HOME
HOME=$(mktemp -d)
window='' display='' heard=''
finish() {
  [ -z "$window" ] || kill "$window" 2>/dev/null || true
  [ -z "$display" ] || kill "$display" 2>/dev/null || true
  rm -rf "$HOME"
}
trap finish EXIT

if [ -z "${DISPLAY:-}" ]; then
  exec 3< <(exec Xvfb -displayfd 1 -screen 0 1400x900x24 2>/dev/null)
  display=$!
  read -r number <&3
  export DISPLAY=:$number
fi

# Median of the lines.
median() { sort -n | awk '{ line[NR] = $1 } END { print line[int((NR + 1) / 2)] }'; }
now() { echo "${EPOCHREALTIME/[.,]/}"; }
milliseconds() { awk -v us="$1" 'BEGIN { printf "%.0f ms", us / 1000 }'; }
resident() { awk '/^VmRSS/ { printf "%.0f MB", $2 / 1024 }' "/proc/$window/status"; }

# Opens a window that stays open; `elapsed` becomes the microseconds until it shows a run.
open_window() {
  local begun line
  begun=$(now)
  exec 4< <(RUST_LOG=unpick=debug exec "$binary" 2>&1)
  window=$!
  while read -r line <&4; do
    case $line in *"the first frame is on the screen"*) elapsed=$(($(now) - begun)); return ;; esac
    heard+=$line$'\n'
  done
  echo "the window did not open: $heard" >&2
  return 1
}
close_window() { kill "$window"; wait "$window" 2>/dev/null || true; window=; }

listed=$(for _ in {1..21}; do begun=$(now); "$binary" scenes >/dev/null; echo $(($(now) - begun)); done | median)
# The first one warms the file cache.
open_window
close_window
opened=$(for _ in {1..7}; do open_window; close_window; echo "$elapsed"; done | median)
open_window
early=$(resident)
sleep "$seconds"
late=$(resident)
close_window

echo "| start ($(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2 | xargs), $(nproc) cores) | |"
echo "|---|---|"
echo "| binary | $(awk -v n="$(stat -c %s "$binary")" 'BEGIN { printf "%.1f MB", n / 1e6 }') |"
echo "| \`unpick scenes\`, median of 21 | $(milliseconds "$listed") |"
echo "| exec to first frame with a run in it, median of 7 | $(milliseconds "$opened") |"
echo "| resident memory at the first frame | $early |"
echo "| the same after ${seconds} s of training | $late |"
