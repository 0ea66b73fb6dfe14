//! The tiles of the window: each view under its title and its tools, or behind a tab.

use eframe::egui::{
    Align, Color32, Layout as Arrangement, Rect, Response, RichText, Sense, Stroke, TextStyle, Ui, UiBuilder, Visuals,
    WidgetText, vec2,
};
use egui_tiles::{Behavior, ResizeState, SimplificationOptions, TabState, Tabs, TileId, Tiles, UiResponse};

use super::action::Action;
use super::painter3::Painter3;
use super::theme::{Palette, indexed};
use super::views::{Pane, View};
use super::{Motion, SIDES, Selection, Stage};
use crate::geometry::MapQuantity;
use crate::paint::Layer;

/// Draws tiles: a header with its tools above each view.
pub(super) struct Panes<'a, 'b, 'c> {
    /// The runs.
    pub(super) stages: &'a [Stage<'b>],
    /// What is looked at.
    pub(super) selection: &'a mut Selection,
    /// Draw data in three dimensions.
    pub(super) painters: &'a mut [&'c mut Painter3],
    /// What was asked for in headers.
    pub(super) actions: &'a mut Vec<Action>,
    /// The view that is shown alone.
    pub(super) alone: Option<View>,
    /// Titles only, as in a figure.
    pub(super) bare: bool,
    /// The tiles whose titles are tabs.
    pub(super) tabbed: Vec<TileId>,
}

impl<'a, 'b> Panes<'a, 'b, '_> {
    /// One view of every run side by side.
    pub(super) fn alone(&mut self, ui: &mut Ui, view: View) {
        let count = if view.is_shared() { 1 } else { self.stages.len() };
        ui.columns(count, |columns| {
            for (side, ui) in columns.iter_mut().enumerate() {
                ui.push_id(side, |ui| self.pane(ui, Pane { view, side }, false));
            }
        });
    }

    fn stage(&self, pane: Pane) -> Stage<'a> {
        let stages: &'a [Stage<'b>] = self.stages;
        Stage { beside: stages.get(1 - pane.side), axes: self.selection.layers.axes, ..stages[pane.side] }
    }

    /// A view under its header, unless that is in a bar of tabs; gives the header's response to dragging.
    pub(super) fn pane(&mut self, ui: &mut Ui, pane: Pane, tabbed: bool) -> Option<Response> {
        let stage = self.stage(pane);
        Layer::begin(ui.painter(), 0, &self.title(pane));
        let before = self.selection.seen_by(stage.snapshot.latent_dim());
        let mut seen = before.clone();
        let header = (!tabbed).then(|| {
            let bar = ui.available_rect_before_wrap();
            let bar = bar.with_max_y((bar.min.y + HEADER).min(bar.max.y));
            let mut inside = part(ui, bar, Arrangement::left_to_right(Align::Center));
            let response = self.header(&mut inside, pane, &stage, &mut seen);
            (response, bar.max.y)
        });
        let place = ui.available_rect_before_wrap();
        let place = header.as_ref().map_or(place, |(_, end)| place.with_min_y(*end));
        ui.painter().rect_filled(place, 0.0, Stage::sheet(ui));
        // A scene in three dimensions has no text at its edges.
        let margin = if pane.view == View::Data && stage.projection.dims() == 3 { 0.0 } else { 4.0 };
        let mut inside = part(ui, place.shrink2(vec2(margin, 0.5 * margin)), *ui.layout());
        // Plots fill themselves.
        inside.visuals_mut().extreme_bg_color = Stage::sheet(&inside);
        pane.view.show(&mut inside, &stage, &mut seen, &mut *self.painters[pane.side]);
        ui.advance_cursor_after_rect(place);
        self.selection.learn(&before, seen);
        header.map(|(response, _)| response)
    }

    fn header(&mut self, ui: &mut Ui, pane: Pane, stage: &Stage<'_>, selection: &mut Selection) -> Response {
        let roomy = ui.available_width() > 300.0;
        let short = || format!("{}{}", self.side_name(pane), pane.view.short_title());
        let title = if roomy || self.bare { self.title(pane) } else { short() };
        let title = RichText::new(title).text_style(TextStyle::Heading);
        if self.bare {
            let response = ui.label(title);
            if pane.view == View::Training {
                super::views::training::key(ui, stage);
            }
            return response;
        }
        let sense = Sense::click_and_drag();
        let response = ui.add(eframe::egui::Label::new(title).selectable(false).sense(sense));
        let response = response.on_hover_text("Drag to move the view, double-click to show it alone");
        if response.double_clicked() {
            self.actions.push(Action::Maximise(pane.view));
        }
        tools(ui, pane.view, stage, selection);
        ui.with_layout(Arrangement::right_to_left(Align::Center), |ui| self.buttons(ui, pane));
        response
    }

    /// What can be done with a pane, from right to left.
    fn buttons(&mut self, ui: &mut Ui, pane: Pane) {
        let title = self.title(pane);
        let (symbol, help) =
            if self.alone.is_some() { ("⇱", "Show all views") } else { ("⇲", "Show this view alone") };
        let mut button = |symbol: &str, help: &str, action| {
            let button = eframe::egui::Button::new(symbol).small().frame(false);
            let response = ui.add(button).on_hover_text(help);
            let name = format!("{help}: {title}");
            response.widget_info(|| eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Button, true, &name));
            if response.clicked() {
                self.actions.push(action);
            }
        };
        button(symbol, help, Action::Maximise(pane.view));
        button("↧", "Export as figure", Action::SaveView(pane));
    }

    fn title(&self, pane: Pane) -> String {
        format!("{}{}", self.side_name(pane), pane.view.title())
    }

    /// Which run a view is of, if there are two.
    fn side_name(&self, pane: Pane) -> String {
        let compared = self.stages.len() > 1 && !pane.view.is_shared();
        if compared { format!("{} · ", SIDES[pane.side]) } else { String::new() }
    }
}

