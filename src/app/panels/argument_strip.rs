//! The argument above the views: diagonal Σ ⇒ columns orthogonal ⇒ density factorises ⇒ disentangled, a lamp and numbers at each link.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use eframe::egui::{
    Color32, FontId, Galley, Pos2, Rect, Role, Sense, StrokeKind, TextStyle, Ui, WidgetInfo, pos2, vec2,
};

use crate::experiment::Snapshot;
use crate::viz::argument::{ArgumentLink, Lamp, LinkState};
use crate::viz::argument_query::{ArgumentNumbers, ArgumentQuery};
use crate::viz::command::UiCommand;
use crate::viz::context::{FISHER_METRIC, ViewContext};
use crate::viz::draw::prose::memory::shared_prose;
use crate::viz::draw::prose::show::ProseStyle;
use crate::viz::preset::Preset;
use crate::viz::run_names::RUN_NAMES;
use crate::viz::selection::Selection;
use crate::viz::theme::{Palette, semibold};
use crate::viz::views::key_of;

/// The height of the strip.
pub(in crate::app) const STRIP: f32 = 26.0;

/// While a run trains, its numbers are asked for no more often.
const PATIENCE: Duration = Duration::from_secs(1);

/// The last query of each run.
#[derive(Debug, Default)]
pub(in crate::app) struct StripState {
    asked: [Option<LastAsked>; 2],
    /// A run is training.
    pub(in crate::app) is_training: bool,
}

#[derive(Debug)]
struct LastAsked {
    at: Instant,
    snapshot: Weak<Snapshot>,
    query: ArgumentQuery,
}

impl StripState {
    /// The newest numbers of a run, and a request for newer ones once a while has passed.
    fn numbers(
        &mut self,
        ui: &Ui,
        run: usize,
        context: &ViewContext<'_>,
        selection: &Selection,
    ) -> Option<Arc<ArgumentNumbers>> {
        let seen = selection.seen_by(context.snapshot.latent_dim());
        let plane = seen.axes;
        let query = ArgumentQuery { z: seen.z, plane };
        let (snapshot, last) = (context.probe.snapshot(), &mut self.asked[run]);
        let is_asked = |last: &LastAsked| last.query == query && last.snapshot.as_ptr() == Arc::as_ptr(snapshot);
        if last.as_ref().is_some_and(is_asked) {
            return context.query(&query);
        }
        let since = last.as_ref().map_or(PATIENCE, |last| last.at.elapsed());
        if self.is_training && since < PATIENCE {
            ui.ctx().request_repaint_after(PATIENCE.saturating_sub(since));
            return context.queries.newest::<ArgumentQuery>(context.snapshot);
        }
        let answer = context.query(&query);
        *last = Some(LastAsked { at: Instant::now(), snapshot: Arc::downgrade(snapshot), query });
        answer
    }
}

/// Detail of the strip, the most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Detail {
    /// Names, lamps, numbers and on what each is founded.
    Whole,
    /// Without the latter.
    Numbers,
    /// Names, lamps and a number each.
    Short,
    /// Names and lamps.
    Lamps,
}

impl Detail {
    const ALL: [Self; 4] = [Self::Whole, Self::Numbers, Self::Short, Self::Lamps];
}

/// A link with its states in the runs, laid out.
struct LaidOutLink {
    link: ArgumentLink,
    states: Vec<LinkState>,
    /// Texts with their places from the left.
    texts: Vec<(f32, Arc<Galley>)>,
    width: f32,
}

