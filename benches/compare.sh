#!/usr/bin/env bash
# Every table of benches/README.md: training steps and decoder Jacobians of this program against JAX, interleaved, one thread
# each, in processor time; then convergence, frames, the 3-D scene, growth and start.
# `benches/compare.sh [ROUNDS]`. PYTHON names an interpreter that has JAX; without one, JAX is installed below target.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-11}

if [ -z "${PYTHON:-}" ]; then
  environment=${CARGO_TARGET_DIR:-target}/jax
  PYTHON=$environment/bin/python
  [ -x "$PYTHON" ] || python3 -m venv "$environment"
  "$PYTHON" -c 'import jax' 2>/dev/null || "$PYTHON" -m pip install --quiet jax
fi

# The path of the benchmark's binary, as cargo reports it.
binary() {
  cargo bench --bench "$1" --no-run --message-format=json 2>/dev/null |
    "$PYTHON" -c 'import json, sys
print(*[m["executable"] for m in map(json.loads, sys.stdin) if m.get("executable") and m["target"]["name"] == sys.argv[1]])' "$1"
}
train_speed=$(binary train_speed)
geometry=$(binary geometry)

date -u '+%Y-%m-%d'
grep -m1 'model name' /proc/cpuinfo 2>/dev/null || uname -m
"$PYTHON" -c 'import jax; print("JAX", jax.__version__)'
for workload in W1 W1f W2 W3 W4 J1a J1ad J1bd; do
  case $workload in J*) ours=$geometry block=1 ;; *) ours=$train_speed block=0.3 ;; esac
  "$PYTHON" benches/interleave.py --rounds "$rounds" --block "$block" --title "$workload" \
    "unpick=$ours --workload $workload --repl" \
    "jax=$PYTHON benches/peer.py --workload $workload --repl"
done

# The other tables.
for bench in products convergence frames scene3d growth; do
  echo
  cargo bench --quiet --bench "$bench"
done
echo
benches/start.sh
