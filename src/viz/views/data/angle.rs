//! The angle between two columns of the Jacobian, as an arc at d(z*).

use nalgebra::DVector;

use crate::vae::Likelihood;
use crate::viz::draw::number::number;
use crate::viz::probe::Probe;
use crate::viz::projection::Projection;
use crate::viz::theme::indexed;

/// The arc from one column to the other, and what is written beside it.
pub(super) struct AngleArc {
    /// Points relative to d(z*) (n).
    pub points: Vec<Vec<f64>>,
    /// The place of the name relative to d(z*) (n).
    pub beyond: Vec<f64>,
    /// Of which columns, and the angle in degrees: the arrows beside it are other vectors.
    pub name: String,
}

/// Points of an arc.
const POINTS: usize = 17;

/// The radius as a share of the longest side of the data.
const RADIUS: f64 = 0.09;

/// The arc between the columns of the shown latents; `None` with one latent, where one has collapsed or a column has no length, and with a Bernoulli
/// likelihood, whose angles are in the Fisher metric and not those of the drawing.
pub(super) fn angle_arc(probe: &Probe, projection: &Projection) -> Option<AngleArc> {
    let [a, b] = *probe.shown() else { return None };
    if probe.model().likelihood() != Likelihood::Gaussian || probe.snapshot().geometry.compared_in([a, b]).is_err() {
        return None;
    }
    let radius = RADIUS * projection.extent.iter().map(|[low, high]| high - low).fold(0.0, f64::max);
    let column = |i: usize| probe.jacobian.column(i).try_normalize(f64::MIN_POSITIVE);
    let (from, to) = (column(a)?, column(b)?);
    let degrees = from.dot(&to).clamp(-1.0, 1.0).acos().to_degrees();
    let aside = (&to - &from * from.dot(&to)).try_normalize(1e-9)?;
    let at = |radius: f64, share: f64| -> DVector<f64> {
        let turn = (share * degrees).to_radians();
        (&from * turn.cos() + &aside * turn.sin()) * radius
    };
    let points = (0..POINTS).map(|k| at(radius, k as f64 / (POINTS - 1) as f64).as_slice().to_vec()).collect();
    let beyond = at(1.7 * radius, 0.5).as_slice().to_vec();
    let name = format!("∠(J{}, J{}) {}°", indexed("", a), indexed("", b), number(degrees, 1));
    Some(AngleArc { points, beyond, name })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viz::query::tests::trained;
    use crate::viz::selection::Selection;

    #[test]
    fn the_arc_leads_from_one_column_to_the_other() {
        let (snapshot, _) = trained("cylinder", 40);
        let probe = Probe::new(&snapshot, &Selection { z: vec![0.3, -0.4], ..Selection::default() });
        let projection = Projection::of(&snapshot.data);
        let arc = angle_arc(&probe, &projection).unwrap();
        for (point, i) in [(&arc.points[0], 0), (&arc.points[POINTS - 1], 1)] {
            let (point, column) = (DVector::from_column_slice(point), probe.jacobian.column(i));
            assert!((point.dot(&column) / (point.norm() * column.norm()) - 1.0).abs() < 1e-9);
        }
        assert_eq!(arc.name, format!("∠(J₁, J₂) {}°", number(probe.angle(0, 1).unwrap(), 1)));
    }
}
