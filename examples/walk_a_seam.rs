//! Walks along the seams through z* and prints arc length, speed and density.
//!
//! `cargo run --release --example walk_a_seam`
//!
//! A seam is the image of a line parallel to a latent axis. While zᵢ grows at unit rate, the data point moves with speed
//! ‖Jᵢ‖, so p(zᵢ) becomes the density p(zᵢ)/‖Jᵢ‖ over the arc length of the seam. On the cylinder the true speeds are
//! constant: 1.6 around it and 0.8 along it.
#![expect(clippy::print_stdout, reason = "an example prints its result")]

use unpick::geometry::Seam;
use unpick::launch::{RunSource, launch};

/// The point of latent space that the seams pass through.
const Z: [f64; 2] = [0.6, -0.5];

/// Trains on the cylinder and follows the seam of each latent through z*, three prior standard deviations to either side.
pub fn walk() -> anyhow::Result<Vec<Seam>> {
    let prepared = launch(&RunSource::Scene("cylinder".to_owned()), None)?;
    let steps = prepared.steps;
    let mut run = prepared.experiment()?;
    for _ in 0..steps {
        run.step()?;
    }
    let vae = run.state().vae.cast::<f64>();
    Ok((0..vae.latent_dim()).map(|i| Seam::through(&vae, &Z, i, 3.0, 241)).collect())
}

/// Prints every twentieth point of the seams.
pub fn main() -> anyhow::Result<()> {
    for seam in walk()? {
        let (i, density) = (seam.latent + 1, seam.density());
        println!("seam of z{i}");
        println!("{:>6} {:>11} {:>8} {:>9}", format!("z{i}"), "arc length", "speed", "density");
        for k in (0..seam.t.len()).step_by(20) {
            println!("{:>6.2} {:>11.3} {:>8.3} {:>9.4}", seam.t[k], seam.arc[k], seam.speed[k], density[k]);
        }
        println!("{:.4} of the mass lies between the ends\n", seam.mass());
    }
    Ok(())
}
