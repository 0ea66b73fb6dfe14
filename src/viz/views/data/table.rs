//! The points of the shown layers as a table.

use crate::io::Csv;
use crate::viz::context::ViewContext;
use crate::viz::file_units::FileUnits;
use crate::viz::observations::{drawn_observations, to_f64};
use crate::viz::selection::Selection;
use crate::viz::view_spec::{Table, latent_columns};

/// The kind of each point, its latents where it has any, and its projected coordinates, in the units of your file where they are its columns.
pub(super) fn table(context: &ViewContext<'_>, selection: &Selection) -> Table {
    let (projection, probe, layers) = (context.projection, context.probe, selection.layers);
    let (m, units) = (context.snapshot.latent_dim(), FileUnits::of(&context.snapshot.data));
    let names = ["part".to_owned()].into_iter().chain(latent_columns(context)).chain(projection.names.iter().cloned());
    let mut csv = Csv::new(names);
    let mut add = |part: &str, z: Option<&[f64]>, x: &[f64]| {
        let latents = (0..m).map(|i| z.map_or(f64::NAN, |z| z[i]));
        let seen = projection.space(x).map(f64::from).into_iter().take(projection.dims()).enumerate();
        let seen = seen.map(|(axis, x)| {
            let [centre, scale] = units.as_ref().map_or([0.0, 1.0], |units| units.axis(axis));
            centre + scale * x
        });
        csv.push([part.to_owned()], latents.chain(seen));
    };
    if layers.data {
        for (i, x) in drawn_observations(context.snapshot).enumerate() {
            let code: Vec<f64> = context.snapshot.mean(i).iter().map(|z| f64::from(*z)).collect();
            add("observation", Some(&code), &to_f64(x));
        }
    }
    if layers.surface || layers.grid {
        for k in 0..probe.surface().columns() {
            add("surface", Some(&probe.surface_latent(k)), &to_f64(probe.surface().column(k)));
        }
    }
    if layers.seams {
        for seam in &probe.seams {
            for k in 0..seam.t.len() {
                add(&format!("curve {}", seam.latent + 1), Some(&probe.seam_latent(seam, k)), seam.points.column(k));
            }
        }
    }
    if layers.truth {
        for (i, seam) in probe.truth().into_iter().flat_map(|truth| &truth.seams).enumerate() {
            seam.points.iter_columns().for_each(|x| add(&format!("true seam {}", i + 1), None, x));
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
