"""Computes the metrics of a saved run once more, with NumPy alone, and compares them with the run's metrics.json.

    pip install numpy               (Python 3.11 or later)
    unpick train --scene cylinder --out run
    python metrics.py run

Reads model.safetensors, observations_test.npy, factors_test.npy (if there are true factors), config.toml and metrics.json of the
folder; shares no code with the program. It is a tool for people who want to know what the numbers mean or whether they are right.

What is compared, and how it is computed here:

    settings              the objective at the start, changed by the recorded commands
    kl, kl_per_dim        closed form; the sum also by trace and log-determinant of the covariance
    reconstruction, elbo  Monte Carlo with other random numbers (64 draws an observation)
    active                latents whose posterior mean varies by more than 0.01
    active_units          their number; with full covariance eigenvalues of the covariance of the posterior means above 0.01
    ima_contrast          sum log |J_i| - 1/2 log det J'J by the log-determinant, mean over all held-out posterior means
    beta_gap              beta/2 (sum log Lambda_ii - log det Lambda), Lambda = I + J'J/b, b = beta sigma2
    off_diagonal_mass, alignment, dto, singular_values, column_norms
                          from G = J'J and numpy.linalg.svd, the best permutation by dynamic programming
    c2_residual           sum over i != j of (d_j log |J_i|)^2, by central differences of J
    posterior_error       of Sigma against Lambda on the active latents: |log Sigma_ii Lambda_ii|, or
                          |Sigma^-1 - Lambda|_F / |Lambda|_F of that block
    mcc                   correlation of the active latents' posterior means with factors under the best matching
    mcc_spearman, mig, sap, dci_linear_disentanglement, dci_linear_completeness
                          by their definitions, where all true factors are numbers; those of history.csv, too, if its last row is
                          that of the last step
    standard_errors       standard deviation over the observations by sqrt(N); of mcc by leaving out blocks of observations
    optimum_test          reverse water-filling on the eigenvalues of the held-out covariance (linear decoders)
    optimum_training      the same for the training covariance, and its ELBO on the held-out data
    chance levels         10 000 random rotations of the active latents

With a Bernoulli likelihood b = beta, log p(x|z) is x log pi + (1 - x) log (1 - pi), and J is F^1/2 J_eta, the Jacobian of the
logits with rows scaled by sqrt(pi (1 - pi)): the Fisher metric.

With a Laplace prior the KL is that of E|z| by trapezoids, and b decides nothing; of a FactorVAE elbo has the
discriminator's mean output over samples of the posteriors.

J is the product of the layers' derivatives; it is itself checked against differences of the decoder. Deterministic quantities
must agree to 1e-4 of their size, those that are estimated within 4 combined standard errors. Whatever metrics.json leaves
undefined must be undefined here, too. Exit code: 0 if all agree, 1 if not, 2 if the folder is no run.
"""
import json
import sys
import tomllib
from itertools import permutations
from pathlib import Path

import numpy as np

ACTIVE_VARIANCE = 0.01
LEAST_SEPARATION = 0.05

ACTIVATIONS = {  # the function, and its derivative by the argument
    "tanh": (np.tanh, lambda a: 1 / np.cosh(a) ** 2),
    "relu": (lambda a: np.maximum(a, 0), lambda a: (a > 0).astype(float)),
    "softplus": (lambda a: np.logaddexp(0, a), lambda a: 1 / (1 + np.exp(-a))),
    "linear": (lambda a: a, np.ones_like),
}


def read_safetensors(path):
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
    assert all(t["dtype"] == "F32" for name, t in header.items() if name != "__metadata__"), "float32 is promised"
    return {
        name: np.frombuffer(body[slice(*t["data_offsets"])], "<f4").reshape(t["shape"]).astype(float)
        for name, t in header.items()
        if name != "__metadata__"
    }


