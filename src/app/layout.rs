//! Which view is where: tiles that can be moved, resized, or shown alone.

use eframe::egui::{
    Align, Color32, Id, Layout as Arrangement, Rect, Response, RichText, Sense, Stroke, TextStyle, Ui, UiBuilder,
    Visuals, WidgetText, vec2,
};
use egui_tiles::{
    Behavior, Container, Linear, LinearDir, ResizeState, SimplificationOptions, TabState, Tabs, Tile, TileId, Tiles,
    Tree, UiResponse,
};
use serde::{Deserialize, Serialize};

use super::action::Action;
use super::painter3::Painter3;
use super::theme::{Palette, indexed};
use super::views::{Pane, View};
use super::{Motion, SIDES, Selection, Stage};
use crate::geometry::Quantity;
use crate::paint::Layer;

/// The tiles, and the view that is shown alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Layout {
    tree: Tree<Pane>,
    /// The view that is shown alone: of both runs, if there are two.
    pub alone: Option<View>,
}

/// Tiles beside or above each other, each with its share of the room.
fn split(tiles: &mut Tiles<Pane>, dir: LinearDir, parts: &[(TileId, f32)]) -> TileId {
    let mut linear = Linear { children: parts.iter().map(|(id, _)| *id).collect(), dir, ..Linear::default() };
    for (id, share) in parts {
        linear.shares.set_share(*id, *share);
    }
    tiles.insert_container(Container::Linear(linear))
}

/// What is measured at z* and over the data.
const MEASURED: &[View] = &[View::Gauges, View::Jacobian, View::Posterior, View::Rotate];

/// What becomes of the prior, and what it has to do with the true factors.
const PUSHED: &[View] = &[View::Densities, View::Joint, View::Factors];

/// What speaks of the whole experiment.
const WHOLE: &[View] = &[View::Training, View::Seeds, View::Certificates];

/// Tiles one behind the other, the first in front.
fn tabs(tiles: &mut Tiles<Pane>, parts: &[TileId]) -> TileId {
    let mut tabs = Tabs::new(parts.to_vec());
    if let Some(first) = parts.first() {
        tabs.set_active(*first);
    }
    tiles.insert_container(Container::Tabs(tabs))
}

impl Layout {
    /// Data space, latent space and what is measured there above, densities and training beneath.
    pub(super) fn single() -> Self {
        let mut tiles = Tiles::default();
        let pane = |tiles: &mut Tiles<Pane>, view| tiles.insert_pane(Pane { view, side: 0 });
        let [data, latent] = [View::Data, View::Latent].map(|view| pane(&mut tiles, view));
        let [right, pushed, whole] = [MEASURED, PUSHED, WHOLE].map(|views| {
            let parts: Vec<_> = views.iter().map(|view| pane(&mut tiles, *view)).collect();
            tabs(&mut tiles, &parts)
        });
        let upper = split(&mut tiles, LinearDir::Horizontal, &[(data, 3.6), (latent, 3.3), (right, 3.2)]);
        let lower = split(&mut tiles, LinearDir::Horizontal, &[(pushed, 1.15), (whole, 1.0)]);
        let root = split(&mut tiles, LinearDir::Vertical, &[(upper, 1.3), (lower, 1.0)]);
        Self { tree: Tree::new(Id::unique("views"), root, tiles), alone: None }
    }

    /// A left, B right; what both share beneath.
    pub(super) fn compare() -> Self {
        let mut tiles = Tiles::default();
        let columns = [0, 1].map(|side| {
            let mut pane = |view| tiles.insert_pane(Pane { view, side });
            let [data, latent] = [View::Data, View::Latent].map(&mut pane);
            let right: Vec<_> = MEASURED.iter().chain(PUSHED).map(|view| pane(*view)).collect();
            // As wide as the column, so that all titles can be seen.
            let lower = tabs(&mut tiles, &right);
            let upper = split(&mut tiles, LinearDir::Horizontal, &[(data, 1.1), (latent, 1.0)]);
            (split(&mut tiles, LinearDir::Vertical, &[(upper, 1.0), (lower, 1.0)]), 1.0)
        });
        let upper = split(&mut tiles, LinearDir::Horizontal, &columns);
        let whole: Vec<_> = WHOLE.iter().map(|view| tiles.insert_pane(Pane { view: *view, side: 0 })).collect();
        let whole = tabs(&mut tiles, &whole);
        let root = split(&mut tiles, LinearDir::Vertical, &[(upper, 3.7), (whole, 1.0)]);
        Self { tree: Tree::new(Id::unique("compared views"), root, tiles), alone: None }
    }

    /// Shows the tiles, or the one that is alone. Adds what was asked for in their headers to `actions`.
    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        stages: &[Stage<'_>],
        selection: &mut Selection,
        painters: &mut [&mut Painter3],
        actions: &mut Vec<Action>,
    ) {
        let alone = self.alone;
        let (tabbed, fronts) = (self.tabbed(), self.fronts());
        let mut panes = Panes { stages, selection, painters, actions, alone, bare: false, tabbed };
        match alone {
            Some(view) => panes.alone(ui, view),
            None => self.tree.ui(&mut panes, ui),
        }
        self.follow(&fronts);
    }

