//! Held-out observations on the screen: which are drawn, and the one next to a click.

use eframe::egui::Pos2;

use super::selection::Selection;
use super::theme::REACH;
use crate::experiment::Snapshot;

/// The drawn observations: the first held-out ones, which every snapshot encodes.
pub(crate) fn drawn_observations(snapshot: &Snapshot) -> impl Iterator<Item = &[f32]> {
    snapshot.data.test.observations.iter_columns().take(snapshot.encodings.columns())
}

/// The index of the place next to a click, if one is within reach.
pub(crate) fn nearest(places: impl Iterator<Item = Option<Pos2>>, position: Pos2) -> Option<usize> {
    let near = places.enumerate().filter_map(|(i, p)| Some((i, p?.distance(position)))).filter(|(_, d)| *d <= REACH);
    near.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(i, _)| i)
}

/// Sends z\* to the posterior mean of an observation.
pub(crate) fn choose(snapshot: &Snapshot, selection: &mut Selection, observation: Option<usize>) {
    if let Some(i) = observation {
        selection.observation = Some(i);
        selection.z = to_f64(snapshot.mean(i));
    }
}

/// In double precision.
pub(crate) fn to_f64(x: &[f32]) -> Vec<f64> {
    x.iter().map(|x| f64::from(*x)).collect()
}
