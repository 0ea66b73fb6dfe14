//! Values of the options of `render`.

use eframe::egui::{Color32, Theme};

use crate::figure::animation::Animation;
use crate::figure::content::FigureContent;
use crate::figure::still::{FigureSize, SIZES};
use crate::viz::factor_matrix::FactorMatrix;
use crate::viz::selection::{MOST_IN_PAIRS, Selection};

/// A figure or an animation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RenderKind {
    Figure(FigureContent),
    Animation(Animation),
}

/// A point of latent space.
#[derive(Clone, Debug)]
pub(super) struct LatentPoint(pub(super) Vec<f64>);

pub(super) fn parse_view(text: &str) -> Result<RenderKind, String> {
    let animation = Animation::ALL.into_iter().find(|animation| animation.name() == text).map(RenderKind::Animation);
    let found = FigureContent::named(text).map(RenderKind::Figure).or(animation);
    found.ok_or_else(|| {
        let names = FigureContent::list().map(FigureContent::name).chain(Animation::ALL.map(Animation::name));
        format!("choose one of {}", names.collect::<Vec<_>>().join(", "))
    })
}

pub(super) fn parse_size(text: &str) -> Result<FigureSize, String> {
    if let Some((_, size)) = SIZES.iter().find(|(name, _)| name.replace(' ', "-") == text) {
        return Ok(*size);
    }
    let sides = text.split_once('x').and_then(|(w, h)| Some((w.trim().parse().ok()?, h.trim().parse().ok()?)));
    sides
        .filter(|(w, h)| (100.0..=8000.0).contains(w) && (100.0..=8000.0).contains(h))
        .map(FigureSize::new)
        .ok_or_else(|| format!("'{text}' is not single-column, double-column, slide, or a size like 640x480, each side between 100 and 8000"))
}

pub(super) fn parse_theme(text: &str) -> Result<Theme, String> {
    match text {
        "light" => Ok(Theme::Light),
        "dark" => Ok(Theme::Dark),
        _ => Err("choose light or dark".to_owned()),
    }
}

pub(super) fn parse_background(text: &str) -> Result<Color32, String> {
    match text {
        "transparent" => Ok(Color32::TRANSPARENT),
        "white" => Ok(Color32::WHITE),
        _ => Err("choose transparent or white".to_owned()),
    }
}

pub(super) fn parse_point(text: &str) -> Result<LatentPoint, String> {
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|z| z.trim().parse()).collect();
    match numbers {
        Ok(z) if z.iter().all(|z| f64::abs(*z) <= 20.0) => Ok(LatentPoint(z)),
        _ => Err(format!("'{text}' is not a list of numbers between −20 and 20")),
    }
}

pub(super) fn parse_matrix(text: &str) -> Result<FactorMatrix, String> {
    let found = FactorMatrix::ALL.into_iter().find(|matrix| matrix.name() == text);
    found.ok_or_else(|| format!("choose one of {}", FactorMatrix::ALL.map(FactorMatrix::name).join(", ")))
}

/// Latents of the latent view, counted from 0.
#[derive(Clone, Copy, Debug)]
pub(super) enum LatentPair {
    One([usize; 2]),
    All,
}

pub(super) fn parse_pair(text: &str) -> Result<LatentPair, String> {
    if text == "all" {
        return Ok(LatentPair::All);
    }
    let latent = |text: &str| text.trim().parse::<usize>().ok()?.checked_sub(1);
    let pair = text.split_once(',').and_then(|(a, b)| Some([latent(a)?, latent(b)?])).filter(|[a, b]| a != b);
    pair.map(LatentPair::One).ok_or_else(|| format!("'{text}' is neither all nor two latents such as 1,3"))
}

/// Shows a pair of latents, or all.
pub(super) fn choose_pair(selection: &mut Selection, pair: LatentPair) -> Result<(), String> {
    let m = selection.z.len();
    match pair {
        LatentPair::One(axes) if axes.iter().all(|i| *i < m) => {
            (selection.axes, selection.pairs) = (axes, false);
            Ok(())
        }
        LatentPair::One([a, b]) => {
            Err(format!("--pair {},{} names a latent that this model with {m} latents does not have", a + 1, b + 1))
        }
        LatentPair::All => {
            selection.pairs = true;
            let most = MOST_IN_PAIRS;
            let sentence = || format!("--pair all shows the pairs of 3 to {most} latents, but this model has {m}");
            selection.shows_pairs(m).then_some(()).ok_or_else(sentence)
        }
    }
}