/// The height of a header, which is that of a bar of tabs, too.
const HEADER: f32 = 22.0;

/// The room for the buttons of a header.
const BUTTONS: f32 = 46.0;

/// A part of a tile. What does not fit into it is cut off and moves nothing else.
fn part(ui: &mut Ui, place: Rect, layout: Arrangement) -> Ui {
    let mut part = ui.new_child(UiBuilder::new().max_rect(place).layout(layout));
    part.set_clip_rect(place.intersect(ui.clip_rect()));
    part
}

/// What a view has in its header.
fn tools(ui: &mut Ui, view: View, stage: &Stage<'_>, selection: &mut Selection) {
    match view {
        View::Data => {
            layers(ui, stage, selection);
            morph(ui, selection);
        }
        View::Latent => {
            colors(ui, stage, selection);
            axes(ui, stage, selection);
        }
        View::Training => super::views::training::tools(ui, stage, selection),
        _ => {}
    }
}

/// What is drawn in data space.
fn layers(ui: &mut Ui, stage: &Stage<'_>, selection: &mut Selection) {
    let three = stage.projection.dims() == 3;
    ui.menu_button("layers ▾", |ui| {
        let has_truth = stage.focus.truth().is_some();
        for (name, help, on) in selection.layers.list() {
            if (name == "surface" && !three) || (name == "truth" && !has_truth) {
                continue;
            }
            ui.checkbox(on, name).on_hover_text(help);
        }
        ui.separator();
        ui.checkbox(&mut selection.unit_arrows, "unit arrows")
            .on_hover_text("Draw unit vectors uᵢ instead of sᵢ uᵢ, the true effect of one standard deviation");
    });
}

/// What colours mean, in latent space and in data space.
fn colors(ui: &mut Ui, stage: &Stage<'_>, selection: &mut Selection) {
    ui.menu_button("colours ▾", |ui| {
        ui.weak("latent plane and its image");
        ui.radio_value(&mut selection.heat, None, "plain");
        for quantity in MapQuantity::ALL {
            ui.radio_value(&mut selection.heat, Some(quantity), quantity.name());
        }
        let names = &stage.snapshot.data.factor_names;
        if !names.is_empty() {
            ui.separator();
            ui.weak("observations and their codes");
            ui.radio_value(&mut selection.color, None, "all alike");
            for (row, name) in names.iter().enumerate() {
                ui.radio_value(&mut selection.color, Some(row), format!("by {name}, from dark to light"));
            }
        }
    });
}

