//! Figures that stand still: the views drawn without a window.

use std::sync::Arc;

use eframe::egui::{Color32, Frame, FullOutput, Ui};
use serde_json::Value;

use super::caption::captioned;
use super::content::FigureContent;
use super::layout::Layout;
use super::view_state::state_of_figure;
use crate::experiment::Snapshot;
use crate::io::{Csv, FileError, Session, your_data_fit_in_figure};
use crate::paint::{Canvas, Offscreen, Picture};
use crate::viz::background_runs::BackgroundRuns;
use crate::viz::command::CommandQueue;
use crate::viz::context::ViewContext;
use crate::viz::draw::colors::color_names;
use crate::viz::probe::Probe;
use crate::viz::projection::Projection;
use crate::viz::run_names::run_names;
use crate::viz::selection::Selection;
use crate::viz::theme::{SMALLEST_TEXT, install_for_figures};
use crate::viz::view::View;
use crate::viz::views::spec_of;
use crate::viz::workers::Workers;

/// A size of figures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FigureSize {
    /// Width and height in points.
    pub size: (f32, f32),
    /// The size of text relative to the usual one.
    pub text_scale: f32,
}

impl FigureSize {
    /// This size with text as usual.
    pub const fn new(size: (f32, f32)) -> Self {
        Self { size, text_scale: 1.0 }
    }

    /// The least size of a content in this text, of one run or of two.
    pub fn least(self, content: FigureContent, compared: bool) -> (f32, f32) {
        let (width, height) = content.least_size(compared);
        (width * self.text_scale, height * self.text_scale)
    }

    /// Why it is too small for a content, if it is.
    pub fn refusal(self, content: FigureContent, compared: bool) -> Option<String> {
        let ((width, height), (least_width, least_height)) = (self.size, self.least(content, compared));
        let is_small = width < least_width || height < least_height;
        is_small.then(|| {
            format!("{width} × {height} points are too few for these views, which need {least_width} × {least_height}")
        })
    }
}

/// Common sizes with their names. Columns have twice the usual widths of 3.5 and 7 inches: reduced to them, the text has the 7 points
/// of a caption. On a slide the smallest text has 18 points.
pub const SIZES: [(&str, FigureSize); 3] = [
    ("single column", FigureSize::new((504.0, 410.0))),
    ("double column", FigureSize::new((1008.0, 567.0))),
    ("slide", FigureSize { size: (1280.0, 720.0), text_scale: 18.0 / SMALLEST_TEXT }),
];

/// Two time points of a run.
#[derive(Clone, Debug)]
pub struct TimePoints {
    /// The shown one.
    pub shown: Arc<Snapshot>,
    /// The newest one.
    pub newest: Arc<Snapshot>,
}

impl From<Arc<Snapshot>> for TimePoints {
    fn from(newest: Arc<Snapshot>) -> Self {
        Self { shown: Arc::clone(&newest), newest }
    }
}

/// A run in a figure, and the helpers that draw it.
#[derive(Debug)]
pub struct FigureRun {
    /// The shown time point.
    pub snapshot: Arc<Snapshot>,
    /// The newest time point.
    pub newest: Arc<Snapshot>,
    /// The projection of its data onto the screen.
    pub(crate) projection: Arc<Projection>,
    workers: Workers,
}

impl FigureRun {
    fn new(TimePoints { shown: snapshot, newest }: TimePoints) -> Self {
        let projection = Projection::of(&snapshot.data);
        Self { projection, workers: Workers::immediate(), snapshot, newest }
    }
}

/// One run, or two beside each other, with z*, camera and layers.
#[derive(Debug)]
pub struct Figure {
    /// The run, or the first of two.
    pub run: FigureRun,
    /// The second.
    pub beside: Option<FigureRun>,
    /// z* and what is shown.
    pub selection: Selection,
    /// A line beneath says what it is a figure of.
    pub is_captioned: bool,
    background: BackgroundRuns,
    offscreen: Offscreen,
}

