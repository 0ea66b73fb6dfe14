"""Speed of one small-VAE training step (or a batch of decoder Jacobians) in JAX on the CPU, in its strongest form: many
steps in one jitted scan.

    python peer.py --workload W1 --steps 1000 [--threads 1]

prints one JSON line  {workload, backend, steps, seconds, steps_per_s, cpu_seconds, threads, loss, versions}.
`seconds` is wall time, `cpu_seconds` the CPU time of the whole process (robust on a busy machine when
--threads 1).  Compilation and warm-up are outside the timing.  With `--repl` the script compiles once and
then times a block for each line (a step count) read from stdin: for interleaved A B A B measurements.

The model is that of train_speed.rs: Gaussian encoder (diagonal or full covariance), one reparameterised
sample, Gaussian decoder with fixed variance, beta * KL, Adam, f32; each step takes the next batch of a
resident data set and draws fresh noise.
    W1   x in R^3,   m=2,  3-64-64-(2+2), 2-64-64-3, tanh, batch 256        W1f  the same, full covariance
    W2   x in R^256, m=6,  256-128-128-12, 6-128-128-256, tanh, batch 128
    W3   x in R^784, m=10, 784-256-256-20, 10-256-256-784, tanh, batch 128
    W4   x in R^4096, m=10, 4096-256-256-20, 10-256-256-4096, tanh, batch 128
    J1a  Jacobians of the W1 decoder at 1024 latents and their SVDs;  J1b  of the W3 decoder  (a 'step' = 1024 latents)
    J1ad, J1bd  the same without the SVD
"""
import argparse, json, math, os, sys, time

WORKLOADS = {  # x dim, latent dim, hidden, batch, activation, full covariance
    "W1": (3, 2, (64, 64), 256, "tanh", False),
    "W1f": (3, 2, (64, 64), 256, "tanh", True),
    "W2": (256, 6, (128, 128), 128, "tanh", False),
    "W3": (784, 10, (256, 256), 128, "tanh", False),
    "W4": (4096, 10, (256, 256), 128, "tanh", False),
    "J1a": (3, 2, (64, 64), 1024, "tanh", False),
    "J1b": (784, 10, (256, 256), 1024, "tanh", False),
    "J1ad": (3, 2, (64, 64), 1024, "tanh", False),
    "J1bd": (784, 10, (256, 256), 1024, "tanh", False),
}
SIGMA2, BETA, LR, B1, B2, EPS, N_DATA, SCAN = 0.01, 1.0, 1e-3, 0.9, 0.999, 1e-8, 4096, 100