class Model:
    """Encoder and decoder as the tensors describe them; rows of a batch are samples."""

    def __init__(self, tensors, activation, likelihood=None):
        self.tensors = tensors
        self.bernoulli = likelihood == "bernoulli"
        self.function, self.slope = ACTIVATIONS[activation]

    def depth(self, network):
        return sum(name.startswith(network + ".") and name.endswith(".weight") for name in self.tensors)

    def affine(self, name, x):
        return x @ self.tensors[name + ".weight"].T + self.tensors[name + ".bias"]

    def posterior(self, x):
        """mu (N, m) and the lower triangular L (N, m, m)."""
        for i in range(self.depth("encoder")):
            x = self.function(self.affine(f"encoder.{2 * i}", x))
        mean = self.affine("posterior_mean", x)
        m = mean.shape[1]
        if "posterior_exponent.weight" in self.tensors:
            entries = self.affine("posterior_exponent", x)
            h = np.zeros((len(x), m, m))
            h[(slice(None), *np.tril_indices(m, -1))] = entries[:, m:] / np.sqrt(2)
            h += h.swapaxes(1, 2)
            h[:, range(m), range(m)] = entries[:, :m]
            values, vectors = np.linalg.eigh(h)
            return mean, np.linalg.cholesky(vectors * np.exp(2 * values)[:, None, :] @ vectors.swapaxes(1, 2))
        log_std = self.affine("posterior_log_std", x)
        factor = np.zeros((len(x), m, m))
        factor[:, range(m), range(m)] = np.exp(log_std)
        if "posterior_tril.weight" in self.tensors:
            factor[(slice(None), *np.tril_indices(m, -1))] = self.affine("posterior_tril", x)
        return mean, factor

    def discriminate(self, z):
        """log q(z)/prod q(z_i) as the discriminator of a FactorVAE has it: hidden layers of softplus units."""
        for i in range(self.depth("discriminator")):
            z = self.affine(f"discriminator.{2 * i}", np.logaddexp(0, z) if i else z)
        return z[:, 0]

    def decode(self, z):
        """E[x|z]."""
        eta = self.derivatives(z, jacobian=False)[0]
        return np.exp(-np.logaddexp(0, -eta)) if self.bernoulli else eta

    def log_likelihood(self, x, z, sigma2):
        """log p(x|z), one number a row."""
        if self.bernoulli:
            eta = self.derivatives(z, jacobian=False)[0]
            return -(x * np.logaddexp(0, -eta) + (1 - x) * np.logaddexp(0, eta)).sum(1)
        squares = ((x - self.decode(z)) ** 2).sum(1)
        return -squares / (2 * sigma2) - x.shape[1] / 2 * np.log(2 * np.pi * sigma2)

    def metric_jacobian(self, z):
        """J (K, n, m), whose J'J is the Fisher metric; that of d for a Gaussian."""
        eta, j = self.derivatives(z)
        if not self.bernoulli:
            return j
        variance = np.exp(-np.logaddexp(0, -eta) - np.logaddexp(0, eta))
        return np.sqrt(variance)[:, :, None] * j

    def derivatives(self, z, jacobian=True):
        """The output of the decoder (K, n), logits for Bernoulli variables, and its Jacobian (K, n, m)."""
        depth = self.depth("decoder")
        j = np.broadcast_to(np.eye(z.shape[1]), (len(z), z.shape[1], z.shape[1])) if jacobian else None
        for i in range(depth):
            a = self.affine(f"decoder.{2 * i}", z)
            last = i + 1 == depth
            if jacobian:
                j = self.tensors[f"decoder.{2 * i}.weight"] @ j
                j = j if last else self.slope(a)[:, :, None] * j
            z = a if last else self.function(a)
        return z, j


def best_assignment(gain):
    """The largest sum of gain (..., rows, columns) with each row and each column used at most once."""
    rows, columns = gain.shape[-2:]
    if rows > columns:
        gain, rows, columns = np.swapaxes(gain, -1, -2), columns, rows
    best = {0: np.zeros(gain.shape[:-2])}
    for r in range(rows):
        after = {}
        for used, value in best.items():
            for c in range(columns):
                if not used >> c & 1:
                    new, total = used | 1 << c, value + gain[..., r, c]
                    after[new] = np.maximum(after[new], total) if new in after else total
        best = after
    return np.max(np.stack(list(best.values())), axis=0)


