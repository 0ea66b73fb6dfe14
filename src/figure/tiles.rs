//! Tiles: each view under its title and tools, or behind a tab.

use eframe::egui::{
    Align, Color32, Layout as Arrangement, Rect, Response, RichText, Sense, Stroke, TextStyle, Ui, UiBuilder, Vec2,
    Visuals, WidgetText, vec2,
};
use egui_tiles::{Behavior, ResizeState, SimplificationOptions, TabState, Tabs, TileId, Tiles, UiResponse};

use super::pane::Pane;
use super::tabs_in_sight::TabsInSight;
use crate::viz::command::UiCommand;
use crate::viz::context::ViewContext;
use crate::viz::draw::labels::instead;
use crate::viz::draw::remark::{Remark, remark};
use crate::viz::run_names::RUN_NAMES;
use crate::viz::selection::Selection;
use crate::viz::theme::Palette;
use crate::viz::view::View;
use crate::viz::views::{VIEWS, spec_of, turns};

/// Draws tiles: a header with its tools above each view.
pub(super) struct TileBehavior<'a, 'b> {
    /// The runs.
    pub(super) contexts: &'a [ViewContext<'b>],
    /// z*, camera and layers.
    pub(super) selection: &'a mut Selection,
    /// The view that is shown alone.
    pub(super) alone: Option<View>,
    /// There is room for one view only.
    pub(super) is_small: bool,
    /// Titles stand without tools and buttons.
    pub(super) is_bare: bool,
    /// The pane that was chosen in the menu of one that is shown alone, or as the first or second of two.
    pub(super) chosen: Option<(usize, Pane)>,
    /// The tiles whose titles are tabs.
    pub(super) tabbed: Vec<TileId>,
    /// The names of the runs.
    pub(super) names: Vec<String>,
    /// The bar of tabs that is being drawn, and its tab in front.
    pub(super) bar: Option<(TileId, TileId)>,
}

impl<'a, 'b> TileBehavior<'a, 'b> {
    /// One view of every run, beside or above each other; where there is no room for two, that of one run.
    pub(super) fn alone(&mut self, ui: &mut Ui, pane: Pane) {
        let count = if spec_of(pane.view).is_shared { 1 } else { self.contexts.len() };
        match halves(ui).filter(|_| count == 2) {
            Some(halves) => self.pair(ui, halves, [0, 1].map(|run| (0, Pane { run, ..pane }))),
            None if count == 2 && self.is_figure() => {
                self.pair(ui, beside(ui), [0, 1].map(|run| (0, Pane { run, ..pane })));
            }
            None => self.one(ui, 0, Pane { run: pane.run.min(count - 1), ..pane }),
        }
    }

    /// Where there is no room for the tiles: two views of one run, or one, or one of both runs.
    pub(super) fn small(&mut self, ui: &mut Ui, panes: [Pane; 2]) {
        match halves(ui) {
            Some(halves) if self.contexts.len() == 1 => {
                self.pair(ui, halves, [0, 1].map(|place| (place, Pane { run: 0, ..panes[place] })));
            }
            _ => self.alone(ui, panes[0]),
        }
    }

    /// In presenter mode, where there is no room for the tiles: one view of both runs, or two of one run.
    pub(super) fn presented(&mut self, ui: &mut Ui, panes: [Pane; 2]) {
        let first = panes[0];
        let two = if self.is_compared(first) {
            [0, 1].map(|run| (0, Pane { run, ..first }))
        } else {
            [0, 1].map(|place| (place, Pane { run: 0, ..panes[place] }))
        };
        self.pair(ui, beside(ui), two);
    }

    /// Two panes, each with its place among those of a small window.
    fn pair(&mut self, ui: &mut Ui, halves: [Rect; 2], panes: [(usize, Pane); 2]) {
        let place = ui.available_rect_before_wrap();
        for (k, (half, (place, pane))) in halves.into_iter().zip(panes).enumerate() {
            let mut inside = part(ui, half, *ui.layout());
            inside.push_id(k, |ui| self.one(ui, place, pane));
        }
        ui.advance_cursor_after_rect(place);
    }

    fn one(&mut self, ui: &mut Ui, place: usize, pane: Pane) {
        let before = self.chosen;
        ui.push_id(pane.run, |ui| self.pane(ui, pane, false));
        if self.chosen != before {
            self.chosen = self.chosen.map(|(_, pane)| (place, pane));
        }
    }

    fn is_figure(&self) -> bool {
        self.contexts.iter().any(ViewContext::is_figure)
    }