/// From the latent plane to the manifold.
fn morph(ui: &mut Ui, selection: &mut Selection) {
    let room = ui.available_width() - BUTTONS;
    if room < 24.0 {
        return;
    }
    let playing = selection.motion == Some(Motion::Morph);
    let help = "Play how the latent plane becomes the manifold";
    let button = ui.add(eframe::egui::Button::new(if playing { "■" } else { "▶" }).small()).on_hover_text(help);
    button.widget_info(|| eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Button, true, help));
    if button.clicked() {
        selection.play(Motion::Morph);
    }
    let room = ui.available_width() - BUTTONS;
    if room < 40.0 {
        return;
    }
    ui.spacing_mut().slider_width = (room - 24.0).clamp(30.0, 70.0);
    let slider = eframe::egui::Slider::new(&mut selection.tau, 0.0..=1.0).show_value(false).text("τ");
    ui.add(slider).on_hover_text("0: the latent plane, laid on the tangent plane at d(z*); 1: the manifold");
}

/// Which two latents are shown, where there are more.
fn axes(ui: &mut Ui, stage: &Stage<'_>, selection: &mut Selection) {
    let m = stage.snapshot.latent_dim();
    if m < 3 {
        return;
    }
    for (k, name) in ["across", "up"].into_iter().enumerate() {
        let mut chosen = selection.axes[k];
        eframe::egui::ComboBox::new(("latent axis", k), name).width(48.0).selected_text(indexed("z", chosen)).show_ui(
            ui,
            |ui| {
                for i in 0..m {
                    ui.selectable_value(&mut chosen, i, indexed("z", i));
                }
            },
        );
        if chosen != selection.axes[k] {
            // Choosing the other one's axis swaps them.
            if chosen == selection.axes[1 - k] {
                selection.axes.swap(0, 1);
            } else {
                selection.axes[k] = chosen;
            }
        }
    }
}

impl Behavior<Pane> for Panes<'_, '_, '_> {
    fn pane_ui(&mut self, ui: &mut Ui, tile: TileId, pane: &mut Pane) -> UiResponse {
        let header = self.pane(ui, *pane, self.tabbed.contains(&tile));
        if header.is_some_and(|header| header.drag_started()) { UiResponse::DragStarted } else { UiResponse::None }
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> WidgetText {
        pane.view.short_title().into()
    }

    fn top_bar_right_ui(
        &mut self,
        tiles: &Tiles<Pane>,
        ui: &mut Ui,
        _tile: TileId,
        tabs: &Tabs,
        _scroll_offset: &mut f32,
    ) {
        let pane = tabs.active.and_then(|tile| tiles.get_pane(&tile));
        if let (Some(pane), false) = (pane, self.bare) {
            self.buttons(ui, *pane);
            let stage = self.stage(*pane);
            let before = self.selection.seen_by(stage.snapshot.latent_dim());
            let mut seen = before.clone();
            tools(ui, pane.view, &stage, &mut seen);
            self.selection.learn(&before, seen);
        }
    }

    fn is_tab_bar_visible(&self, _tile: TileId, _tabs: &Tabs) -> bool {
        !self.bare
    }

    fn tab_bar_height(&self, _style: &eframe::egui::Style) -> f32 {
        HEADER
    }

    fn tab_title_spacing(&self, _visuals: &Visuals) -> f32 {
        6.0
    }

    fn tab_bar_color(&self, visuals: &Visuals) -> Color32 {
        visuals.panel_fill
    }

    fn tab_bg_color(&self, visuals: &Visuals, _tiles: &Tiles<Pane>, _tile: TileId, tab: &TabState) -> Color32 {
        if tab.active { Palette::of(visuals).paper } else { visuals.panel_fill }
    }

    fn tab_outline_stroke(&self, visuals: &Visuals, _tiles: &Tiles<Pane>, _tile: TileId, tab: &TabState) -> Stroke {
        if tab.active { visuals.widgets.noninteractive.bg_stroke } else { Stroke::NONE }
    }

    fn tab_text_color(&self, visuals: &Visuals, _tiles: &Tiles<Pane>, _tile: TileId, tab: &TabState) -> Color32 {
        let palette = Palette::of(visuals);
        if tab.active { palette.ink } else { palette.muted }
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions { all_panes_must_have_tabs: false, ..SimplificationOptions::default() }
    }

    fn gap_width(&self, _style: &eframe::egui::Style) -> f32 {
        8.0
    }

    fn resize_stroke(&self, style: &eframe::egui::Style, state: ResizeState) -> Stroke {
        match state {
            ResizeState::Idle => Stroke::NONE,
            ResizeState::Hovering => style.visuals.widgets.hovered.fg_stroke,
            ResizeState::Dragging => style.visuals.widgets.active.fg_stroke,
        }
    }
}
