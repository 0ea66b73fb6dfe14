"""Ten steps of Adam on small VAEs, by automatic differentiation in double precision: the reference of tests/reference.rs.

    pip install jax safetensors
    python adam_steps.py            writes a .safetensors per case beside this file

Nothing here is shared with the program: gradients come from jax.grad, log p(x|z) from the normal density, the KL divergence
from its general formula with trace and determinant of Sigma = L L^T.

A file holds, with B observations of n numbers in a minibatch, m latents and T steps:

    encoder.0.weight ...                float32: the weights at the start, named and shaped as in the program's own model files
    observations (T, B, n)              float32: a minibatch for every step
    noise (T, B, m)                     float32: epsilon of z = mu + L epsilon
    gradient.encoder.0.weight ...       float64: derivative of the loss by each weight in the first step
    end.encoder.0.weight ...            float64: the weights after T steps
    reconstruction (T,), kl (T,)        float64: the terms before each step, averaged over the minibatch, in nats

and in its metadata, under the key `case`, JSON with latent_dim, hidden, activation, decoder, covariance, beta, sigma2, lr, and
likelihood where it is bernoulli. The loss is beta KL - reconstruction, reconstruction = E log N(x; decoder(z), sigma2 I), or for
Bernoulli variables E [x log pi + (1 - x) log (1 - pi)], pi = sigmoid(decoder(z)), on grey and on binary x. All inputs are float32 numbers, so that
models in either precision start from the same place.
"""
import json
import os
from pathlib import Path

os.environ["JAX_PLATFORMS"] = "cpu"
import jax
import jax.numpy as jnp
import numpy as np
from safetensors.numpy import save_file

jax.config.update("jax_enable_x64", True)

STEPS, BATCH = 10, 8
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8

#        name                       n  m  hidden  activation  decoder   covariance  beta  sigma2  lr
CASES = [
    ("tanh-diagonal",               4, 2, [7, 6], "tanh",     "mlp",    "diagonal", 1.0,  0.05,  0.01),
    ("tanh-full",                   5, 3, [6],    "tanh",     "mlp",    "full",     2.5,  0.3,   0.01),
    ("softplus-full",               4, 3, [8, 5], "softplus", "mlp",    "full",     0.3,  0.1,   0.003),
    ("softplus-diagonal",           3, 1, [5],    "softplus", "mlp",    "diagonal", 4.0,  0.02,  0.003),
    ("relu-diagonal",               5, 3, [9, 7], "relu",     "mlp",    "diagonal", 1.0,  0.1,   0.01),
    ("relu-full",                   3, 2, [17],   "relu",     "mlp",    "full",     10.0, 0.05,  0.02),
    ("linear-decoder-full",         3, 2, [],     "tanh",     "linear", "full",     1.0,  0.05,  0.1),
    ("linear-decoder-diagonal",     4, 3, [6],    "tanh",     "linear", "diagonal", 0.5,  0.2,   0.03),
    ("bernoulli-diagonal",          6, 2, [7],    "tanh",     "mlp",    "diagonal", 1.0,  1.0,   0.01),
    ("bernoulli-full",              19, 3, [8, 6], "softplus", "mlp",   "full",     0.5,  1.0,   0.01),
]

ACTIVATIONS = {"tanh": jnp.tanh, "softplus": jax.nn.softplus, "relu": jax.nn.relu}


