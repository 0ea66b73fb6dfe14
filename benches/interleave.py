"""Interleaved comparison of trainers: every contestant is a process that prints 'ready', then answers each step
count on its stdin with one JSON line (peer.py --repl, train_speed --repl).

    python interleave.py --rounds 11 --block 0.3 'name=command' 'name=command' ...

Rounds run A B C A B C ...; for each the time of a step is taken, then medians over rounds and, per round, the
ratio to the first contestant (median of ratios).  CPU time by default (one thread, busy machine), --wall for wall time.
"""
import argparse, json, shlex, statistics as st, subprocess, sys

ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
ap.add_argument("contestants", nargs="+")
ap.add_argument("--rounds", type=int, default=11)
ap.add_argument("--block", type=float, default=0.3, help="seconds per block")
ap.add_argument("--wall", action="store_true")
ap.add_argument("--json", action="store_true")
ap.add_argument("--title", default="")
a = ap.parse_args()
key = "seconds" if a.wall else "cpu_seconds"

procs = {}
for c in a.contestants:
    name, cmd = c.split("=", 1)
    procs[name] = subprocess.Popen(shlex.split(cmd), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def ask(p, n):
    p.stdin.write(f"{n}\n"), p.stdin.flush()
    line = p.stdout.readline()
    return json.loads(line) if line else None


steps, dead = {}, []
for name, p in procs.items():
    while (line := p.stdout.readline()) and line.strip() != "ready":
        pass
    r = ask(p, 100) if line else None
    if r is None:
        dead.append(name)
        continue
    per = r[key] / 100
    steps[name] = max(100, round(a.block / per / 100) * 100) if per < a.block / 50 else 100
for d in dead:
    procs.pop(d)
times = {n: [] for n in procs}
loss = {}
for _ in range(a.rounds):
    for name, p in procs.items():
        r = ask(p, steps[name])
        times[name].append(r[key] / steps[name])
        loss[name] = r["loss"]
for p in procs.values():
    p.stdin.close()
    p.wait()

first = next(iter(times))
out = {n: {"us": 1e6 * st.median(t), "best_us": 1e6 * min(t), "ratio": st.median(x / y for x, y in zip(t, times[first])), "loss": loss[n]} for n, t in times.items()}
if a.json:
    print(json.dumps({"title": a.title, "key": key, "result": out, "dead": dead}))
else:
    print(f"{a.title}  [{key}, {a.rounds} rounds]" + (f"  FAILED: {dead}" if dead else ""))
    for n, o in out.items():
        print(f"  {n:28} {o['us']:10.1f} us/step {1e6 / o['us']:10.0f} steps/s   best {o['best_us']:9.1f} us   time/{first} {o['ratio']:6.2f}   loss {o['loss']:.4g}")
