//! Trains a scene with both families of posteriors and prints the metrics of each on held-out data.
//!
//! `cargo run --release --example train_and_measure`
//!
//! The decoder of this scene is linear, so theory is exact. The diagonal posterior makes the columns of the Jacobian
//! orthogonal (c_IMA near 0) and aligns V with the latent axes (DtO near 0). The full posterior reaches the same ELBO
//! without having to do either: its DtO depends on the seed and on how far Adam has walked it to the axes.
#![expect(clippy::print_stdout, reason = "an example prints its result")]

use unpick::experiment::Metrics;
use unpick::geometry::Measured;
use unpick::launch::{RunSource, launch};
use unpick::vae::Covariance;

/// Trains a built-in scene for as long as its file says and measures the model on held-out data.
pub fn train(scene: &str, covariance: Covariance) -> anyhow::Result<Metrics> {
    let mut prepared = launch(&RunSource::Scene(scene.to_owned()), None)?;
    prepared.config.objective.covariance = covariance;
    let steps = prepared.steps;
    let mut run = prepared.experiment()?;
    for _ in 0..steps {
        run.step()?;
    }
    let state = run.state();
    Ok(Metrics::measure(&state.vae, &state.settings, run.data(), run.config()))
}

/// A number with four decimals, or the reason why it is undefined.
fn show(measured: Measured) -> String {
    measured.map_or_else(|reason| format!("– ({reason})"), |x| format!("{x:.4}"))
}

/// Compares the two families.
pub fn main() -> anyhow::Result<()> {
    for covariance in Covariance::ALL {
        let metrics = train("linear", covariance)?;
        println!("{} posterior", covariance.name());
        let error = metrics.estimates("elbo").map_or(f64::NAN, |estimates| estimates[0].standard_error);
        println!("  ELBO   {:.4} ± {error:.4} nats over {} observations", metrics.elbo, metrics.observations);
        if let Some(optimum) = &metrics.optimum_test {
            println!("  optimum in closed form: {:.4}", optimum.elbo);
        }
        println!("  c_IMA  {} nats", show(metrics.geometry.ima_contrast));
        println!("  DtO    {}, by chance {}", show(metrics.geometry.dto), show(metrics.dto_chance));
        println!("  MCC    {}", show(metrics.mcc));
    }
    Ok(())
}
