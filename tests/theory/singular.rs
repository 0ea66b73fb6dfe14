//! Curves along the right singular vectors of a trained decoder whose latents were rotated.

use std::sync::Arc;

use unpick::data::{Scene, generate};
use unpick::experiment::{Config, Experiment, Origin};
use unpick::geometry::{Jets, Order, Rotation, SingularCurve};
use unpick::linalg::{Matrix, svd};
use unpick::vae::Vae;

/// The cylinder, trained with its defaults, in double precision.
fn cylinder() -> Vae<f64> {
    let scene = Scene::named("cylinder").unwrap().clone();
    let (steps, samples) = (scene.training.steps, scene.generator.samples);
    let data = Arc::new(generate(&scene, 0));
    let mut run = Experiment::new(Config::new(Origin::Scene(Box::new(scene)), 0, samples), data).unwrap();
    run.advance(steps).unwrap();
    run.state().vae.cast()
}

fn angle(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    (dot(a, b).abs() / (dot(a, a) * dot(b, b)).sqrt()).min(1.0).acos().to_degrees()
}

/// The columns of J at `z`.
fn columns(vae: &Vae<f64>, z: &[f64]) -> [Vec<f64>; 2] {
    let jets = Jets::of(vae, &Matrix::from_columns(2, 1, z.to_vec()), Order::First);
    [0, 1].map(|i| jets.column(0, i).to_vec())
}

/// The angle between uᵢ and Jᵢ at `z`.
fn skew(vae: &Vae<f64>, z: &[f64], i: usize) -> f64 {
    let j = Jets::of(vae, &Matrix::from_columns(2, 1, z.to_vec()), Order::First).jacobian(0);
    angle(svd(&j).u.column(i).as_slice(), j.column(i).as_slice())
}

/// Within one prior standard deviation, where the data are: curves along the axes cross at odd angles; those along the right singular
/// vectors run along the seams that the decoder had before, as exactly as its columns are orthogonal: off them by the angle between uᵢ and Jᵢ
/// before the rotation. (Exactly orthogonal columns: `geometry/singular_curve.rs`.)
#[test]
fn singular_vector_curves_of_a_rotated_cylinder_recover_its_seams() {
    let plain = cylinder();
    for degrees in [33.0, 20.0, -41.0] {
        let rotation = Rotation { degrees, plane: [0, 1] };
        let mut rotated = plain.clone();
        rotation.rotate_decoder(&mut rotated);
        let origin = [0.3, -0.2];
        let z = rotation.rotate(origin[0], origin[1]);
        let [a, b] = columns(&rotated, &z);
        let crossing = angle(&a, &b);
        assert!(crossing < 80.0, "axes cross at {crossing}° after {degrees}°");
        let back = Rotation { degrees: -degrees, ..rotation };
        for i in 0..2 {
            let curve = SingularCurve::through(&rotated, &z, i, 3.5).unwrap();
            let own: Vec<[f64; 2]> = curve.latents.iter_columns().map(|z| back.rotate(z[0], z[1])).collect();
            // The seam that it runs along at its origin.
            let here = (1..own.len() - 1).min_by(|a, b| {
                let distance = |k: usize| (own[k][0] - origin[0]).hypot(own[k][1] - origin[1]);
                distance(*a).total_cmp(&distance(*b))
            });
            let here = here.unwrap();
            let along = [0, 1].map(|axis| (own[here + 1][axis] - own[here - 1][axis]).abs());
            let moving = usize::from(along[0] <= along[1]);
            let mut angles = Vec::new();
            for (k, z) in own.iter().enumerate().filter(|(_, z)| z[0].hypot(z[1]) < 1.0) {
                // The tangent of the image, sᵢ uᵢ = J vᵢ, by a difference along the curve, and that of the seam at its point.
                let [before, after] = [k.saturating_sub(1), (k + 1).min(own.len() - 1)];
                let step: Vec<f64> =
                    curve.points.column(after).iter().zip(curve.points.column(before)).map(|(b, a)| b - a).collect();
                let found = angle(&step, &columns(&plain, z)[moving]);
                let skew = skew(&plain, z, moving);
                // The difference along a step of .03 turns by less than .2°.
                assert!((found - skew).abs() < 0.2, "{found}° where the columns are off by {skew}°");
                angles.push(found);
            }
            assert!(angles.len() > 30);
        }
    }
}