/// Draws the strip into the room of a line. Without contexts nothing is judged. Says nothing where there is no room.
pub(in crate::app) fn show(
    ui: &mut Ui,
    contexts: &[ViewContext<'_>],
    selection: &Selection,
    state: &mut StripState,
    shown: Option<Preset>,
) {
    let Some(first) = contexts.first() else { return };
    let numbers: Vec<_> =
        contexts.iter().enumerate().map(|(run, context)| state.numbers(ui, run, context, selection)).collect();
    let links = |detail: Detail| -> Vec<LaidOutLink> {
        let link = |link: ArgumentLink| {
            let of = |(context, numbers): (&ViewContext<'_>, &Option<Arc<ArgumentNumbers>>)| {
                link.state(context.snapshot, numbers.as_deref())
            };
            LaidOutLink::new(ui, link, contexts, contexts.iter().zip(&numbers).map(of).collect(), detail)
        };
        ArgumentLink::ALL.map(link).into()
    };
    let arrow = galley(ui, "⇒", FontId::proportional(15.0), ui.visuals().text_color());
    let between = arrow.size().x + 10.0;
    let room = ui.available_width();
    let fits = |links: &Vec<LaidOutLink>| links.iter().map(|link| link.width).sum::<f32>() + 3.0 * between <= room;
    let Some(links) = Detail::ALL.into_iter().map(links).find(fits) else { return };
    let row = ui.available_rect_before_wrap();
    let mut left = row.left();
    for (k, link) in links.iter().enumerate() {
        if k > 0 {
            let at = pos2(left + 5.0, row.center().y - 0.5 * arrow.size().y);
            ui.painter().galley(at, Arc::clone(&arrow), ui.visuals().text_color());
            left += between;
        }
        let place = Rect::from_min_size(pos2(left, row.top()), vec2(link.width, row.height()));
        link.show(ui, place, first, shown);
        left += link.width;
    }
    ui.advance_cursor_after_rect(row);
}

/// Room at the ends of a link.
const MARGIN: f32 = 5.0;

/// Room between the texts of a link.
const GAP: f32 = 5.0;

impl LaidOutLink {
    fn new(ui: &Ui, link: ArgumentLink, contexts: &[ViewContext<'_>], states: Vec<LinkState>, detail: Detail) -> Self {
        let body = TextStyle::Body.resolve(ui.style());
        let (palette, ink) = (ViewContext::palette(ui), ui.visuals().text_color());
        let weak = ui.visuals().weak_text_color();
        let mut texts: Vec<(f32, Arc<Galley>)> = Vec::new();
        let mut right = MARGIN;
        let mut put = |text: Arc<Galley>, width: f32| {
            if !text.is_empty() {
                texts.push((right, text));
            }
            right += width + GAP;
        };
        let name = galley(ui, link.name(), FontId::new(body.size, semibold()), ink);
        let name_width = name.size().x;
        let is_pair = states.len() > 1;
        if is_pair {
            put(Arc::clone(&name), name_width);
        }
        for (run, (state, context)) in states.iter().zip(contexts).enumerate() {
            if is_pair {
                let letter = galley(ui, RUN_NAMES[run], FontId::new(body.size, semibold()), ink);
                let width = letter.size().x;
                put(letter, width);
            }
            let widest_mark = galley(ui, Lamp::Lit.mark(), body.clone(), ink).size().x;
            put(galley(ui, state.lamp.mark(), body.clone(), color(state.lamp, palette)), widest_mark);
            if !is_pair {
                put(Arc::clone(&name), name_width);
            }
            let (numbers, widest) = match detail {
                Detail::Whole | Detail::Numbers => (state.numbers.as_str(), link.widest(context.snapshot)),
                Detail::Short => (state.short.as_str(), link.widest_short(context.snapshot)),
                Detail::Lamps => ("", ""),
            };
            if !widest.is_empty() {
                let widest = galley(ui, widest, body.clone(), ink).size().x;
                put(galley(ui, numbers, body.clone(), ink), widest);
            }
        }
        if let (Detail::Whole, Some(standing)) = (detail, contexts.first().and_then(|c| link.standing(c.snapshot))) {
            let standing = galley(ui, &standing.to_string(), FontId::proportional(12.0), weak);
            let width = standing.size().x;
            put(standing, width);
        }
        Self { link, states, texts, width: right - GAP + MARGIN }
    }

    /// Text for screen readers and the pointer.
    fn sentence(&self) -> String {
        let state = |(run, state): (usize, &LinkState)| {
            let letter = if self.states.len() > 1 { format!("{}: ", RUN_NAMES[run]) } else { String::new() };
            let numbers = if state.numbers.is_empty() { String::new() } else { format!(", {}", state.numbers) };
            let reason = state.reason.map_or(String::new(), |reason| format!(" ({reason})"));
            format!("{letter}{}{numbers}{reason}", state.lamp.word())
        };
        let states: Vec<String> = self.states.iter().enumerate().map(state).collect();
        format!("{}: {}", self.link.name(), states.join("; "))
    }

    fn show(&self, ui: &Ui, place: Rect, context: &ViewContext<'_>, shown: Option<Preset>) {
        let preset = self.link.preset();
        let response = ui.interact(place, ui.scope_id().with(self.link.name()), Sense::click());
        let is_shown = shown == Some(preset);
        let sentence = self.sentence();
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_shown, &sentence));
        let visuals = ui.style().interact_selectable(&response, is_shown);
        if is_shown || response.hovered() || response.has_focus() {
            let frame = place.shrink2(vec2(0.5, 2.0));
            ui.painter().rect(frame, 4.0, visuals.weak_bg_fill, visuals.bg_stroke, StrokeKind::Inside);
        }
        for (left, text) in &self.texts {
            let at = Pos2::new(place.left() + left, place.center().y - 0.5 * text.size().y);
            ui.painter().galley(at, Arc::clone(text), ui.visuals().text_color());
        }
        let command = UiCommand::TogglePreset(preset);
        if response.clicked() {
            context.send(command.clone());
        }
        let standing = self.link.standing(context.snapshot).map_or(String::new(), |s| format!(" ({s})"));
        let metric = if context.in_fisher_metric() { format!("\n{FISHER_METRIC}") } else { String::new() };
        let key = key_of(&command).map_or(String::new(), |key| ui.ctx().format_shortcut(&key));
        response.on_hover_text(format!(
            "{sentence}{standing}.\n{}.\nClick, or {key}: {}.{metric}",
            self.link.help(context.snapshot),
            preset.help()
        ));
    }
}

fn galley(ui: &Ui, text: &str, font: FontId, color: Color32) -> Arc<Galley> {
    ui.painter().layout_no_wrap(text.to_owned(), font, color)
}

fn color(lamp: Lamp, palette: &Palette) -> Color32 {
    match lamp {
        Lamp::Lit => palette.lit,
        Lamp::Partly => palette.partly,
        Lamp::Out | Lamp::Undefined | Lamp::Waiting => palette.muted,
    }
}

/// The size of the sentence about the shown views, in points: the exponents of its formulas are not too small.
const SENTENCE: f32 = 15.0;

/// Draws what the shown views prove, in one sentence with the equation.
pub(in crate::app) fn sentence(ui: &mut Ui, preset: Preset) {
    if let Some(markdown) = preset.sentence() {
        shared_prose(ui, markdown).show(ui, ProseStyle::new(SENTENCE));
    }
}