impl Figure {
    /// A figure of one run or of two, with what was made beside them.
    pub fn new(run: TimePoints, beside: Option<TimePoints>, selection: &Selection, background: BackgroundRuns) -> Self {
        let (run, beside) = (FigureRun::new(run), beside.map(FigureRun::new));
        let mut selection = selection.clone();
        let snapshots = || [Some(&run), beside.as_ref()].into_iter().flatten().map(|shown| &shown.snapshot);
        let m = snapshots().map(|s| s.latent_dim()).max().unwrap_or(1);
        selection.fit(m, snapshots().map(|s| s.encodings.columns()).min().unwrap_or(0));
        let threads = std::thread::available_parallelism().map_or(1, |n| n.get().min(8));
        let offscreen = Offscreen::new(threads, install_for_figures);
        Self { run, beside, selection, is_captioned: false, background, offscreen }
    }

    /// The factors and labels by which observations can be coloured, as [`Selection::color`] counts them.
    pub fn color_names(&self) -> Vec<String> {
        color_names(&self.run.snapshot.data).into_iter().map(str::to_owned).collect()
    }

    /// The runs.
    pub fn all(&self) -> impl Iterator<Item = &FigureRun> {
        [Some(&self.run), self.beside.as_ref()].into_iter().flatten()
    }

    /// The runs, to show other steps of them.
    pub fn all_mut(&mut self) -> impl Iterator<Item = &mut FigureRun> {
        [Some(&mut self.run), self.beside.as_mut()].into_iter().flatten()
    }

    /// Draws with `show` in pixels.
    pub fn picture(&mut self, canvas: &Canvas, show: impl Show) -> Picture {
        self.draw(canvas, show, |offscreen, output| offscreen.paint(canvas, output))
    }

    /// The session that makes it again, as JSON, with your data only if it is asked for.
    ///
    /// # Errors
    /// If a value has no place in JSON.
    pub fn session(&self, with_data: bool) -> Result<String, FileError> {
        self.session_with(None, with_data)
    }

    /// True if a figure can hold your data; `None` if there are none.
    pub fn fits_your_data(&self) -> Option<bool> {
        self.all().filter_map(|run| your_data_fit_in_figure(&run.snapshot)).reduce(|all, fits| all && fits)
    }

    /// The same with where the views are.
    pub(crate) fn session_with(&self, layout: Option<&Layout>, with_data: bool) -> Result<String, FileError> {
        self.whole_session(layout).for_figure(with_data)
    }

    fn whole_session(&self, layout: Option<&Layout>) -> Session {
        let first = Session::of(&self.run.snapshot, state_of_figure(&self.selection, layout));
        let second = self.beside.as_ref().map(|shown| Session::of(&shown.snapshot, Value::Null));
        first.compared_with(second)
    }

    /// Draws with `show` at z* and gives the settled frame to `take`.
    pub fn draw<T>(
        &mut self,
        canvas: &Canvas,
        mut show: impl Show,
        take: impl FnOnce(&Offscreen, &FullOutput) -> T,
    ) -> T {
        let is_captioned = self.is_captioned;
        self.with_contexts(canvas.background, |contexts, selection, offscreen| {
            let output = offscreen.settle(canvas, 0.0, |ui| {
                Frame::NONE.inner_margin(8.0).show(ui, |ui| {
                    if is_captioned {
                        captioned(ui, contexts, |ui| show(ui, contexts, selection));
                    } else {
                        show(ui, contexts, selection);
                    }
                });
            });
            take(offscreen, &output)
        })
    }