def elbo_terms(model, x, mean, factor, sigma2, draws=64):
    """KL per latent and E log p(x|z) of each observation, and the noise of one draw."""
    m = mean.shape[1]
    kl_per_dim = 0.5 * (mean**2 + (factor**2).sum(2) - 1 - 2 * np.log(np.diagonal(factor, axis1=1, axis2=2)))
    sigma = factor @ np.swapaxes(factor, 1, 2)
    kl = 0.5 * (np.trace(sigma, axis1=1, axis2=2) + (mean**2).sum(1) - m - np.linalg.slogdet(sigma)[1])
    assert np.allclose(kl, kl_per_dim.sum(1), rtol=1e-8, atol=1e-8), "two formulas for KL disagree"
    rng = np.random.default_rng(20241215)
    each = []
    for _ in range(draws):
        z = mean + np.einsum("kij,kj->ki", factor, rng.standard_normal(mean.shape))
        each.append(model.log_likelihood(x, z, sigma2))
    each = np.array(each)
    return kl_per_dim, each.mean(0), each.var(0, ddof=1)


def geometry(model, mean, factor, covariance, beta, b, smooth):
    """The quantities of the decoder at each posterior mean; None where one is not defined."""
    active = np.flatnonzero(mean.var(0) > ACTIVE_VARIANCE)
    check_jacobian(model, mean[:20], model.derivatives(mean[:20])[1])
    jacobian = model.metric_jacobian(mean)
    lengths = np.linalg.norm(jacobian, axis=1)
    j = jacobian[:, :, active]
    k = len(active)
    gram = np.swapaxes(j, 1, 2) @ j
    precision = np.eye(k) + gram / b
    directions = k
    if covariance == "full":
        directions = int((np.linalg.eigvalsh(np.atleast_2d(np.cov(mean.T, bias=True))) > ACTIVE_VARIANCE).sum())
    result = dict.fromkeys(
        ["ima_contrast", "beta_gap", "off_diagonal_mass", "dto", "alignment", "c2_residual", "posterior_error"]
    )
    result |= {"active": active.tolist(), "active_units": directions, "column_norms": lengths}
    result["singular_values"] = np.empty((len(mean), 0))
    if k == 0:
        return result

    diagonal = lambda a: np.diagonal(a, axis1=1, axis2=2)
    if covariance == "full":
        inverse = np.linalg.inv(factor @ np.swapaxes(factor, 1, 2))[:, active][:, :, active]
        errors = np.linalg.norm(inverse - precision, axis=(1, 2)) / np.linalg.norm(precision, axis=(1, 2))
    else:
        errors = np.abs(np.log(diagonal(factor)[:, active] ** 2 * diagonal(precision))).mean(1)
    result["posterior_error"] = errors

    singular, vt = np.linalg.svd(j, full_matrices=False)[1:]
    if k > j.shape[1]:  # more latents than data dimensions: the remaining singular values are zero
        singular = np.pad(singular, ((0, 0), (0, k - j.shape[1])))
        vt = np.linalg.svd(j)[2]
    result["singular_values"] = singular
    if k == 1:
        return result

    if directions >= k and k <= j.shape[1] and np.all(np.linalg.matrix_rank(j) == k):
        result["ima_contrast"] = np.log(lengths[:, active]).sum(1) - 0.5 * np.linalg.slogdet(gram)[1]
    result["beta_gap"] = beta / 2 * (np.log(diagonal(precision)).sum(1) - np.linalg.slogdet(precision)[1])
    off = gram * (1 - np.eye(k))
    result["off_diagonal_mass"] = (off**2).sum((1, 2)) / (gram**2).sum((1, 2))
    gaps = np.min(-np.diff(singular, axis=1), axis=1) / singular[:, 0]
    if directions >= k and np.mean(gaps) >= LEAST_SEPARATION:
        alignment = best_assignment(np.abs(vt)) / k
        result["alignment"] = alignment
        result["dto"] = np.sqrt(np.maximum(2 * k * (1 - alignment), 0))
    if smooth:
        result["c2_residual"] = c2_residual(model, mean, active)
    return result


