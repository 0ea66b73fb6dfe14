//! Watch a small VAE unpick data along its seams.
//!
//! # The argument
//!
//! A variational autoencoder has a decoder d: Rᵐ → Rⁿ, a prior p(z) = N(0, I), a likelihood p(x|z) = N(d(z), σ² I) and
//! Gaussian posteriors q(z|x) = N(μ(x), Σ(x)). Training maximises the ELBO, E_q log p(x|z) − β KL(q‖p). J is the Jacobian of
//! d with columns J₁ … Jₘ, and b = βσ².
//!
//! **diagonal posterior covariance ⇒ column-orthogonal decoder Jacobian ⇒ disentanglement**
//!
//! 1. *The best posterior mirrors the decoder.* The best Gaussian at x has precision Σ⁻¹ = Λ with Λ = I + JᵀJ/b. Exact for
//!    linear decoders; an approximation otherwise, without the second derivatives of d.
//!    With a [Bernoulli likelihood](vae::Likelihood) J is F^½ ∂η/∂z here and in all that follows about columns: the Fisher metric.
//! 2. *A diagonal posterior pays for correlation.* The best diagonal Σ has Σᵢᵢ = 1/Λᵢᵢ. Against the best full Σ it loses
//!    β · gap nats of ELBO per observation, with gap = ½ (Σᵢ log Λᵢᵢ − log det Λ) ≥ 0
//!    ([`diagonal_gap`](geometry::diagonal_gap)), which is 0 exactly when JᵀJ is diagonal.
//! 3. *Training avoids the price.* Rotating the latents keeps prior and decodings but changes the gap. At the optimum of a
//!    diagonal model the columns of J are orthogonal: **condition C1**, measured by
//!    c_IMA = Σᵢ log ‖Jᵢ‖ − ½ log det JᵀJ ([`ima_contrast`](geometry::ima_contrast)), which is 0 exactly then. This is the
//!    first arrow: exact for linear decoders, an approximation otherwise. A full posterior pays nothing at any angle:
//!    its objective chooses no axes, the first weights and the optimiser do.
//! 4. *Orthogonal columns are singular vectors.* J = U S Vᵀ, with V a signed permutation: each latent moves the data along a
//!    singular vector of its own, with speed ‖Jᵢ‖. The image of a line parallel to latent axis i is a
//!    [seam](geometry::Seam); over its arc length p(zᵢ) becomes the density p(zᵢ)/‖Jᵢ‖. That is exact for every smooth
//!    decoder. Equal singular values leave V free: orthogonality then chooses no axes.
//! 5. *The density factorises.* On the manifold it is p(z)/√det JᵀJ; under C1 that is Πᵢ p(zᵢ)/‖Jᵢ‖. It is a product of one
//!    density per seam if each ‖Jᵢ‖ also depends on zᵢ alone: **condition C2**
//!    ([`c2_residual`](geometry::c2_residual)). This is the second arrow: exact for linear decoders, whose J is constant so
//!    that C2 holds; otherwise an approximation, as good as C1 and C2 are. Some data, a sphere for one, allow no decoder to meet
//!    both.
//! 6. *Found is not yet true.* Whether the latents are the factors that generated the data is measured by the mean
//!    correlation coefficient MCC ([`mean_correlation_coefficient`](stats::mean_correlation_coefficient)). True factors that
//!    are not orthogonal are not found.
//!
//! # Measure it
//!
//! Training with the diagonal posterior makes c_IMA fall:
//!
//! ```
//! use unpick::experiment::Snapshot;
//! use unpick::launch::{RunSource, launch};
//!
//! let mut run = launch(&RunSource::Scene("linear".to_owned()), None)?.experiment()?;
//! let before = Snapshot::of(&run).geometry.ima_contrast.unwrap();
//! for _ in 0..500 {
//!     run.step()?;
//! }
//! let after = Snapshot::of(&run).geometry.ima_contrast.unwrap();
//! assert!(after < 0.1 * before, "c_IMA falls from {before:.4} to {after:.4} nats");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The density along a seam integrates to one for every decoder, even before training:
//!
//! ```
//! use unpick::geometry::Seam;
//! use unpick::launch::{RunSource, launch};
//!
//! let run = launch(&RunSource::Scene("cylinder".to_owned()), None)?.experiment()?;
//! let decoder = run.state().vae.cast::<f64>();
//! let seam = Seam::through(&decoder, &[0.6, -0.5], 0, 6.0, 1001);
//! assert!((seam.mass() - 1.0).abs() < 1e-3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The folder `examples` holds two complete programs. `ARCHITECTURE.md` tells where to start reading.

#[cfg(feature = "gui")]
pub mod app;
pub mod checks;
pub mod cli;
pub mod data;
pub mod experiment;
#[cfg(feature = "gui")]
pub mod figure;
pub mod geometry;
pub mod io;
pub mod launch;
pub mod lesson;
pub mod linalg;
pub mod memory;
pub mod nn;
#[cfg(feature = "gui")]
pub mod paint;
pub mod ppca;
pub mod rng;
pub mod sentence;
pub mod stats;
pub mod trainer;
pub mod vae;
#[cfg(feature = "gui")]
pub mod viz;
