//! The entries that are no metrics, in the order of the argument.

use super::entry::GlossaryEntry;

const ALLEN: &str = "Allen, arXiv 2410.22559, and the post “Disentangling Disentanglement”, 2024";

/// The entries.
pub(in crate::viz) const TERMS: [GlossaryEntry; 33] = [
    GlossaryEntry {
        name: "z*",
        also: &["d(z*)", "z₁", "z₂"],
        definition: "The point $z^*$ of latent space that all views are about, and its image $d(z^*)$ under the decoder. Drag it in the view of latent space.",
        source: ALLEN,
        words: &["z*", "z^*"],
    },
    GlossaryEntry {
        name: "prior",
        also: &["p(z)"],
        definition: r"$$p(z) = \mathcal{N}(z;\,0,\,I)$$
The density of latents before anything is observed. Rings stand at one, two and three standard deviations. A Laplace prior,
$e^{-\sqrt2\,|z_i|}/\sqrt2$ for each latent, can be chosen among the regularisers; its rings are diamonds.",
        source: "Kingma and Welling 2014",
        words: &["prior"],
    },
    GlossaryEntry {
        name: "decoder",
        also: &["decoder grid", "manifold", "surface"],
        definition: r"$$p(x\mid z) = \mathcal{N}\big(x;\,d(z),\,\sigma^2 I\big)$$
The network $d$ from latents to data. Its image of the latent plane is the surface or the grid in data space.",
        source: "Kingma and Welling 2014; of a Bernoulli likelihood d(z) are the logits",
        words: &["decoder"],
    },
    GlossaryEntry {
        name: "held-out",
        also: &["held-out data"],
        definition: "Observations that the run does not train on. The window draws them and measures on them.",
        source: "The generator of the scene, or your file",
        words: &["held-out", "held out"],
    },
    GlossaryEntry {
        name: "posterior",
        also: &["codes", "covariance", "learned"],
        definition: r"$$q(z\mid x) = \mathcal{N}\big(z;\,\mu(x),\,\Sigma(x)\big)$$
What the encoder says about the latents of an observation. Its mean $\mu$ is the code of the observation; $\Sigma$ is diagonal or full.",
        source: "Kingma and Welling 2014",
        words: &["posterior"],
    },
    GlossaryEntry {
        name: "ELBO",
        also: &[
            "minibatch ELBO",
            "held-out ELBO",
            "minibatch objective",
            "recent objective",
            "held-out objective",
            "reconstruction",
            "ΔELBO",
        ],
        definition: r"$$\mathcal{L}_\beta = \mathbb{E}_q\log p(x\mid z) - \beta\,\mathrm{KL}(q\,\|\,p)$$
The objective: how well decodings of the posterior fit the observation, less what the posterior costs. Its name tells over which data it is a mean. With another regulariser in the place of $\beta\,\mathrm{KL}$ it is called objective.",
        source: "Kingma and Welling 2014; with β Higgins et al. 2017",
        words: &["ELBO"],
    },
    GlossaryEntry {
        name: "KL",
        also: &["−β KL", "KL₁", "KL₂"],
        definition: r"$$\mathrm{KL}(q\,\|\,p) = \tfrac12\sum_i\big(\mu_i^2 + \Sigma_{ii} - 1\big) - \tfrac12\log\det\Sigma$$
The divergence of the posterior from the prior in nats. Of a diagonal posterior it is a sum over the latents.",
        source: "Closed form for Gaussians",
        words: &["KL"],
    },
    GlossaryEntry {
        name: "β",
        also: &["beta"],
        definition: r"The weight of the divergence in the objective. With a Gaussian likelihood of fixed $\sigma^2$, $\beta$ is the same as $\beta$ times the variance.",
        source: "Higgins et al. 2017; the equivalence is exact for every decoder and every posterior",
        words: &["β", r"\beta"],
    },
    GlossaryEntry {
        name: "σ²",
        also: &["sigma2"],
        definition: r"The variance $\sigma^2$ of the likelihood $p(x\mid z)$ around the decoding: fixed, or learned as the mean squared error per coordinate. A Bernoulli likelihood has none.",
        source: "Kingma and Welling 2014",
        words: &["σ²", r"\sigma^2"],
    },
    GlossaryEntry {
        name: "b",
        also: &["b = βσ²"],
        definition: r"$$b = \beta\sigma^2$$
The only number of the objective that the geometry of the optimum depends on.",
        source: "Exact for a Gaussian likelihood with fixed variance",
        words: &["b = βσ²", r"b = \beta\sigma^2", "βσ²", "$b$"],
    },
    GlossaryEntry {
        name: "collapse",
        also: &["collapsed"],
        definition: r"$$\lambda_i \le b$$
A latent whose posterior is the prior tells nothing about the data. A direction of variance $\lambda_i$ collapses when $b$ reaches it.",
        source: "Theorem for linear decoders (Lucas et al. 2019); otherwise the stability of the collapsed state",
        words: &["collapse"],
    },
    GlossaryEntry {
        name: "J",
        also: &["unit circle", "its image", "column length", "Jacobian"],
        definition: r"$$J = \frac{\partial d}{\partial z},\qquad \|J_i\|$$
The Jacobian of the decoder at $z^*$. Column $J_i$ says where and how far latent $i$ moves the data; the unit circle becomes an ellipse.",
        source: ALLEN,
        words: &["Jacobian", "$J$", "column"],
    },
    GlossaryEntry {
        name: "singular value",
        also: &["sᵢ", "s₁", "s₂", "S", "anisotropy", "s₁/s₂"],
        definition: r"$$J = U S V^\top,\qquad S = \mathrm{diag}(s_1, \dots, s_m)$$
How far the right singular vector $v_i$ moves the data. The window names it after the latent that $v_i$ is nearest to.",
        source: ALLEN,
        words: &["singular value", "s₁", "$s_i$"],
    },
    GlossaryEntry {
        name: "singular vectors",
        also: &["uᵢ", "vᵢ", "U", "V", "∠V", "basis", "local basis"],
        definition: r"$$J v_i = s_i u_i$$
The right ones $v_i$ are directions of latents, the left ones $u_i$ directions of data: the arrows of the local basis at $d(z^*)$.",
        source: ALLEN,
        words: &["singular vector", "u_i", "V_z", "V^"],
    },
    GlossaryEntry {
        name: "Λ",
        also: &["precision", "I + JᵀJ/b (approx.)"],
        definition: r"$$\Sigma^{-1} = \Lambda \approx I + \frac{J^\top J}{\beta\sigma^2}$$
The precision of the best full posterior. Second derivatives of the decoder are left out, so it is exact for linear decoders only.",
        source: "Allen, equation 1, with the inverse that the post leaves out; Opper and Archambeau 2009",
        words: &["precision", r"\Lambda", "Σ⁻¹"],
    },
    GlossaryEntry {
        name: "best diagonal",
        also: &["optimal, full", "best posterior"],
        definition: r"$$\sigma_i^2 = \frac{1}{\Lambda_{ii}}$$
The best diagonal posterior has the diagonal of the precision, not that of the covariance. The best full one has $\Sigma = \Lambda^{-1}$.",
        source: "Theorem: stationarity of the objective in the posterior",
        words: &["best diagonal", "diagonal posterior"],
    },
    GlossaryEntry {
        name: "exact gap",
        also: &["family", "diagonal", "encoder", "log p(x)"],
        definition: r"$$\log p(x) - \mathrm{ELBO} = \text{family} + \text{diagonal} + \text{encoder}$$
What is lost because the true posterior is not Gaussian, because the best one is not diagonal, and because the encoder misses it.",
        source: "An identity; the parts are numerical where there is no closed form",
        words: &["gap"],
    },
    GlossaryEntry {
        name: "C1",
        also: &["orthogonal columns", "JᵀJ", "∠(J₁, J₂)"],
        definition: r"$$J_i^\top J_j = 0\quad(i\ne j)$$
The columns of $J$ are orthogonal at every $z$. Then $V$ is a signed permutation, and $s_i = \|J_i\|$.",
        source: "Condition C1 of Allen; Rolínek et al. 2019",
        words: &["C1", "orthogonal"],
    },
    GlossaryEntry {
        name: "indicatrix",
        also: &["ellipses"],
        definition: r"$$\{\delta z:\ \delta z^\top J^\top J\,\delta z = r^2\}$$
Steps of the latents that move the data equally far: in latent space an ellipse with the semi-axes $r/s_i$ along $v_i$. Where the columns of $J$ are orthogonal it stands parallel to the axes. In data space the image of a latent circle has the semi-axes $r\,s_i$ along $u_i$.",
        source: "Tissot 1881, for maps of the earth",
        words: &["indicatrix", "ellipse"],
    },
    GlossaryEntry {
        name: "C2",
        also: &["condition C2"],
        definition: r"$$\frac{\partial s_i}{\partial z_j} = 0\quad(i\ne j)$$
Each length depends on its own latent only. With C1 the manifold is then flat, and the density on it factorises along the seams.",
        source: "Condition C2 of Allen",
        words: &["C2"],
    },
    GlossaryEntry {
        name: "seam",
        also: &["latent lines", "image lines", "curves", "red curves"],
        definition: r"$$t \mapsto d(z^* + t e_i)$$
The image (red) of the line through $z^*$ parallel to latent axis $i$ (blue). Along it only that latent changes.",
        source: ALLEN,
        words: &["seam"],
    },
    GlossaryEntry {
        name: "off-axis seams",
        also: &["singular curves"],
        definition: r"$$\dot z = v_i(z)$$
Curves along the right singular vectors, and their images: the seams of any decoder, however its latents are rotated.",
        source: "Allen, the canonical factorisation along singular-vector paths",
        words: &["singular curve", "off-axis"],
    },
    GlossaryEntry {
        name: "push-forward",
        also: &["seam density", "density p(z)/√det JᵀJ", "decoded samples", "its image"],
        definition: r"$$p\big(d(z)\big) = \frac{p(z)}{\sqrt{\det J^\top J}},\qquad p\big(x_i\big) = \frac{p(z_i)}{\|J_i\|}$$
The density of decoded samples of the prior, on the manifold and over the arc length of a seam.",
        source: "Allen, with the surface measure in place of the determinant of J; exact for every decoder",
        words: &["push-forward", "density", "densities"],
    },
    GlossaryEntry {
        name: "ghosts",
        also: &["true ghosts"],
        definition: "Seam densities at other values of the other latents. They coincide exactly when C2 holds.",
        source: "Theorem: the arc-length density does not depend on the other latents exactly when C2 holds",
        words: &["ghost"],
    },
    GlossaryEntry {
        name: "truth",
        also: &["true seams"],
        definition: "The same lines and densities of the map that generated the data, each with the name of its factor.",
        source: "The generator of the scene",
        words: &["truth", "true map"],
    },
    GlossaryEntry {
        name: "joint density",
        also: &["product larger", "joint larger", "samples"],
        definition: r"$$\frac{p(z)}{\sqrt{\det J^\top J}} - \prod_i \frac{p(z_i)}{\|J_i\|}$$
The density on the manifold against the product of the seam densities through $z^*$. They agree for two latents exactly under C1 and C2; then arc lengths are coordinates of the data, in which the samples are drawn.",
        source: "Allen, the last step of the argument, which needs C2",
        words: &["joint density", "product", "factorise"],
    },
    GlossaryEntry {
        name: "positive",
        also: &["negative"],
        definition: "The sign of a cell or of a pixel. Full colour is the largest magnitude of the matrix, the colour of paper is 0.",
        source: "A convention of the window",
        words: &["negative", "positive"],
    },
    GlossaryEntry {
        name: "c_IMA at z*",
        also: &["prior c_IMA", "c_IMA", "c_IMA (nats)"],
        definition: r"$$\sum_i\log\|J_i\| - \tfrac12\log\det J^\top J$$
How far the columns are from orthogonal: at $z^*$, or as a mean over samples of the prior.",
        source: "Gresele et al. 2021",
        words: &["c_IMA"],
    },
    GlossaryEntry {
        name: "β gap at z*",
        also: &["β gap", "β gap (nats)"],
        definition: r"$$\frac{\beta}{2}\Big(\sum_i\log\Lambda_{ii} - \log\det\Lambda\Big)$$
What the best diagonal posterior loses against the best full one, at $z^*$.",
        source: "Hadamard's inequality; exact for linear decoders, second order otherwise",
        words: &["β gap", "gap"],
    },
    GlossaryEntry {
        name: "φ",
        also: &["rotation", "angle φ"],
        definition: r"$$L(\varphi):\quad d\circ R_\varphi^\top,\ R_\varphi\mu,\ R_\varphi\Sigma R_\varphi^\top$$
The angle by which the latents would be rotated. A full posterior loses nothing; a diagonal one loses the gap of the rotated precision.",
        source: "Theorem: Rolínek et al. 2019, propositions 2 and 3",
        words: &["rotate", "rotation"],
    },
    GlossaryEntry {
        name: "chance",
        also: &["ceiling", "training optimum", "held-out"],
        definition: "Levels to compare a metric with: its mean over random rotations of the latents, what the closed form of linear decoders reaches, or its value over the measured held-out observations, 256 (128 for large models).",
        source: "Closed forms, and Haar means of rotations",
        words: &["chance"],
    },
    GlossaryEntry {
        name: "variance λ",
        also: &["λ", "principal variance"],
        definition: r"$$\mathrm{Cov}(x)\,u_i = \lambda_i u_i$$
The variance of the data along a principal direction. At the optimum of a linear decoder $s_i^2 = \lambda_i - b$.",
        source: "Probabilistic PCA: Tipping and Bishop 1999",
        words: &["λ", r"\lambda", "variance"],
    },
    GlossaryEntry {
        name: "Fisher metric",
        also: &["F^½ ∂η/∂z"],
        definition: r"$$F = \mathrm{diag}\,\pi(1-\pi)$$
With a Bernoulli likelihood lengths and angles of columns are measured by $J^\top F J$, since equal steps of the logits are not equally visible.",
        source: "Exact second order of a Bernoulli likelihood",
        words: &["Fisher"],
    },
];