def sizes(w):
    d, m, hidden, _, _, full = WORKLOADS[w]
    return [d, *hidden, m + (m * (m + 1) // 2 if full else m)], [m, *reversed(hidden), d]


def init(w, seed=0):
    """Glorot-uniform weights (out, in), zero biases: a list of (W, b) for encoder then decoder."""
    import numpy as np
    rng = np.random.default_rng(seed)
    layers = []
    for s in sizes(w):
        for i, o in zip(s[:-1], s[1:]):
            r = math.sqrt(6 / (i + o))
            layers.append((rng.uniform(-r, r, (o, i)).astype(np.float32), np.zeros(o, np.float32)))
    return layers


def data(w, seed=1):
    """A smooth random m-dimensional manifold in R^d plus a little noise, N_DATA points."""
    import numpy as np
    d, m = WORKLOADS[w][:2]
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((N_DATA, m))
    x = np.tanh(z @ rng.standard_normal((m, 8))) @ rng.standard_normal((8, d)) / 2 + 0.05 * rng.standard_normal((N_DATA, d))
    return x.astype(np.float32)


# ------------------------------------------------------------------------------------------------- JAX
def jax_backend(w, kind, opts):
    import jax, jax.numpy as jnp, numpy as np
    if opts.rng != "threefry2x32":
        jax.config.update("jax_default_prng_impl", opts.rng)
    d, m, hidden, batch, act, full = WORKLOADS[w]
    act = {"tanh": jnp.tanh, "relu": jax.nn.relu}[act]
    n_enc = len(hidden) + 1

    def mlp(layers, h):
        for i, (W, b) in enumerate(layers):
            h = h @ W.T + b
            if i + 1 < len(layers):
                h = act(h)
        return h

    def loss(p, x, eps):
        h = mlp(p[:n_enc], x)
        mu, s = h[:, :m], h[:, m:]
        if full:  # s = packed lower triangle of L, log-diagonal
            r, c = np.tril_indices(m)
            diag = r == c
            l = jnp.where(diag, jnp.exp(s), s)
            z = mu + (l * eps[:, c]) @ np.eye(m, dtype=np.float32)[r]  # L eps without scattering into L
            kl = 0.5 * (jnp.sum(l * l) + jnp.sum(mu * mu)) - jnp.sum(jnp.where(diag, s, 0.0)) - 0.5 * m * x.shape[0]
        else:  # s = log-variance
            sd = jnp.exp(0.5 * s)
            z = mu + sd * eps
            kl = 0.5 * jnp.sum(mu * mu + sd * sd - 1.0 - s)
        r = mlp(p[n_enc:], z) - x
        return (jnp.sum(r * r) / (2 * SIGMA2) + BETA * kl) / x.shape[0]

    def adam(p, g, mo, v, t):
        c = LR * jnp.sqrt(1 - B2**t) / (1 - B1**t)
        mo = jax.tree.map(lambda a, b: B1 * a + (1 - B1) * b, mo, g)
        v = jax.tree.map(lambda a, b: B2 * a + (1 - B2) * b * b, v, g)
        return jax.tree.map(lambda a, b, s: a - c * b / (jnp.sqrt(s) + EPS), p, mo, v), mo, v

    X = jnp.asarray(data(w))
    layers = [(jnp.asarray(W), jnp.asarray(b)) for W, b in init(w)]

    if w.startswith("J1"):
        z = jax.random.normal(jax.random.key(0), (batch, m))
        dec = layers[n_enc:]

        def jac(z):
            J = jax.vmap(jax.jacfwd(lambda u: mlp(dec, u)))(z)
            return J if w.endswith("d") else jnp.linalg.svd(J, full_matrices=False)

        f = jax.jit(jac)

        def run(n):
            for _ in range(n):
                out = f(z)
            jax.block_until_ready(out)
            return float(jnp.sum(jnp.abs(out if w.endswith("d") else out[1])))

        return run, {"jax": jax.__version__}

    if opts.adam == "flat":  # all parameters in one vector: one fused Adam loop
        from jax.flatten_util import ravel_pytree
        p0, unravel = ravel_pytree(layers)
        loss_of = lambda p, x, e: loss(unravel(p), x, e)
    else:
        p0, loss_of = layers, loss
    nb = N_DATA // batch

    def step(state, _=None, eps=None):
        p, mo, v, t, key = state
        if eps is None:
            key, sub = jax.random.split(key)
            eps = jax.random.normal(sub, (batch, m))
        i = (t.astype(jnp.int32) % nb) * batch
        x = jax.lax.dynamic_slice(X, (i, 0), (batch, d))
        l, g = jax.value_and_grad(loss_of)(p, x, eps)
        t = t + 1
        return (*adam(p, g, mo, v, t), t, key), l

    def scan(state):
        if opts.noise == "ahead":  # the noise of all SCAN steps in one draw
            p, mo, v, t, key = state
            key, sub = jax.random.split(key)
            E = jax.random.normal(sub, (SCAN, batch, m))
            s, l = jax.lax.scan(lambda s, e: step(s, eps=e), (p, mo, v, t, key), E, unroll=opts.unroll)
        else:
            s, l = jax.lax.scan(step, state, length=SCAN, unroll=opts.unroll)
        return s, l[-1]

    zeros = jax.tree.map(jnp.zeros_like, p0)
    state = [(p0, zeros, jax.tree.map(jnp.copy, zeros), jnp.float32(0), jax.random.key(0))]
    f = jax.jit(scan if kind == "scan" else step, donate_argnums=0)
    per_call = SCAN if kind == "scan" else 1

    def run(n):
        assert n % per_call == 0, f"steps must be a multiple of {per_call}"
        s = state[0]
        for _ in range(n // per_call):
            s, l = f(s)
        jax.block_until_ready((s, l))
        state[0] = s
        return float(l)

    return run, {"jax": jax.__version__}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--workload", required=True, choices=WORKLOADS)
    ap.add_argument("--steps", type=int, default=1000)
    ap.add_argument("--threads", type=int, default=1)
    ap.add_argument("--cpu", type=int, default=1, help="the core to pin to when --threads 1")
    ap.add_argument("--adam", choices=("tree", "flat"), default="tree", help="jax: parameter layout")
    ap.add_argument("--noise", choices=("inside", "ahead"), default="inside", help="jax-scan: draw noise per step or per scan")
    ap.add_argument("--rng", default="threefry2x32", help="jax: prng implementation (threefry2x32, rbg, unsafe_rbg)")
    ap.add_argument("--unroll", type=int, default=1, help="jax-scan: scan unroll")
    ap.add_argument("--xla", default="", help="extra XLA_FLAGS")
    ap.add_argument("--repl", action="store_true", help="time a block for each step count read from stdin")
    opts = ap.parse_args()
    cores = os.sched_getaffinity(0)
    if opts.threads == 1:
        os.sched_setaffinity(0, {opts.cpu} if opts.cpu in cores else {min(cores)})
    for k in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[k] = str(opts.threads)
    os.environ["XLA_FLAGS"] = (os.environ.get("XLA_FLAGS", "") + " " + opts.xla).strip()
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    run, versions = jax_backend(opts.workload, "scan", opts)
    warm = SCAN if not opts.workload.startswith("J1") else 5
    run(warm), run(warm)

    def timed(n):
        t, c = time.perf_counter(), time.process_time()
        loss = run(n)
        s, c = time.perf_counter() - t, time.process_time() - c
        print(json.dumps({"workload": opts.workload, "backend": "jax-scan", "steps": n, "seconds": s, "steps_per_s": n / s,
                          "cpu_seconds": c, "threads": opts.threads, "loss": loss, "versions": versions}), flush=True)

    if opts.repl:
        print("ready", flush=True)
        for line in sys.stdin:
            timed(int(line))
    else:
        timed(opts.steps)


if __name__ == "__main__":
    main()
