"""Scores of codes against true factors, computed by NumPy, SciPy and scikit-learn from their definitions.

    factor_scores.py           compares with tests/fixtures/factor_scores.json, which the unit tests of
                               src/stats/factor_scores read; exit code 1 if a number differs
    factor_scores.py --write   draws the samples again and writes that file

The file holds 400 observations with three latents and four factors: two numbers, three classes, two classes. The first 320 are the
training part, the others the test part. `votes` and `pairs` are places of observations: batches with a nearly fixed factor, and
pairs that nearly share one.

    mig             histograms of 20 bins, mutual information and entropies in nats
    sap             squared correlations on the training part; accuracies of LinearSVC(C=.01, class_weight="balanced") on the test
                    part, with its lines
    dci_linear      squared correlations, and r2 of the regression of a latent on indicators of classes; informativeness from
                    LinearRegression and LogisticRegression
    dci_trees       GradientBoostingRegressor and -Classifier with their defaults. Where two splits are equally good they choose
                    by `random_state`; least and greatest value over 20 states
    mcc             linear_sum_assignment on |Pearson| and |Spearman|
    neighbours      KNeighborsRegressor(5) on one latent, indicators for classes
    factor_vae      majority vote of the least normalised variance
    beta_vae        LogisticRegression() on mean |differences|
"""
import json
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.stats import entropy, spearmanr
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import r2_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.svm import LinearSVC

FIXTURE = Path(__file__).parents[1] / "fixtures" / "factor_scores.json"
COUNT, TRAIN, BINS, STATES = 400, 320, 20, 20
DISCRETE = [False, False, True, True]


def draw():
    rng = np.random.default_rng(4)
    a, b = rng.uniform(-1, 1, (2, COUNT))
    three, two = rng.choice(3, COUNT, p=[0.5, 0.3, 0.2]), rng.choice(2, COUNT, p=[0.35, 0.65])
    noise = rng.normal(size=(3, COUNT))
    codes = [
        1.5 * a + 0.3 * np.array([1, -1, 0])[three] + 0.2 * noise[0],
        np.sinh(2 * b) / 3 - 0.5 * a + 0.5 * (two - 0.5) + 0.1 * noise[1],
        0.9 * (three - 0.7) + 0.6 * (two - 0.65) + 0.4 * noise[2],
    ]
    factors = np.array([a.round(6), b.round(6), three, 3 * two])

    def near(k, size):
        anchor = factors[k, rng.integers(COUNT)]
        order = np.lexsort([rng.random(COUNT), np.abs(factors[k] - anchor)])
        return order[:size].tolist()

    votes = [[k, near(k, 12)] for _ in range(18) for k in range(4)]
    pairs = [[k, [near(k, 2) for _ in range(8)]] for _ in range(30) for k in range(4)]
    return {"codes": np.array(codes).round(6), "factors": factors, "votes": votes, "pairs": pairs}


def gap(attributions, most):
    ordered = np.sort(attributions, axis=0)[::-1]
    each = (ordered[0] - ordered[1]) / most
    return {"attributions": attributions, "per_factor": each, "score": each.mean()}


def information(x, y):
    joint = np.array([[np.mean((x == a) & (y == b)) for b in np.unique(y)] for a in np.unique(x)])
    product = np.outer(joint.sum(1), joint.sum(0))
    return np.sum(joint[joint > 0] * np.log(joint[joint > 0] / product[joint > 0]))


def mig(z, w):
    def binned(x):
        return np.digitize(x, np.histogram(x, BINS)[1][:-1])

    latents = [binned(x) for x in z]
    factors = [x if discrete else binned(x) for x, discrete in zip(w, DISCRETE)]
    matrix = np.array([[information(x, y) for y in factors] for x in latents])
    return gap(matrix, np.array([information(y, y) for y in factors]))


def sap(z, w):
    matrix, lines = np.zeros((len(z), len(w))), {}
    for i, x in enumerate(z):
        for k, y in enumerate(w):
            if DISCRETE[k]:
                machine = LinearSVC(C=0.01, class_weight="balanced", dual=False, tol=1e-12, max_iter=100_000)
                machine.fit(x[:TRAIN, None], y[:TRAIN])
                matrix[i, k] = np.mean(machine.predict(x[TRAIN:, None]) == y[TRAIN:])
                lines[f"{i} {k}"] = np.column_stack([machine.coef_[:, 0], machine.intercept_])
            else:
                matrix[i, k] = np.corrcoef(x[:TRAIN], y[:TRAIN])[0, 1] ** 2
    return gap(matrix, 1.0) | {"lines": lines}


def concentration(importances):
    shares = importances / importances.sum(0)
    each = 1 - entropy(shares, base=len(importances))
    return np.sum(each * importances.sum(0)) / importances.sum()


def dci(importances, models, z, w):
    def informativeness(part):
        def quality(model, k):
            predicted = model.predict(z[:, part].T)
            return np.mean(predicted == w[k, part]) if DISCRETE[k] else r2_score(w[k, part], predicted)

        return np.mean([quality(model, k) for k, model in enumerate(models)])

    return {
        "importances": importances,
        "disentanglement": concentration(importances.T),
        "completeness": concentration(importances),
        "informativeness": informativeness(slice(TRAIN, None)),
        "informativeness_training": informativeness(slice(TRAIN)),
    }


