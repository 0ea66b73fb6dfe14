//! The points of the shown layers as a table.

use crate::io::Csv;
use crate::viz::context::ViewContext;
use crate::viz::draw::indicatrix::Indicatrices;
use crate::viz::draw::singular::singular_curves;
use crate::viz::file_units::FileUnits;
use crate::viz::observations::to_f64;
use crate::viz::selection::Selection;
use crate::viz::view_spec::{Table, latent_columns};

/// The kind of each point, its latents where it has any, and its projected coordinates, in the units of your file where they are its columns.
pub(super) fn table(context: &ViewContext<'_>, selection: &Selection) -> Table {
    let (projection, probe, layers) = (context.projection, context.probe, selection.layers);
    let (m, units) = (context.snapshot.latent_dim(), FileUnits::of(&context.snapshot.data));
    let names = ["part".to_owned()].into_iter().chain(latent_columns(context)).chain(projection.names.iter().cloned());
    let mut csv = Csv::new(names);
    let mut add_at = |part: &str, z: Option<&[f64]>, place: [f32; 3]| {
        let latents = (0..m).map(|i| z.map_or(f64::NAN, |z| z[i]));
        let seen = place.map(f64::from).into_iter().take(projection.dims()).enumerate();
        let seen = seen.map(|(axis, x)| {
            let [centre, scale] = units.as_ref().map_or([0.0, 1.0], |units| units.axis(axis));
            centre + scale * x
        });
        csv.push([part.to_owned()], latents.chain(seen));
    };
    if layers.data {
        for (i, place) in projection.places().iter().take(context.snapshot.encodings.columns()).enumerate() {
            add_at("observation", Some(&to_f64(context.snapshot.mean(i))), *place);
        }
    }
    if layers.surface || layers.grid {
        for (k, place) in probe.surface_places().iter().enumerate() {
            add_at("surface", Some(&probe.surface_latent(k)), *place);
        }
    }
    if layers.seams {
        for (seam, places) in probe.seams.iter().zip(probe.seam_places()) {
            for (k, place) in places.iter().enumerate() {
                add_at(&format!("curve {}", seam.latent + 1), Some(&probe.seam_latent(seam, k)), *place);
            }
        }
    }
    for (point, ring) in
        Indicatrices::new(context, selection, selection.axes).iter().flat_map(Indicatrices::in_data_space)
    {
        let part = format!("ellipse at {} {}", point.at[0], point.at[1]);
        ring.iter().for_each(|(z, place)| add_at(&part, Some(z), *place));
    }
    let mut add = |part: &str, z: Option<&[f64]>, x: &[f64]| add_at(part, z, projection.space(x));
    for curve in singular_curves(context, selection).iter().flat_map(|found| &found.curves) {
        for (z, x) in curve.latents.iter_columns().zip(curve.points.iter_columns()) {
            add(&format!("singular curve {}", curve.latent + 1), Some(z), x);
        }
    }
    if layers.truth {
        for (i, seam) in probe.truth().into_iter().flat_map(|truth| &truth.seams).enumerate() {
            seam.points.iter_columns().for_each(|x| add(&format!("true seam of {}", probe.factor_name(i)), None, x));
        }
    }
    add("z*", Some(probe.z()), &probe.image);
    if layers.basis {
        for i in 0..m {
            let (vector, _) = probe.basis_vector(i, selection.unit_arrows);
            let tip: Vec<f64> = probe.image.iter().zip(&vector).map(|(x, v)| x + v).collect();
            add(&format!("tip of u_{}", i + 1), None, &tip);
        }
    }
    Ok(csv)
}