    fn context(&self, pane: Pane) -> ViewContext<'a> {
        let contexts: &'a [ViewContext<'b>] = self.contexts;
        let context =
            ViewContext { beside: contexts.get(1 - pane.run), axes: self.selection.layers.axes, ..contexts[pane.run] };
        match context.turned.filter(|_| turns(pane.view)) {
            Some(turned) => ViewContext { snapshot: turned.snapshot(), probe: turned, ..context },
            None => context,
        }
    }

    /// A view under its header, unless that is in a bar of tabs; gives the header's response to dragging.
    pub(super) fn pane(&mut self, ui: &mut Ui, pane: Pane, tabbed: bool) -> Option<Response> {
        let context = self.context(pane);
        context.layer(ui.painter(), 0, &self.title(pane));
        let before = self.selection.seen_by(context.snapshot.latent_dim());
        let mut seen = before.clone();
        let header = (!tabbed).then(|| {
            let bar = ui.available_rect_before_wrap();
            let bar = bar.with_max_y((bar.min.y + HEADER).min(bar.max.y));
            let mut inside = part(ui, bar, Arrangement::left_to_right(Align::Center));
            let response = self.header(&mut inside, pane, &context, &mut seen);
            (response, bar.max.y)
        });
        let place = ui.available_rect_before_wrap();
        let place = header.as_ref().map_or(place, |(_, end)| place.with_min_y(*end));
        ui.painter().rect_filled(place, 0.0, context.background_color(ui));
        let spec = spec_of(pane.view);
        let margin = if (spec.is_full_bleed)(&context) { 0.0 } else { 4.0 };
        let mut inside = part(ui, place.shrink2(vec2(margin, 0.5 * margin)), *ui.layout());
        // Plots fill themselves.
        inside.visuals_mut().extreme_bg_color = context.background_color(&inside);
        let start = std::time::Instant::now();
        match spec.refusal(context.snapshot) {
            Some(reason) => instead(&mut inside, reason),
            None => (spec.ui)(&mut inside, &context, &mut seen),
        }
        // What sticks out is cut.
        let cut = inside.min_rect();
        if cut.max.y > place.max.y + 1.0 {
            remark(&inside, Remark::LeftOut("the lower part"));
        } else if cut.max.x > place.max.x + 1.0 {
            remark(&inside, Remark::LeftOut("the right part"));
        }
        log::trace!("{} took {:.1} ms", pane.view.title, 1e3 * start.elapsed().as_secs_f64());
        ui.advance_cursor_after_rect(place);
        self.selection.learn(&before, seen);
        header.map(|(response, _)| response)
    }

    fn header(&mut self, ui: &mut Ui, pane: Pane, context: &ViewContext<'_>, selection: &mut Selection) -> Response {
        let roomy = ui.available_width() > 300.0;
        let short = || {
            let letter = if self.is_compared(pane) { format!("{} · ", RUN_NAMES[pane.run]) } else { String::new() };
            format!("{letter}{}", pane.view.short_title)
        };
        let title = if roomy || context.is_figure() { self.title(pane) } else { short() };
        let title = RichText::new(title).text_style(TextStyle::Heading);
        if context.is_figure() {
            let response = ui.label(title);
            (spec_of(pane.view).figure_legend)(ui, context);
            return response;
        }
        let response = if self.is_small || self.alone.is_some() {
            let text = if roomy { self.title(pane) } else { short() };
            self.menu_of_views(ui, pane, &text)
        } else {
            let sense = Sense::click_and_drag();
            let response = ui.add(eframe::egui::Label::new(title).selectable(false).sense(sense));
            response.on_hover_text("Drag to move the view, double-click to show it alone")
        };
        if response.double_clicked() {
            context.send(UiCommand::ToggleAlone(pane.view));
        }
        if self.is_bare {
            return response;
        }
        (spec_of(pane.view).tools)(ui, context, selection);
        // Both commands are in the menus, too.
        if ui.available_width() > BUTTONS {
            ui.with_layout(Arrangement::right_to_left(Align::Center), |ui| self.buttons(ui, pane, context));
        }
        response
    }

    /// The title of a view that is alone: a menu of all views, and of both runs where one of them is seen.
    fn menu_of_views(&mut self, ui: &mut Ui, pane: Pane, title: &str) -> Response {
        let text = RichText::new(format!("{title} ▾")).text_style(TextStyle::Heading);
        let menu = ui.menu_button(text, |ui| {
            if self.is_compared(pane) {
                for (run, name) in self.names.iter().enumerate() {
                    if ui.selectable_label(run == pane.run, name).clicked() {
                        self.chosen = Some((0, Pane { run, ..pane }));
                        ui.close();
                    }
                }
                ui.separator();
            }
            for spec in VIEWS {
                if ui.selectable_label(spec.view == pane.view, spec.view.title).clicked() {
                    self.chosen = Some((0, Pane { view: spec.view, ..pane }));
                    ui.close();
                }
            }
        });
        menu.response.on_hover_text("Choose the view")
    }

    /// The buttons of a pane, from right to left.
    fn buttons(&self, ui: &mut Ui, pane: Pane, context: &ViewContext<'_>) {
        let title = self.title(pane);
        let (symbol, help) =
            if self.alone.is_some() { ("⇱", "Show all views") } else { ("⇲", "Show this view alone") };
        let mut button = |symbol: &str, help: &str, command| {
            let button = eframe::egui::Button::new(symbol).small().frame(false);
            let response = ui.add(button).on_hover_text(help);
            let name = format!("{help}: {title}");
            response.widget_info(|| eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Button, true, &name));
            if response.clicked() {
                context.send(command);
            }
        };
        if !self.is_small {
            button(symbol, help, UiCommand::ToggleAlone(pane.view));
        }
        button("↧", "Export as figure", UiCommand::ExportFigure(Some(pane.view)));
    }

    fn title(&self, pane: Pane) -> String {
        format!("{}{}", self.run_name(pane), pane.view.title)
    }

    /// True if there is such a view of each of two runs.
    fn is_compared(&self, pane: Pane) -> bool {
        self.contexts.len() > 1 && !spec_of(pane.view).is_shared
    }

    /// The run of a view, if there are two.
    fn run_name(&self, pane: Pane) -> String {
        if self.is_compared(pane) { format!("{} · ", self.names[pane.run]) } else { String::new() }
    }
}