def indicators(y):
    return (y[:, None] == np.unique(y)).astype(float)


def dci_linear(z, w):
    def explained(x, k):
        y = w[k, :TRAIN]
        if DISCRETE[k]:
            return LinearRegression().fit(indicators(y), x).score(indicators(y), x)
        return np.corrcoef(x, y)[0, 1] ** 2

    importances = np.array([[explained(x[:TRAIN], k) for k in range(len(w))] for x in z])
    make = [LogisticRegression(tol=1e-12, max_iter=100_000) if d else LinearRegression() for d in DISCRETE]
    return dci(importances, [model.fit(z[:, :TRAIN].T, y[:TRAIN]) for model, y in zip(make, w)], z, w)


def dci_trees(z, w):
    found = []
    for state in range(STATES):
        kinds = [GradientBoostingClassifier if d else GradientBoostingRegressor for d in DISCRETE]
        models = [kind(random_state=state).fit(z[:, :TRAIN].T, y[:TRAIN]) for kind, y in zip(kinds, w)]
        found.append(dci(np.column_stack([m.feature_importances_ for m in models]), models, z, w))
    return {name: [np.min([f[name] for f in found], 0), np.max([f[name] for f in found], 0)] for name in found[0]}


def mcc(z, w):
    def matched(correlation):
        correlation = np.abs(correlation[: len(z), len(z) :])
        rows, columns = linear_sum_assignment(-correlation)
        return correlation[rows, columns].sum() / len(w)

    return {"pearson": matched(np.corrcoef(z, w)), "spearman": matched(spearmanr(np.vstack([z, w]).T).statistic)}


def neighbours(z, w):
    matrix, most = np.zeros((len(z), len(w))), np.zeros(len(w))
    for k, y in enumerate(w):
        target = indicators(y) if DISCRETE[k] else y[:, None]
        most[k] = np.sqrt(target[TRAIN:].var(0).sum())
        for i, x in enumerate(z):
            apart = np.sort(np.abs(x[TRAIN:, None] - x[:TRAIN]), axis=1)
            assert (apart[:, 5] - apart[:, 4]).min() > 1e-9, "the fifth neighbour is not unique"
            predicted = KNeighborsRegressor(5).fit(x[:TRAIN, None], target[:TRAIN]).predict(x[TRAIN:, None])
            rmse = np.sqrt(((predicted - target[TRAIN:]) ** 2).sum(1).mean())
            matrix[i, k] = max(0.0, most[k] - rmse)
    return gap(matrix, most)


def factor_vae(z, votes):
    """The first two thirds of the batches vote, the others test."""
    scale = z.var(1, ddof=1)
    latents = [int(np.argmin(z[:, batch].var(1, ddof=1) / scale)) for _, batch in votes]
    counts = np.zeros((2, 4, len(z)))
    for at, ((k, _), latent) in enumerate(zip(votes, latents)):
        counts[int(3 * at >= 2 * len(votes)), k, latent] += 1
    named = counts[0].argmax(0)
    accuracy = [count[named, np.arange(len(z))].sum() / count.sum() for count in counts]
    return {"latents": latents, "training_accuracy": accuracy[0], "accuracy": accuracy[1]}


def beta_vae(z, pairs):
    """The first two thirds of the points train, the others test."""
    points = np.array([np.abs(z[:, [a for a, _ in pair]] - z[:, [b for _, b in pair]]).mean(1) for _, pair in pairs])
    labels, cut = np.array([k for k, _ in pairs]), 2 * len(pairs) // 3
    model = LogisticRegression(tol=1e-12, max_iter=100_000).fit(points[:cut], labels[:cut])
    return {
        "weights": np.column_stack([model.coef_, model.intercept_ - model.intercept_.mean()]),
        "training_accuracy": model.score(points[:cut], labels[:cut]),
        "accuracy": model.score(points[cut:], labels[cut:]),
    }


def scores(data):
    z, w = np.array(data["codes"]), np.array(data["factors"])
    return {
        "mig": mig(z, w),
        "sap": sap(z, w),
        "dci_linear": dci_linear(z, w),
        "dci_trees": dci_trees(z, w),
        "mcc": mcc(z, w),
        "neighbours": neighbours(z, w),
        "factor_vae": factor_vae(z, data["votes"]),
        "beta_vae": beta_vae(z, data["pairs"]),
    }


def plain(value):
    if isinstance(value, dict):
        return {name: plain(v) for name, v in value.items()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    return [plain(v) for v in value] if isinstance(value, list) else value.item() if isinstance(value, np.generic) else value


def differences(found, expected, at=""):
    if isinstance(found, dict):
        return [d for name in found for d in differences(found[name], expected[name], f"{at}/{name}")]
    # Another release of scikit-learn may break ties of trees in another way.
    tolerance = 0.02 if "dci_trees" in at else 1e-6
    apart = np.abs(np.array(found, float) - np.array(expected, float)).max()
    return [f"{at}: differs by {apart:.3g}"] if not apart <= tolerance else []


def main():
    if "--write" in sys.argv[1:]:
        data = draw()
        lines = [f"{json.dumps(name)}: {json.dumps(plain(v))}" for name, v in (data | {"scores": scores(data)}).items()]
        FIXTURE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
        return
    data = json.loads(FIXTURE.read_text())
    found = differences(scores(data), data["scores"])
    print("\n".join(found) or "factor scores: all agree")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
