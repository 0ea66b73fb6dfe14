//! Held-out observations on the screen: which are drawn, and the one next to a click.

use eframe::egui::Pos2;

use super::selection::Selection;
use super::theme::REACH;
use crate::experiment::Snapshot;

/// The drawn observations: the first held-out ones, which every snapshot encodes.
pub(crate) fn drawn_observations(snapshot: &Snapshot) -> impl Iterator<Item = &[f32]> {
    snapshot.data.test.observations.iter_columns().take(snapshot.encodings.columns())
}

/// How many of the held-out observations are drawn, in words, if not all are: "2,000 of 12,000".
pub(crate) fn share_drawn(snapshot: &Snapshot) -> Option<String> {
    let (drawn, all) = (snapshot.encodings.columns(), snapshot.data.test.samples());
    (drawn < all).then(|| format!("{} of {}", grouped(drawn), grouped(all)))
}

/// A whole number with a comma before every three digits.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|g| std::str::from_utf8(g).ok()).collect();
    groups.join(",")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_told_apart() {
        assert_eq!([7, 2000, 1_234_567].map(grouped), ["7", "2,000", "1,234,567"]);
    }
}
