//! Curves along the right singular vectors through z*.

use super::latent_grid::RANGE;
use super::query::Query;
use super::theme::indexed;
use crate::experiment::Snapshot;
use crate::geometry::{CurveEnd, SingularCurve, Undefined};
use crate::vae::Vae;

/// Asks for the curves through z*.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SingularQuery {
    /// z*.
    pub z: Vec<f64>,
    /// The latents that the curves are named after.
    pub latents: Vec<usize>,
}

impl Query for SingularQuery {
    type Answer = SingularCurves;

    fn answer(&self, _: &Snapshot, model: &Vae<f64>) -> SingularCurves {
        let curve = |i: &usize| SingularCurve::through(model, &self.z, *i, RANGE);
        let found: Vec<_> = self.latents.iter().map(|i| (*i, curve(i))).collect();
        let remarks = found.iter().filter_map(|(i, curve)| remark(*i, curve)).collect();
        SingularCurves { curves: found.into_iter().filter_map(|(_, curve)| curve.ok()).collect(), remarks }
    }
}

/// The curves that there are, and a sentence about each that ends before the edge, or does not exist.
#[derive(Clone, Debug)]
pub(crate) struct SingularCurves {
    /// Curves.
    pub curves: Vec<SingularCurve>,
    /// Sentences.
    pub remarks: Vec<String>,
}

/// What the solid and the dashed curves are.
pub(crate) const LEGEND: &str = "solid: along vᵢ; dashed: along the axes";

fn remark(i: usize, curve: &Result<SingularCurve, Undefined>) -> Option<String> {
    let name = indexed("v", i);
    let curve = match curve {
        Ok(curve) => curve,
        Err(Undefined::EqualSingularValues) => return Some(format!("no {name}: singular values are equal at z*")),
        Err(reason) => return Some(format!("no {name}: {reason}")),
    };
    let end = curve.ends.iter().find(|end| **end != CurveEnd::Range)?;
    Some(match end {
        CurveEnd::Crossing { with } => format!("{name} ends where {} = {}", indexed("s", i), indexed("s", *with)),
        CurveEnd::Lost => format!("{name} ends where it turns too fast to be followed"),
        CurveEnd::Long => format!("{name} turns inside the range"),
        CurveEnd::Range => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viz::query::tests::trained;

    #[test]
    fn a_curve_that_ends_early_says_why() {
        let (snapshot, model) = trained("cylinder", 400);
        let found = SingularQuery { z: vec![0.3, -0.2], latents: vec![0, 1] }.answer(&snapshot, &model);
        assert_eq!(found.curves.len(), 2);
        let early = found.curves.iter().filter(|curve| curve.ends != [CurveEnd::Range; 2]).count();
        assert_eq!(found.remarks.len(), early);
        let none = SingularQuery { z: vec![0.0; 2], latents: vec![0] };
        let (snapshot, model) = trained("linear", 0);
        let flat = Vae { parameters: vec![0.0; model.parameters.len()], ..(*model).clone() };
        let found = none.answer(&snapshot, &flat);
        assert!(found.curves.is_empty() && found.remarks[0].contains("equal at z*"), "{:?}", found.remarks);
    }
}