    /// The table of a view, of one run or of two. The first column of two says which run it is.
    ///
    /// # Errors
    /// The reason for an empty table.
    pub fn table(&mut self, view: View) -> Result<Csv, &'static str> {
        self.with_contexts(Color32::TRANSPARENT, |contexts, selection, _| {
            let spec = spec_of(view);
            let of = |context: &ViewContext<'_>| match spec.refusal(context.snapshot) {
                Some(reason) => Err(reason),
                None => (spec.table)(context, &selection.seen_by(context.snapshot.latent_dim())),
            };
            // The training curves are shared, but not their numbers.
            if contexts.len() == 1 || spec.has_one_table() {
                return of(&contexts[0]);
            }
            let tables: Vec<Csv> = contexts.iter().map(of).collect::<Result<_, _>>()?;
            let names = run_names(&contexts.iter().map(|context| context.snapshot).collect::<Vec<_>>());
            Ok(Csv::stacked("run", names.iter().map(String::as_str).zip(tables)))
        })
    }

    fn with_contexts<T>(
        &mut self,
        background_color: Color32,
        work: impl FnOnce(&[ViewContext<'_>], &mut Selection, &mut Offscreen) -> T,
    ) -> T {
        let Self { run, beside, selection, background, offscreen, .. } = self;
        let commands = CommandQueue::default();
        let runs = || [Some(&*run), beside.as_ref()].into_iter().flatten();
        let probe = |run: &FigureRun| Probe::new(&run.snapshot, &selection.seen_by(run.snapshot.latent_dim()));
        let probes: Vec<_> = runs().map(probe).map(Arc::new).collect();
        let axes = selection.layers.axes;
        let mut contexts = Vec::new();
        for (run, probe) in runs().zip(&probes) {
            let FigureRun { snapshot, newest, projection, workers } = run;
            let Workers { queries, scene, .. } = workers;
            let figure = Some(background_color);
            let (branches, commands, beside) = (&[][..], &commands, None);
            contexts.push(ViewContext {
                snapshot,
                newest,
                branches,
                axes,
                probe,
                turned: None,
                projection,
                queries,
                scene,
                background,
                commands,
                figure,
                presented: false,
                beside,
                slow_step: None,
            });
        }
        work(&contexts, selection, offscreen)
    }
}

/// Draws one or two runs.
pub trait Show: FnMut(&mut Ui, &[ViewContext<'_>], &mut Selection) {}

impl<F: FnMut(&mut Ui, &[ViewContext<'_>], &mut Selection)> Show for F {}

/// Draws a content with the layers that it has.
pub(crate) fn draw_content(
    mut layout: Layout,
    content: FigureContent,
    ui: &mut Ui,
    contexts: &[ViewContext<'_>],
    selection: &mut Selection,
) {
    let chosen = selection.layers;
    selection.layers = content.layers(chosen);
    layout.draw(ui, contexts, selection);
    selection.layers = chosen;
}

/// Draws a content in the default layout, of one run or of two beside each other.
pub fn show(content: FigureContent) -> impl Show {
    move |ui: &mut Ui, contexts: &[ViewContext<'_>], selection: &mut Selection| {
        let compared = contexts.len() > 1;
        let layout = if compared { Layout::compare() } else { Layout::single() };
        let layout = layout.suited(&contexts[0].snapshot.data);
        draw_content(layout.of(content, compared), content, ui, contexts, selection);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viz::query::tests::trained;
    use crate::viz::views::all_views;
    use eframe::egui::vec2;

    #[test]
    fn tiles_for_two_runs_show_one_while_there_is_no_other() {
        let (snapshot, _) = trained("linear", 0);
        let figure = |layout: Layout| {
            let mut figure =
                Figure::new(Arc::clone(&snapshot).into(), None, &Selection::default(), BackgroundRuns::default());
            let draw = move |ui: &mut Ui, contexts: &[ViewContext<'_>], selection: &mut Selection| {
                draw_content(layout.clone(), FigureContent::All, ui, contexts, selection);
            };
            figure.draw(&Canvas::new(vec2(1280.0, 720.0)), draw, |_, output| output.shapes.len())
        };
        assert_eq!(figure(Layout::compare()), figure(Layout::single()));
    }

    /// z* is one point for both, of which a run with fewer latents sees the first coordinates.
    #[test]
    fn every_view_compares_runs_with_different_numbers_of_latents() {
        let (two, _) = trained("linear", 300);
        let (three, _) = trained("water-filling", 300);
        assert!([&two, &three].iter().all(|run| run.geometry.independent_in([0, 1]).is_ok()));
        for [run, beside] in [[&two, &three], [&three, &two]] {
            let selection = Selection { z: vec![0.3, -0.2, 0.5], ..Selection::default() };
            let beside = Some(Arc::clone(beside).into());
            let mut figure = Figure::new(Arc::clone(run).into(), beside, &selection, BackgroundRuns::default());
            for view in all_views() {
                let shapes =
                    figure.draw(&Canvas::new(vec2(900.0, 500.0)), show(FigureContent::One(view)), |_, output| {
                        output.shapes.len()
                    });
                assert!(shapes > 0, "{view:?}");
            }
        }
    }
}