    /// The tile in front under each bar of tabs.
    fn fronts(&self) -> Vec<(TileId, TileId)> {
        let front = |(id, tile): (&TileId, &Tile<Pane>)| match tile {
            Tile::Container(Container::Tabs(tabs)) => Some((*id, tabs.active?)),
            _ => None,
        };
        self.tree.tiles.iter().filter_map(front).collect()
    }

    /// What has come to the front in one of two runs comes to the front in the other: only like can be compared with like.
    fn follow(&mut self, before: &[(TileId, TileId)]) {
        let risen = self.fronts().into_iter().find(|front| !before.contains(front));
        let Some(pane) = risen.and_then(|(_, tile)| self.tree.tiles.get_pane(&tile).copied()) else { return };
        if let Some(twin) = self.tree.tiles.find_pane(&Pane { side: 1 - pane.side, ..pane }) {
            self.tree.make_active(|tile, _| tile == twin);
        }
    }

    /// Draws the tiles as a figure: titles, but nothing to press.
    pub(crate) fn draw(
        &mut self,
        ui: &mut Ui,
        stages: &[Stage<'_>],
        selection: &mut Selection,
        painters: &mut [&mut Painter3],
    ) {
        let mut actions = Vec::new();
        // Of what stands behind each other the front is drawn, under a title of its own.
        let (alone, tabbed) = (self.alone, Vec::new());
        let mut panes = Panes { stages, selection, painters, actions: &mut actions, alone, bare: true, tabbed };
        match alone {
            // A figure of one view of one run has its caption elsewhere.
            Some(view) if stages.len() == 1 => {
                panes.pane(ui, Pane { view, side: 0 }, true);
            }
            Some(view) => panes.alone(ui, view),
            None => self.tree.ui(&mut panes, ui),
        }
    }

    /// The tiles whose titles are tabs.
    fn tabbed(&self) -> Vec<TileId> {
        let tiles = self.tree.tiles.iter().map(|(_, tile)| tile);
        let tabs = tiles.filter_map(|tile| match tile {
            Tile::Container(Container::Tabs(tabs)) => Some(tabs.children.as_slice()),
            _ => None,
        });
        tabs.flatten().copied().collect()
    }

    /// Whether both have the same panes: a layout from a file may be anything.
    pub(super) fn has_panes_of(&self, other: &Self) -> bool {
        let panes = |layout: &Self| {
            let tiles = layout.tree.tiles.iter().map(|(_, tile)| tile);
            let mut panes: Vec<_> = tiles
                .filter_map(|tile| match tile {
                    Tile::Pane(pane) => Some(*pane),
                    Tile::Container(_) => None,
                })
                .collect();
            panes.sort_unstable();
            panes
        };
        panes(self) == panes(other)
    }
}

struct Panes<'a, 'b, 'c> {
    stages: &'a [Stage<'b>],
    selection: &'a mut Selection,
    painters: &'a mut [&'c mut Painter3],
    actions: &'a mut Vec<Action>,
    alone: Option<View>,
    /// Titles only, as in a figure.
    bare: bool,
    /// The tiles whose titles are tabs.
    tabbed: Vec<TileId>,
}

impl<'a, 'b> Panes<'a, 'b, '_> {
    /// One view of every run side by side.
    fn alone(&mut self, ui: &mut Ui, view: View) {
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
    fn pane(&mut self, ui: &mut Ui, pane: Pane, tabbed: bool) -> Option<Response> {
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
        ui.painter().rect_filled(place, 0.0, Stage::palette(ui).paper);
        // A scene in three dimensions has no text at its edges.
        let margin = if pane.view == View::Data && stage.projection.dims() == 3 { 0.0 } else { 4.0 };
        let mut inside = part(ui, place.shrink2(vec2(margin, 0.5 * margin)), *ui.layout());
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
    let has_truth = stage.focus.truth.is_some();
    ui.menu_button("layers ▾", |ui| {
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
        for quantity in Quantity::ALL {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_view_comes_to_the_front_in_both_runs() {
        let mut layout = Layout::compare();
        let tile = |layout: &Layout, view, side| layout.tree.tiles.find_pane(&Pane { view, side }).unwrap();
        let before = layout.fronts();
        let chosen = tile(&layout, View::Posterior, 1);
        layout.tree.make_active(|id, _| id == chosen);
        layout.follow(&before);
        let front = |side| layout.fronts().iter().any(|(_, front)| *front == tile(&layout, View::Posterior, side));
        assert!(front(0) && front(1));
    }

    #[test]
    fn the_layouts_survive_a_file_and_broken_ones_are_known() {
        for layout in [Layout::single(), Layout::compare()] {
            let text = serde_json::to_string(&layout).unwrap();
            let mut read = serde_json::from_str::<Layout>(&text).unwrap();
            assert_eq!(read, layout);
            let twice = read.tree.tiles.insert_pane(Pane { view: View::Data, side: 0 });
            assert!(read.tree.tiles.get(twice).is_some());
            assert!(layout.has_panes_of(&layout) && !read.has_panes_of(&layout));
        }
        assert!(!Layout::single().has_panes_of(&Layout::compare()));
    }
}
