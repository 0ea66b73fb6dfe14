//! Why there are no global coordinates.

use eframe::egui::{Label, RichText, Ui};

use super::query::{Joint, POWER};
use crate::checks::{MOST_CONTRAST, MOST_COUPLING};
use crate::data::GroundTruthMap;
use crate::viz::draw::number::number;
use crate::viz::number_name::PRIOR_CONTRAST;
use crate::viz::theme::indexed;

/// Why there are no global coordinates, if there are none: of the true factors, where the true map says so, or of the
/// model's latents.
pub(super) fn refusal(joint: &Joint, truth: Option<&GroundTruthMap>) -> Option<String> {
    let (skewed, coupled) = faults(joint);
    let c1 = format!("{} = {} nats", PRIOR_CONTRAST.name, number(joint.contrast, 3));
    let [a, b] = joint.plane.map(|i| indexed("", i));
    let c2 = joint.coupling.map_or_else(
        || {
            let [found, band] = [joint.dependence, joint.band].map(|x| number(x, 3));
            format!("arc lengths depend on each other, distance correlation {found}, chance up to {band}")
        },
        |coupling| {
            let [first, second] = coupling.map(|c| number(100.0 * c, 0));
            format!("one σ along z{b} changes s{a} by {first} %, one along z{a} changes s{b} by {second} %")
        },
    );
    let model = match (skewed, coupled) {
        (false, false) if joint.coupling.is_none() && joint.detectable > MOST_COUPLING => Some(format!(
            "In this model C1 holds within the tolerance ({c1}). C2 cannot be judged: a ReLU network has no second derivatives, and \
             the dependence of arc lengths shows only changes of speed above {} per σ.",
            percent(joint.detectable)
        )),
        (false, false) => None,
        (false, true) => Some(format!("In this model C1 holds within the tolerance ({c1}), but C2 does not: {c2}.")),
        (true, false) => Some(format!("In this model C1 does not hold: {c1}.")),
        (true, true) => Some(format!("In this model neither C1 ({c1}) nor C2 holds: {c2}.")),
    };
    match truth.filter(|map| map.c1() && !map.c2()) {
        Some(_) => {
            let own = model.unwrap_or_else(|| {
                let none = || format!("no dependence of arc lengths, where the test finds {}", power(joint));
                let c2 = joint.coupling.map_or_else(none, |_| c2.clone());
                format!("This model is within the tolerances of C1 and C2: {c1}, {c2}.")
            });
            Some(format!(
                "The true map meets C1 but not C2: its factors have none, ∫ sᵢ dzᵢ depends on the path. {own}"
            ))
        }
        None => model,
    }
}

/// The refusal in a few words, for figures.
pub(super) fn in_short(joint: &Joint, truth: Option<&GroundTruthMap>) -> &'static str {
    let (skewed, coupled) = faults(joint);
    match (skewed, coupled) {
        _ if truth.is_some_and(|map| map.c1() && !map.c2()) => "C2 does not hold for the true map",
        (true, true) => "neither C1 nor C2 holds",
        (true, false) => "C1 does not hold",
        (false, true) => "C2 does not hold",
        (false, false) => "C2 cannot be judged",
    }
}

/// Whether C1 fails, and whether C2 does.
fn faults(joint: &Joint) -> (bool, bool) {
    let skewed = joint.contrast.is_nan() || joint.contrast > MOST_CONTRAST;
    let coupled = match joint.coupling {
        Some(coupling) => !coupling.iter().all(|c| *c <= MOST_COUPLING),
        // Without second derivatives the dependence itself has to tell.
        None => joint.dependence.is_nan() || joint.dependence > joint.band,
    };
    (skewed, coupled)
}

/// The effect that the dependence of arc lengths would show.
pub(super) fn power(joint: &Joint) -> String {
    format!("{} per σ ({})", percent(joint.detectable), percent(POWER))
}

fn percent(share: f64) -> String {
    if share.is_finite() { format!("{} %", number(100.0 * share, 0)) } else { "more than 200 %".to_owned() }
}

/// Says so in the place of the coordinates.
pub(super) fn refuse(ui: &mut Ui, reason: &str) {
    ui.vertical_centered(|ui| {
        ui.add_space((0.25 * ui.available_height()).min(60.0));
        ui.label(RichText::new("No global coordinates").strong());
        ui.add(Label::new(reason).wrap()).on_hover_text(tolerances());
        ui.add(Label::new(RichText::new("They exist exactly where C1 and C2 hold (theorem).").weak()).wrap());
    });
}