def shapes(n, m, hidden, decoder, covariance):
    """The name and shape of every tensor: weights are (outputs, inputs), numbered with the activations between them."""
    layers = {}

    def chain(network, sizes):
        for i, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
            layers[f"{network}.{2 * i}"] = (outputs, inputs)

    chain("encoder", [n, *hidden])
    chain("decoder", [m, *(reversed(hidden) if decoder == "mlp" else []), n])
    width = hidden[-1] if hidden else n
    layers["posterior_mean"] = layers["posterior_log_std"] = (m, width)
    if covariance == "full" and m > 1:
        layers["posterior_tril"] = (m * (m - 1) // 2, width)
    tensors = {f"{name}.weight": shape for name, shape in layers.items()}
    return tensors | {f"{name}.bias": shape[:1] for name, shape in layers.items()}


def affine(weights, name, x):
    return weights[f"{name}.weight"] @ x + weights[f"{name}.bias"]


def decode(weights, z, activation):
    depth = sum(name.startswith("decoder.") and name.endswith(".weight") for name in weights)
    for i in range(depth):
        z = affine(weights, f"decoder.{2 * i}", z)
        z = activation(z) if i + 1 < depth else z
    return z


def posterior(weights, x, m, activation):
    """mu and L of one observation."""
    depth = sum(name.startswith("encoder.") and name.endswith(".weight") for name in weights)
    for i in range(depth):
        x = activation(affine(weights, f"encoder.{2 * i}", x))
    factor = jnp.diag(jnp.exp(affine(weights, "posterior_log_std", x)))
    if "posterior_tril.weight" in weights:
        factor = factor.at[np.tril_indices(m, -1)].set(affine(weights, "posterior_tril", x))
    return affine(weights, "posterior_mean", x), factor


def terms(weights, x, noise, sigma2, activation, bernoulli):
    """log p(x|z) at z = mu + L noise, and KL(q || N(0, I)), of one observation."""
    m = len(noise)
    mu, factor = posterior(weights, x, m, activation)
    sigma = factor @ factor.T
    kl = 0.5 * (jnp.trace(sigma) + mu @ mu - m - jnp.linalg.slogdet(sigma)[1])
    if bernoulli:
        eta = decode(weights, mu + factor @ noise, activation)
        return (x * jax.nn.log_sigmoid(eta) + (1 - x) * jax.nn.log_sigmoid(-eta)).sum(), kl
    log_density = jax.scipy.stats.norm.logpdf(x, decode(weights, mu + factor @ noise, activation), jnp.sqrt(sigma2))
    return log_density.sum(), kl


def run(case, seed):
    name, n, m, hidden, activation, decoder, covariance, beta, sigma2, lr = case
    act, bernoulli = ACTIVATIONS[activation], name.startswith("bernoulli")
    rng = np.random.default_rng(seed)
    draw = lambda *shape: rng.standard_normal(shape).astype(np.float32)
    start = {}
    for tensor, shape in shapes(n, m, hidden, decoder, covariance).items():
        # Away from zero everywhere, biases and off-diagonals included.
        scale = 0.3 if len(shape) == 1 else 1 / np.sqrt(shape[1])
        start[tensor] = np.float32(scale) * draw(*shape)
    observations, noise = draw(STEPS, BATCH, n), draw(STEPS, BATCH, m)
    if bernoulli:
        # Grey values, about a third of which are 0 or 1.
        observations = np.clip(np.float32(0.5) + observations / 2, 0, 1)

    def averages(weights, x, e):
        each = jax.vmap(lambda x, e: terms(weights, x, e, sigma2, act, bernoulli))(x, e)
        return jnp.mean(each[0]), jnp.mean(each[1])

    @jax.jit
    def loss_and_gradient(weights, x, e):
        def loss(weights):
            reconstruction, kl = averages(weights, x, e)
            return beta * kl - reconstruction, (reconstruction, kl)
        (_, parts), gradient = jax.value_and_grad(loss, has_aux=True)(weights)
        return parts, gradient

    wide = lambda tree: {k: jnp.asarray(v, jnp.float64) for k, v in tree.items()}
    weights = wide(start)
    first = {k: jnp.zeros_like(v) for k, v in weights.items()}
    second, parts, gradients = dict(first), [], []
    for step in range(STEPS):
        x, e = (jnp.asarray(a[step], jnp.float64) for a in (observations, noise))
        part, gradient = loss_and_gradient(weights, x, e)
        parts.append(part)
        gradients.append(gradient)
        # Kingma & Ba (2015), the order of section 2 that puts both bias corrections into the rate.
        rate = lr * np.sqrt(1 - BETA2 ** (step + 1)) / (1 - BETA1 ** (step + 1))
        for k, g in gradient.items():
            first[k] = BETA1 * first[k] + (1 - BETA1) * g
            second[k] = BETA2 * second[k] + (1 - BETA2) * g * g
            weights[k] = weights[k] - rate * first[k] / (jnp.sqrt(second[k]) + EPSILON)

    tensors = dict(start) | {"observations": observations, "noise": noise}
    tensors |= {f"gradient.{k}": np.asarray(g) for k, g in gradients[0].items()}
    tensors |= {f"end.{k}": np.asarray(w) for k, w in weights.items()}
    tensors |= {"reconstruction": np.array([p[0] for p in parts]), "kl": np.array([p[1] for p in parts])}
    case = dict(latent_dim=m, hidden=hidden, activation=activation, decoder=decoder, covariance=covariance,
                beta=beta, sigma2=sigma2, lr=lr) | ({"likelihood": "bernoulli"} if bernoulli else {})
    path = Path(__file__).parent / f"{name}.safetensors"
    save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, path, metadata={"case": json.dumps(case)})
    last = float(parts[-1][0] - beta * parts[-1][1])
    print(f"{path.name}: objective {float(parts[0][0] - beta * parts[0][1]):.6f} -> {last:.6f}, {path.stat().st_size} bytes")


if __name__ == "__main__":
    for seed, case in enumerate(CASES):
        run(case, seed)
