//! Settings whose values are names: a row for each name that matches.

use eframe::egui::Theme;

use super::change::{change, refused};
use super::ranking::rank;
use super::row::{PaletteContext, PaletteRow};
use crate::app::panels::regularizer::{CHOICES, name_of};
use crate::data::Scene;
use crate::lesson::course;
use crate::nn::OptimizerKind;
use crate::sentence::quoted;
use crate::vae::{Covariance, Regularizer};
use crate::viz::command::UiCommand;
use crate::viz::layers::Layers;
use crate::viz::views::{VIEWS, all_views};

/// The rows of the names that match what was typed, the best first; one row that says so if there is none.
fn matching(label: &str, typed: &str, rows: Vec<(&str, PaletteRow)>) -> Vec<PaletteRow> {
    let mut found: Vec<_> =
        rows.into_iter().filter_map(|(name, row)| Some((rank(typed, name, &row.label)?, row))).collect();
    found.sort_by_key(|(score, _)| *score);
    if found.is_empty() {
        return vec![refused(label, format!("there is no {label} {}", quoted(typed)))];
    }
    found.into_iter().map(|(_, row)| row).collect()
}

/// Both covariances.
pub(super) fn covariances(context: &PaletteContext<'_>, typed: &str) -> Vec<PaletteRow> {
    let rows = Covariance::ALL.map(Covariance::name);
    matching(
        "covariance",
        typed,
        rows.into_iter()
            .flat_map(|name| change(context, ["covariance"; 2], name).into_iter().map(move |row| (name, row)))
            .collect(),
    )
}

/// The optimisers.
pub(super) fn optimizers(context: &PaletteContext<'_>, typed: &str) -> Vec<PaletteRow> {
    let rows = OptimizerKind::ALL.map(OptimizerKind::name);
    matching(
        "optimiser",
        typed,
        rows.into_iter()
            .flat_map(|name| change(context, ["optimizer", "optimiser"], name).into_iter().map(move |row| (name, row)))
            .collect(),
    )
}

/// The regularisers with the numbers that they begin with, or the one that was typed with its own.
pub(super) fn regularizers(context: &PaletteContext<'_>, typed: &str) -> Vec<PaletteRow> {
    let name = ["regularizer", "regulariser"];
    if typed.parse::<Regularizer>().is_ok() || typed.contains(':') {
        return change(context, name, typed);
    }
    let rows = CHOICES.into_iter().flat_map(|regularizer| {
        let rows = change(context, name, &regularizer.to_string()).into_iter();
        rows.map(move |row| (name_of(regularizer), PaletteRow { note: name_of(regularizer).to_owned(), ..row }))
    });
    matching("regulariser", typed, rows.collect())
}

/// The built-in scenes.
pub(super) fn scenes(context: &PaletteContext<'_>, typed: &str) -> Vec<PaletteRow> {
    let row = |scene: &'static Scene| {
        let command = UiCommand::SetScene(Box::new(scene.clone()));
        (
            scene.name.as_str(),
            context.row(format!("scene {}", scene.title), scene.name.clone(), &scene.summary, command),
        )
    };
    matching("scene", typed, Scene::built_in().iter().map(row).collect())
}

/// The views, and all of them.
pub(super) fn views(context: &PaletteContext<'_>, typed: &str) -> Vec<PaletteRow> {
    let all = context.row("all views".to_owned(), "all".to_owned(), "", UiCommand::SetAlone(None));
    let row = |(k, view): (usize, crate::viz::view::View)| {
        let label = format!("{} alone", view.title);
        (VIEWS[k].view.name, context.row(label, view.name.to_owned(), "", UiCommand::SetAlone(Some(view))))
    };
    matching("view", typed, all_views().into_iter().enumerate().map(row).chain([("all", all)]).collect())
}

/// The layers of data and latent space.
pub(super) fn layers(context: &PaletteContext<'_>, typed: &str) -> Vec<PaletteRow> {
    let row = |(name, help, _): (&'static str, &'static str, &mut bool)| {
        (name, context.row(format!("layer {name}"), "on or off".to_owned(), help, UiCommand::ToggleLayer(name)))
    };
    matching("layer", typed, Layers::default().list().into_iter().map(row).collect())
}

/// Both themes.
pub(super) fn themes(context: &PaletteContext<'_>, typed: &str) -> Vec<PaletteRow> {
    let row =
        |(name, theme)| (name, context.row(format!("theme {name}"), String::new(), "", UiCommand::SetTheme(theme)));
    matching("theme", typed, [("light", Theme::Light), ("dark", Theme::Dark)].into_iter().map(row).collect())
}

/// The built-in lessons.
pub(super) fn lessons(context: &PaletteContext<'_>, typed: &str) -> Vec<PaletteRow> {
    let row = |lesson: &'static crate::lesson::CourseLesson| {
        let (title, aim) = (lesson.numbered_title(), lesson.title_and_aim().1);
        (
            lesson.name,
            context.row(format!("lesson {title}"), lesson.name.to_owned(), aim, UiCommand::OpenLesson(lesson.name)),
        )
    };
    matching("lesson", typed, course().iter().map(row).collect())
}
