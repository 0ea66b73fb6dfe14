//! The programs in `examples` run, and their numbers agree with theory.

#[path = "../examples/train_and_measure.rs"]
#[expect(unreachable_pub, reason = "public in a program, where nothing else could see it")]
mod train_and_measure;
#[path = "../examples/walk_a_seam.rs"]
#[expect(unreachable_pub, reason = "public in a program, where nothing else could see it")]
mod walk_a_seam;

use unpick::vae::Covariance;

#[test]
fn diagonal_posteriors_reach_the_optimum_with_aligned_latents() {
    train_and_measure::main().unwrap();
    let [diagonal, full] = Covariance::ALL.map(|covariance| train_and_measure::train("linear", covariance).unwrap());
    for metrics in [&diagonal, &full] {
        let optimum = metrics.optimum_test.as_ref().unwrap();
        // Four standard errors of the estimate, and as much for the noise of minibatches.
        assert!((metrics.elbo - optimum.elbo).abs() < 0.02, "both families reach the optimum: {}", metrics.elbo);
    }
    assert!(diagonal.geometry.ima_contrast.unwrap() < 0.002);
    assert!(diagonal.geometry.dto.unwrap() < 0.05);
    assert!(full.geometry.dto.unwrap() > 0.05, "nothing aligns the latents of a full posterior");
}

#[test]
fn seams_of_the_cylinder_have_its_true_speeds() {
    walk_a_seam::main().unwrap();
    let seams = walk_a_seam::walk().unwrap();
    // Where the line crosses z*: the true speeds are 0.8 along the cylinder and 1.6 around it, in either order.
    let mut speeds: Vec<f64> = Vec::new();
    for seam in &seams {
        let middle = seam.t.len() / 2;
        speeds.push(seam.speed[middle]);
        assert!(seam.arc.is_sorted(), "arc length grows along the seam of z{}", seam.latent + 1);
        // N(0, 1) has 0.9973 of its mass within three standard deviations.
        assert!((seam.mass() - 0.9973).abs() < 1e-3);
    }
    speeds.sort_by(f64::total_cmp);
    assert!((speeds[0] - 0.8).abs() < 0.08 && (speeds[1] - 1.6).abs() < 0.16, "{speeds:?}");
}