def c2_residual(model, z, active, h=1e-4):
    log_length = lambda z: np.log(np.linalg.norm(model.metric_jacobian(z)[:, :, active], axis=1))
    total = 0
    for place, j in enumerate(active):
        shift = h * np.eye(z.shape[1])[j]
        slope = (log_length(z + shift) - log_length(z - shift)) / (2 * h)
        total = total + (np.delete(slope, place, axis=1) ** 2).sum(1)
    return total


def check_jacobian(model, z, jacobian, h=1e-6):
    """The Jacobian against differences of the output; a ReLU may have a kink between the two points, hence the median."""
    for i in range(z.shape[1]):
        shift = h * np.eye(z.shape[1])[i]
        slope = (model.derivatives(z + shift)[0] - model.derivatives(z - shift)[0]) / (2 * h)
        error = np.abs(slope - jacobian[:, :, i]).max(1)
        assert np.median(error) < 1e-7 * (1 + np.abs(jacobian).max()), f"the Jacobian is not the derivative: {error}"


def correlation(mean, factors):
    # The program rounds posterior means to float32 before it correlates them.
    codes = mean.astype(np.float32).astype(float)
    code, factor = ((a - a.mean(0)) / np.where(a.std(0) > 0, a.std(0), np.inf) for a in (codes, factors))
    return np.abs(code.T @ factor) / len(code)


def matching_correlation(mean, factors):
    return best_assignment(correlation(mean, factors)) / factors.shape[1]