/// Tolerances of C1 and C2.
pub(super) fn tolerances() -> String {
    format!(
        "No trained network meets the conditions exactly. C1 counts as met up to a mean c_IMA of {MOST_CONTRAST} nats, C2 while a \
         standard deviation along either latent changes the length of the other column by at most {} % (root mean square); the true \
         maps that do not meet C2 have 21 % (sphere) and 40 % (polar). Without second derivatives (ReLU) C2 is judged by the distance correlation of arc lengths alone: dependence shows that it \
         fails, and none excludes only changes as large as the test would see",
        number(100.0 * MOST_COUPLING, 0)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Scene;
    use crate::geometry::ProductDensity;
    use crate::stats::gauss_hermite;

    fn joint(contrast: f64, coupling: Option<f64>, dependence: f64) -> Joint {
        // The larger direction decides, whichever it is.
        let coupling = coupling.map(|c| if contrast < 0.02 { [0.0, c] } else { [c, 0.0] });
        Joint {
            count: 2000,
            plane: [0, 1],
            product: ProductDensity { side: 2, difference: vec![0.0; 4], error: 0.0 },
            samples: vec![],
            arcs: vec![],
            dependence,
            band: 0.1,
            detectable: 0.08,
            contrast,
            coupling,
        }
    }

    #[test]
    fn coordinates_are_refused_with_the_reason() {
        assert_eq!(refusal(&joint(0.01, Some(0.05), 0.5), None), None);
        for (found, word) in [
            (joint(0.01, Some(0.4), 0.0), "C1 holds"),
            (joint(0.3, Some(0.05), 0.0), "C1 does not hold"),
            (joint(0.3, Some(0.4), 0.0), "neither"),
            (joint(0.01, None, 0.2), "depend on each other"),
            (joint(f64::NAN, Some(0.0), 0.0), "C1 does not hold"),
        ] {
            let reason = refusal(&found, None).unwrap();
            assert!(reason.contains(word), "{reason}");
        }
        let relu = joint(0.01, None, 0.05);
        assert_eq!(refusal(&relu, None), None);
        let blind = refusal(&Joint { detectable: 0.4, ..relu }, None).unwrap();
        assert!(blind.contains("cannot be judged") && blind.contains("above 40 % per σ"), "{blind}");
        let polar = refusal(&joint(0.01, Some(0.4), 0.5), None).unwrap();
        assert!(polar.contains("along z₂ changes s₁ by 0 %, one along z₁ changes s₂ by 40 %"), "{polar}");
    }

    #[test]
    fn the_true_maps_without_coordinates_are_beyond_the_tolerance() {
        for (scene, expected) in [("sphere", 0.21), ("polar", 0.4)] {
            let map = Scene::named(scene).unwrap().truth().unwrap();
            let rule = gauss_hermite(2, 20);
            let log_length = |z: &[f64], i: usize| map.jacobian(z).column(i).norm().ln();
            let slope = |z: &[f64], [i, j]: [usize; 2]| {
                let shifted = [-1e-5, 1e-5].map(|h| {
                    let mut z = z.to_vec();
                    z[j] += h;
                    log_length(&z, i)
                });
                (shifted[1] - shifted[0]) / 2e-5
            };
            let coupling = [[0, 1], [1, 0]].map(|pair| {
                let squares =
                    rule.nodes.iter_columns().zip(&rule.weights).filter(|(z, _)| z.iter().all(|z| z.abs() < 3.5));
                squares.map(|(z, weight)| weight * slope(z, pair).powi(2)).sum::<f64>().sqrt()
            });
            let [low, high] = [coupling[0].min(coupling[1]), coupling[0].max(coupling[1])];
            assert!(low < 1e-6 && (high - expected).abs() < 0.01, "{scene}: {coupling:?}");
        }
    }

    #[test]
    fn a_true_map_without_coordinates_is_named() {
        let map = |name: &str| Scene::named(name).unwrap().truth().unwrap();
        let fine = joint(0.01, Some(0.05), 0.0);
        assert_eq!(refusal(&fine, Some(map("cylinder"))), None);
        let reason = refusal(&fine, Some(map("polar"))).unwrap();
        assert!(reason.contains("meets C1 but not C2") && reason.contains("within the tolerances"), "{reason}");
        let reason = refusal(&joint(0.01, Some(0.4), 0.0), Some(map("polar"))).unwrap();
        assert!(reason.contains("meets C1 but not C2") && reason.contains("In this model C1 holds"), "{reason}");
    }
}