/// The least size of one of two views that are seen together.
const LEAST: Vec2 = vec2(390.0, 250.0);

/// The halves of a place, left and right.
fn beside(ui: &Ui) -> [Rect; 2] {
    let (place, gap) = (ui.available_rect_before_wrap(), 0.5 * GAP);
    let centre = place.center();
    [place.with_max_x(centre.x - gap), place.with_min_x(centre.x + gap)]
}

/// The halves of a place, left and right or, where that is too narrow, above each other; `None` where it is too small.
fn halves(ui: &Ui) -> Option<[Rect; 2]> {
    let (place, gap) = (ui.available_rect_before_wrap(), 0.5 * GAP);
    let centre = place.center();
    if place.width() >= 2.0 * LEAST.x {
        Some(beside(ui))
    } else if place.height() >= 2.0 * LEAST.y {
        Some([place.with_max_y(centre.y - gap), place.with_min_y(centre.y + gap)])
    } else {
        None
    }
}

/// The gap between tiles.
const GAP: f32 = 8.0;

/// The room for the buttons of a header.
const BUTTONS: f32 = 44.0;

/// The height of a header, which is that of a bar of tabs, too.
const HEADER: f32 = 22.0;

/// A part of a tile. What does not fit into it is cut off and moves nothing else.
fn part(ui: &mut Ui, place: Rect, layout: Arrangement) -> Ui {
    let mut part = ui.new_child(UiBuilder::new().max_rect(place).layout(layout));
    part.set_clip_rect(place.intersect(ui.clip_rect()));
    part
}

impl Behavior<Pane> for TileBehavior<'_, '_> {
    fn pane_ui(&mut self, ui: &mut Ui, tile: TileId, pane: &mut Pane) -> UiResponse {
        let header = self.pane(ui, *pane, self.tabbed.contains(&tile));
        if header.is_some_and(|header| header.drag_started()) { UiResponse::DragStarted } else { UiResponse::None }
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> WidgetText {
        pane.view.short_title.into()
    }

    fn top_bar_right_ui(
        &mut self,
        tiles: &Tiles<Pane>,
        ui: &mut Ui,
        tile: TileId,
        tabs: &Tabs,
        scroll_offset: &mut f32,
    ) {
        *scroll_offset += TabsInSight::overhang(ui.ctx(), tile);
        self.bar = tabs.active.map(|front| (tile, front));
        let pane = tabs.active.and_then(|tile| tiles.get_pane(&tile));
        if let Some(pane) = pane {
            let context = self.context(*pane);
            if context.is_figure() {
                return;
            }
            self.buttons(ui, *pane, &context);
            let before = self.selection.seen_by(context.snapshot.latent_dim());
            let mut seen = before.clone();
            (spec_of(pane.view).tools)(ui, &context, &mut seen);
            self.selection.learn(&before, seen);
        }
    }

    fn on_tab_button(&mut self, tiles: &mut Tiles<Pane>, tile: TileId, button: Response) -> Response {
        if let Some(pane) = tiles.get_pane(&tile).copied() {
            if button.double_clicked() {
                self.context(pane).send(UiCommand::ToggleAlone(pane.view));
            }
            if let Some((bar, _)) = self.bar.filter(|(_, front)| *front == tile) {
                TabsInSight::follow(bar, tile, &button);
            }
        }
        button
    }

    fn is_tab_bar_visible(&self, _tile: TileId, _tabs: &Tabs) -> bool {
        !self.is_figure()
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
        GAP
    }

    fn resize_stroke(&self, style: &eframe::egui::Style, state: ResizeState) -> Stroke {
        match state {
            ResizeState::Idle => Stroke::NONE,
            ResizeState::Hovering => style.visuals.widgets.hovered.fg_stroke,
            ResizeState::Dragging => style.visuals.widgets.active.fg_stroke,
        }
    }
}