def ranks(values):
    """From 1; what is equal shares the mean of its ranks."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[place]


def information(x, y, bins=20):
    """Mutual information of two variables in bins of equal width, the last one closed."""
    x, y = (np.digitize(a, np.histogram(a, bins)[1][:-1]) - 1 for a in (x, y))
    joint = np.zeros((bins, bins))
    np.add.at(joint, (x, y), 1 / len(x))
    product = np.outer(joint.sum(1), joint.sum(0))
    return np.sum(joint[joint > 0] * np.log(joint[joint > 0] / product[joint > 0]))


def scores_of_factors(mean, factors):
    """Scores of the active latents (rows are observations) that need no classifier."""
    z, w = mean.astype(np.float32).astype(float).T, factors.T
    matched = matching_correlation(np.array([ranks(a) for a in z]).T, np.array([ranks(a) for a in w]).T)
    if len(z) < 2:
        return {"mcc_spearman": matched}
    told = np.array([[information(a, b) for b in w] for a in z])
    gap = lambda matrix: -np.diff(np.sort(matrix, axis=0)[::-1][:2], axis=0)[0]
    learned = slice(0, round(2 * z.shape[1] / 3))
    shares = np.corrcoef(z[:, learned], w[:, learned])[: len(z), len(z) :] ** 2
    found = {
        "mcc_spearman": matched,
        "mig": np.mean(gap(told) / [information(b, b) for b in w]),
        "sap": np.mean(gap(shares)),
    }
    if len(w) > 1:
        spread = lambda p: 1 + np.sum(np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0), 0) / np.log(len(p))
        for name, parts in [("disentanglement", shares.T), ("completeness", shares)]:
            each = spread(parts / parts.sum(0))
            found[f"dci_linear_{name}"] = np.sum(each * parts.sum(0)) / parts.sum()
    return found


def best_matching(gain):
    """Rows and columns of the best assignment, by trying all."""
    rows, columns = gain.shape
    if rows > columns:
        return best_matching(gain.T)[::-1]
    choices = [list(choice) for choice in permutations(range(columns), rows)]
    return list(range(rows)), max(choices, key=lambda choice: gain[range(rows), choice].sum())


def jackknife_error(statistic, count, blocks=400):
    """The standard error of a statistic of a subset of `count` observations, from leaving out one block after the other."""
    # Observations of clusters come in turn, so neighbours are not independent.
    of_block = np.random.default_rng(3).permutation(count) % blocks
    values = np.array([statistic(of_block != block) for block in range(blocks)])
    return np.sqrt((blocks - 1) / blocks * ((values - values.mean()) ** 2).sum())


def chance_mcc(mean, factors, rotations=10_000):
    """Mean and standard deviation of the coefficient after random rotations of the standardised latents."""
    k = mean.shape[1]
    code, factor = ((a - a.mean(0)) / a.std(0) for a in (mean, factors))
    q, r = np.linalg.qr(np.random.default_rng(2).standard_normal((rotations, k, k)))
    q = q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None, :]
    cross, own = code.T @ factor / len(code), code.T @ code / len(code)
    spread = np.sqrt(np.einsum("tij,jk,tik->ti", q, own, q))
    value = best_assignment(np.abs(q @ cross) / spread[:, :, None]) / factors.shape[1]
    return value.mean(), value.std()


def linear_optimum(x, m, beta, sigma2):
    """The best value of the objective over linear decoders: reverse water-filling at level b."""
    n, b = x.shape[1], beta * sigma2
    eigenvalues = np.sort(np.linalg.eigvalsh(np.cov(x.T, bias=True).reshape(n, n)))[::-1]
    lead = eigenvalues[: min(m, n)]
    lead = lead[lead > b]
    kl = 0.5 * np.log(lead / b)
    distortion = len(lead) * b + eigenvalues[len(lead) :].sum()
    return {
        "eigenvalues": eigenvalues,
        "active_units": len(lead),
        "distortion": distortion,
        "kl": kl.sum(),
        "kl_per_dim": np.pad(kl, (0, m - len(kl))),
        "elbo": -distortion / (2 * sigma2) - n / 2 * np.log(2 * np.pi * sigma2) - beta * kl.sum(),
    }


def elbo_of_optimum(train, x, m, beta, sigma2):
    """The ELBO of observations x with decoder and posterior of the optimum of other data, observation by observation."""
    n, b, centre = train.shape[1], beta * sigma2, train.mean(0)
    eigenvalues, vectors = np.linalg.eigh(np.cov(train.T, bias=True).reshape(n, n))
    lead = np.argsort(eigenvalues)[::-1][:m]
    w = vectors[:, lead] * np.sqrt(np.maximum(eigenvalues[lead] - b, 0))
    variance = 1 / (1 + (w**2).sum(0) / b)
    mean = (x - centre) @ w / b * variance
    squares = ((x - centre - mean @ w.T) ** 2).sum(1) + ((w**2).sum(0) * variance).sum()
    kl = 0.5 * (mean**2 + variance - 1 - np.log(variance)).sum(1)
    return (-squares / (2 * sigma2) - n / 2 * np.log(2 * np.pi * sigma2) - beta * kl).mean()


def mcc_ceiling(scene, optimum, sigma2):
    """Of scenes with a linear map: the mean of √(1 - v/λ) over the factors, with v the variance of the noise."""
    parameters = scene.get("parameters", {})
    truth = parameters.get("map", {})
    if truth.get("kind") != "linear":
        return None
    noise = parameters.get("noise_variance", sigma2)
    lead = optimum["eigenvalues"][: optimum["active_units"]]
    return np.sqrt(np.maximum(1 - noise / lead, 0)).sum() / len(truth["scales"])


def chance_distance(k, rotations=10_000):
    """Mean distance of random rotations of k axes, with the standard deviation of one rotation."""
    gaussian = np.random.default_rng(1).standard_normal((rotations, k, k))
    alignment = best_assignment(np.abs(np.linalg.qr(gaussian)[0])) / k
    distance = np.sqrt(np.maximum(2 * k * (1 - alignment), 0))
    return distance.mean(), distance.std()


def laplace_kl(mean, factor):
    """KL per latent for the prior exp(-sqrt 2 |z|) / sqrt 2, E|z| by trapezoids over ten deviations."""
    deviation = np.sqrt((factor**2).sum(2))
    steps = np.linspace(-10, 10, 4001)
    weights = np.exp(-steps**2 / 2) / np.exp(-steps**2 / 2).sum()
    magnitude = sum(w * np.abs(mean + deviation * t) for t, w in zip(steps, weights))
    entropy = 0.5 * (1 + np.log(2 * np.pi)) + np.log(np.diagonal(factor, axis1=1, axis2=2))
    return np.sqrt(2) * magnitude + 0.5 * np.log(2) - entropy


def decomposition(mean, factor, kl, is_laplace):
    """The parts of the KL at one sample of each posterior, log q(z) from all of them."""
    count, m = mean.shape
    z = mean + np.einsum("kij,kj->ki", factor, np.random.default_rng(0).normal(size=mean.shape))
    apart = z[:, None] - mean
    white = np.einsum("jab,kjb->kja", np.linalg.inv(factor), apart)
    log_det = np.log(np.einsum("jii->ji", factor)).sum(1)
    variance = (factor**2).sum(2)
    log_mean = lambda logs: np.log(np.exp(logs - logs.max(1, keepdims=True)).mean(1)) + logs.max(1)
    joint = log_mean(-0.5 * (white**2).sum(2) - log_det - 0.5 * m * np.log(2 * np.pi))
    marginals = log_mean(-0.5 * apart**2 / variance - 0.5 * np.log(2 * np.pi * variance)).sum(1)
    prior = -(np.sqrt(2) * np.abs(z) + 0.5 * np.log(2) if is_laplace else 0.5 * (z**2 + np.log(2 * np.pi))).sum(1)
    parts = {"total_correlation": joint - marginals, "dimension_wise_kl": marginals - prior}
    return {"mutual_information": kl - joint + prior} | parts


class Comparison:
    def __init__(self):
        self.failures = 0

    def row(self, name, theirs, ours, agree):
        self.failures += not agree
        def show(value):
            if value is None or isinstance(value, str):
                return value or "undefined"
            return np.array2string(np.asarray(value), precision=8, separator=" ", formatter={"str_kind": str})

        print(f"{'ok      ' if agree else 'MISMATCH'} {name:<22} {show(theirs):<36} {show(ours)}")

    def exact(self, name, theirs, ours):
        self.row(name, theirs, ours, theirs == ours)

    def close(self, name, theirs, ours, floor=1e-9):
        """Within 1e-4 of its size, or below what double precision can tell from zero here."""
        if theirs is None or ours is None:
            self.row(name, theirs, ours, theirs is None and ours is None)
            return
        a, b = np.asarray(theirs, float), np.asarray(ours, float)
        self.row(name, theirs, ours, a.shape == b.shape and np.all(np.abs(a - b) <= 1e-4 * np.abs(b) + floor))

    def estimated(self, name, theirs, ours, error):
        self.row(name, theirs, f"{ours:.8f} ± {error:.1e}", abs(theirs - ours) <= 4 * error)


def main(folder):
    config = tomllib.loads((folder / "config.toml").read_text())
    metrics = json.loads((folder / "metrics.json").read_text())
    architecture = config["model"]
    settings = {name: architecture[name] for name in ("beta", "sigma2", "covariance")}
    regularizer = architecture.get("regularizer", "kl")
    for command in config["commands"]:
        name, value = command.split(":", 1)[1].split("=")
        regularizer = value if name == "regularizer" else regularizer
        if name in settings and not value.startswith("learned"):
            settings[name] = value if name == "covariance" else float(value)
    # A learned variance is recorded as it is after the last step.
    settings["sigma2"] = config.get("sigma2", settings["sigma2"])
    if regularizer not in ("kl", "laplace") and not regularizer.startswith("factor:"):
        raise ValueError(f"its regulariser is {regularizer}, which is not computed here")
    is_laplace, is_kl = regularizer == "laplace", regularizer == "kl"
    gamma = float(regularizer.split(":")[1]) if ":" in regularizer else None
    beta, sigma2, covariance = settings["beta"], settings["sigma2"], settings["covariance"]

    bernoulli = architecture.get("likelihood") == "bernoulli"
    model = Model(read_safetensors(folder / "model.safetensors"), architecture["activation"], architecture.get("likelihood"))
    x = np.load(folder / "observations_test.npy").astype(float)
    factors = folder / "factors_test.npy"
    m = architecture["latent_dim"]
    mean, factor = model.posterior(x)
    kl_per_dim, reconstruction, noise = elbo_terms(model, x, mean, factor, sigma2)
    if is_laplace:
        kl_per_dim = laplace_kl(mean, factor)
    linear = architecture["decoder"] == "linear" or not architecture["hidden"] or architecture["activation"] == "linear"
    result = geometry(model, mean, factor, covariance, beta, beta * sigma2, linear or architecture["activation"] != "relu")

    if not is_kl:
        # They rest on b and the normal prior.
        result |= {"beta_gap": None, "posterior_error": None}
    compare = Comparison()
    compare.exact("step", metrics["step"], config["steps"])
    for name, value in settings.items():
        compare.exact(name, metrics[name], None if bernoulli and name == "sigma2" else value)
    count = len(x)
    compare.exact("observations", metrics["observations"], count)
    # Of the mean over 64 draws here, and at most that of 16 there.
    error = np.sqrt(noise.mean() / count)
    combined = error * np.sqrt(1 / 16 + 1 / 64)
    elbo = reconstruction - beta * kl_per_dim.sum(1)
    compare.estimated("reconstruction", metrics["reconstruction"], reconstruction.mean(), combined)
    if gamma is None:
        compare.estimated("elbo", metrics["elbo"], elbo.mean(), combined)
    else:
        # One sample of each posterior here, of the first ones there.
        estimate = model.discriminate(mean + np.einsum("kij,kj->ki", factor, np.random.default_rng(3).normal(size=mean.shape)))
        few = 512 if m >= 8 else 2048
        spread = gamma * estimate.std() * np.sqrt(1 / count + 1 / min(few, count))
        compare.estimated("elbo", metrics["elbo"], elbo.mean() - gamma * estimate.mean(), np.hypot(combined, spread))
    # The program takes the part of first order in the output out of its noise; nothing is left of it for linear decoders.
    compare.exact("elbo_monte_carlo_error is below that of plain draws", metrics["elbo_monte_carlo_error"] < error / 4, True)
    if linear and not bernoulli:
        compare.close("elbo_monte_carlo_error", 1 + metrics["elbo_monte_carlo_error"], 1.0)
    compare.exact("active", metrics["active"], result.pop("active"))
    compare.exact("active_units", metrics["active_units"], result.pop("active_units"))
    errors = metrics["standard_errors"]
    sampling = lambda values: values.std(0, ddof=1) / np.sqrt(count)
    for name, values in (result | {"kl": kl_per_dim.sum(1), "kl_per_dim": kl_per_dim}).items():
        # A distance is a root: where it vanishes, rounding errors of 1e-16 become 1e-8.
        floor = 1e-6 if name == "dto" else 1e-9
        compare.close(name, metrics[name], None if values is None else values.mean(0), floor)
        expected = None if values is None else sampling(values)
        compare.close(f"standard_errors.{name}", errors.get(name), expected, floor)
    # With a total correlation the objective is no mean over observations.
    for name, values in ({"reconstruction": reconstruction} | ({"elbo": elbo} if gamma is None else {})).items():
        # Between values without noise and with that of 16 plain draws.
        low, high = (np.sqrt((values.var(ddof=1) + noise.mean() * (share - 1 / 64)) / count) for share in (0, 1 / 16))
        compare.exact(f"standard_errors.{name} in its range", 0.98 * low < errors[name] < 1.02 * high, True)
    active = metrics["active"]
    compare.exact("dto_chance is defined", metrics["dto_chance"] is not None, len(active) > 1)
    if len(active) > 1:
        distance, deviation = chance_distance(len(active))
        tolerance = deviation * np.sqrt(1 / 2000 + 1e-4) + 1e-9
        compare.estimated("dto_chance", metrics["dto_chance"], distance, tolerance)
    first = slice(0, 512 if m >= 8 else 2048)
    for name, values in decomposition(mean[first], factor[first], kl_per_dim[first].sum(1), is_laplace).items():
        # Samples of other noise: at most as far as the observations scatter, in both.
        compare.estimated(name, metrics[name], values.mean(), np.sqrt(2 / len(values)) * values.std() + 1e-9)
    known = factors.exists()
    factors = np.load(factors).astype(float) if known else None
    mcc = matching_correlation(mean[:, active], factors) if known and active else None
    compare.close("mcc", metrics["mcc"], mcc)
    if mcc is not None:
        # To first order, under the matching of all observations.
        pairs = best_matching(correlation(mean[:, active], factors))
        left = lambda rows: correlation(mean[rows][:, active], factors[rows])[pairs].sum() / factors.shape[1]
        # Four hundred blocks know a standard error to 1/sqrt(2 · 399).
        expected = jackknife_error(left, count)
        compare.estimated("standard_errors.mcc", errors["mcc"], expected, expected / np.sqrt(798))
    compare.exact("mcc_chance is defined", metrics["mcc_chance"] is not None, known and len(active) > 1)
    if known and len(active) > 1:
        level, deviation = chance_mcc(mean[:, active], factors)
        compare.estimated("mcc_chance", metrics["mcc_chance"], level, deviation * np.sqrt(1 / 2000 + 1e-4) + 1e-9)
    # A factor of few values is a category, which takes a classifier.
    if known and active and all(len(np.unique(column)) > 10 for column in factors.T):
        first = slice(0, 6000)
        for name, value in scores_of_factors(mean[first][:, active], factors[first]).items():
            # A code at the edge of a bin may fall to either side.
            compare.close(name, metrics[name], value, 2e-3 if name == "mig" else 1e-5)
        header, *rows = [line.split(",") for line in (folder / "history.csv").read_text().splitlines()]
        last = dict(zip(header, rows[-1]))
        first = slice(0, 128 if m >= 8 else 256)
        if int(last["step"]) == config["steps"] and len(mean[first]) >= 20:
            moving = mean[first].var(0) > ACTIVE_VARIANCE
            found = scores_of_factors(mean[first][:, moving], factors[first])
            for name in ("mcc_spearman", "mig", "sap"):
                theirs = float(last[name])
                compare.close(f"history.{name}", None if np.isnan(theirs) else theirs, found.get(name), 2e-2 if name == "mig" else 1e-5)
    compare.exact("has an optimum", metrics.get("optimum_test") is not None, linear and not bernoulli and is_kl)
    if metrics.get("optimum_test") is not None:
        train = np.load(folder / "observations.npy").astype(float)
        optima = {f"optimum_{part}": linear_optimum(data, m, beta, sigma2) for part, data in [("training", train), ("test", x)]}
        optima["optimum_training"]["elbo_test"] = elbo_of_optimum(train, x, m, beta, sigma2)
        for part, optimum in optima.items():
            for name, value in optimum.items():
                compare.close(f"{part}.{name}", metrics[part][name], value)
        ceiling = mcc_ceiling(config.get("scene", {}), optima["optimum_test"], architecture["sigma2"])
        compare.close("optimum_test.mcc_ceiling", metrics["optimum_test"]["mcc_ceiling"], ceiling)
    nested = {f"optimum_test.{name}": value for name, value in (metrics.get("optimum_test") or {}).items()}
    undefined = sorted(name for name, value in (metrics | nested).items() if value is None)
    compare.exact("undefined", sorted(metrics["undefined"]), undefined)
    print(f"{compare.failures} quantities differ" if compare.failures else "all quantities agree")
    return 1 if compare.failures else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    try:
        code = main(Path(sys.argv[1]))
    except (OSError, KeyError, ValueError) as error:
        print(f"this is no whole folder of a run ({type(error).__name__}: {error}): {sys.argv[1]}", file=sys.stderr)
        code = 2
    sys.exit(code)
