//! The densities as a table.

use super::ui::{ghosts_query, shown_latents};
use crate::geometry::Seam;
use crate::io::{Csv, densities_of};
use crate::viz::context::ViewContext;
use crate::viz::selection::Selection;
use crate::viz::view_spec::Table;

/// The densities of the seams through z*, over arc length from zᵢ = 0, of their ghosts, and of true seams if those are shown.
pub(super) fn table(context: &ViewContext<'_>, selection: &Selection) -> Table {
    let latents = shown_latents(context, selection);
    let mut csv = Csv::new(["seam", "latent", "t", "prior", "arc_length", "speed", "density"]);
    let mut add = |part: &str, seam: &Seam| {
        let zero = seam.arc_at(0.0);
        let from_zero = Seam { arc: seam.arc.iter().map(|s| s - zero).collect(), ..seam.clone() };
        densities_of(&from_zero).into_iter().for_each(|row| csv.push([part.to_owned()], row));
    };
    latents.iter().for_each(|i| add("through z*", &context.probe.seams[*i]));
    if let Some(ghosts) = context.query(&ghosts_query(context, &latents)) {
        for ghost in ghosts.of_seams.iter().flat_map(|(_, ghosts)| ghosts) {
            add(&format!("at z_{} = {}", ghost.other + 1, ghost.value), &ghost.seam);
        }
    }
    if selection.layers.truth {
        context.probe.truth().into_iter().flat_map(|truth| &truth.seams).for_each(|seam| add("true", seam));
    }
    Ok(csv)
}
