//! Which view is where: tiles that can be moved, resized, or shown alone.

use eframe::egui::{
    Align, Color32, Id, Layout as Arrangement, Rect, Response, RichText, Sense, Stroke, TextStyle, Ui, Visuals,
    WidgetText,
};
use egui_tiles::{
    Behavior, Container, Linear, LinearDir, ResizeState, SimplificationOptions, TabState, Tabs, TileId, Tiles, Tree,
    UiResponse,
};
use serde::{Deserialize, Serialize};

use super::action::Action;
use super::painter3::Painter3;
use super::theme::{Palette, indexed};
use super::views::View;
use super::{Selection, Stage};

/// The tiles, and the view that is shown alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Layout {
    tree: Tree<View>,
    /// The view that is shown alone.
    pub alone: Option<View>,
}

impl Default for Layout {
    /// Data space, latent space and numbers at z* above, densities and training beneath.
    fn default() -> Self {
        let mut tiles = Tiles::default();
        let split = |dir, parts: &[(TileId, f32)], tiles: &mut Tiles<View>| {
            let mut linear = Linear { children: parts.iter().map(|(id, _)| *id).collect(), dir, ..Linear::default() };
            for (id, share) in parts {
                linear.shares.set_share(*id, *share);
            }
            tiles.insert_container(Container::Linear(linear))
        };
        let [data, latent, densities, joint, factors, jacobian, posterior, rotate, training] =
            View::ALL.map(|view| tiles.insert_pane(view));
        let numbers = tiles.insert_tab_tile(vec![jacobian, posterior, rotate]);
        let pushed = tiles.insert_tab_tile(vec![densities, joint, factors]);
        let upper = split(LinearDir::Horizontal, &[(data, 3.6), (latent, 3.3), (numbers, 3.2)], &mut tiles);
        let lower = split(LinearDir::Horizontal, &[(pushed, 1.15), (training, 1.0)], &mut tiles);
        let root = split(LinearDir::Vertical, &[(upper, 1.3), (lower, 1.0)], &mut tiles);
        Self { tree: Tree::new(Id::unique("views"), root, tiles), alone: None }
    }
}

impl Layout {
    /// Shows the tiles, or the one that is alone; gives the place of each view. Adds what was asked for in their headers
    /// to `actions`.
    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        stage: &Stage<'_>,
        selection: &mut Selection,
        painter3: &mut Painter3,
        actions: &mut Vec<Action>,
    ) -> Vec<(View, Rect)> {
        let (alone, tabbed) = (self.alone, self.tabbed());
        let mut panes =
            Panes { stage, selection, painter3, actions, alone, tabbed, places: Vec::new(), bare: false };
        match self.alone {
            Some(view) => {
                panes.pane(ui, view);
            }
            None => self.tree.ui(&mut panes, ui),
        }
        panes.places
    }

    /// Draws the tiles as a figure: titles, but nothing to press.
    pub(crate) fn draw(&mut self, ui: &mut Ui, stage: &Stage<'_>, selection: &mut Selection, painter3: &mut Painter3) {
        let mut actions = Vec::new();
        let (alone, tabbed, places) = (None, Vec::new(), Vec::new());
        let mut panes = Panes { stage, selection, painter3, actions: &mut actions, alone, tabbed, places, bare: true };
        self.tree.ui(&mut panes, ui);
    }

    /// The views that share a place with others: their tab is their header.
    fn tabbed(&self) -> Vec<View> {
        let tiles = &self.tree.tiles;
        let containers = tiles.iter().filter_map(|(_, tile)| match tile {
            egui_tiles::Tile::Container(Container::Tabs(tabs)) => Some(tabs),
            _ => None,
        });
        containers.flat_map(|tabs| tabs.children.iter().filter_map(|id| tiles.get_pane(id).copied())).collect()
    }

    /// Whether every view is there once: a layout from a file may be anything.
    pub(super) fn is_whole(&self) -> bool {
        let count = |view| {
            let tiles = self.tree.tiles.iter().map(|(_, tile)| tile);
            tiles.filter(|tile| matches!(tile, egui_tiles::Tile::Pane(v) if *v == view)).count()
        };
        View::ALL.into_iter().all(|view| count(view) == 1)
    }
}

struct Panes<'a, 'b> {
    stage: &'a Stage<'b>,
    selection: &'a mut Selection,
    painter3: &'a mut Painter3,
    actions: &'a mut Vec<Action>,
    alone: Option<View>,
    /// The views whose tab is their header.
    tabbed: Vec<View>,
    places: Vec<(View, Rect)>,
    /// Titles only, as in a figure.
    bare: bool,
}

impl Panes<'_, '_> {
    /// A view under its header; gives the header's response to dragging, if it has one of its own.
    fn pane(&mut self, ui: &mut Ui, view: View) -> Option<Response> {
        let own = self.alone.is_some() || !self.tabbed.contains(&view);
        let header = own.then(|| ui.horizontal(|ui| self.header(ui, view)).inner);
        let palette = Stage::palette(ui);
        let place = eframe::egui::Frame::NONE.fill(palette.paper).show(ui, |ui| {
            view.show(ui, self.stage, self.selection, self.painter3);
        });
        self.places.push((view, place.response.rect));
        header
    }

    fn header(&mut self, ui: &mut Ui, view: View) -> Response {
        let title = RichText::new(view.title()).text_style(TextStyle::Heading);
        if self.bare {
            return ui.label(title);
        }
        let sense = Sense::click_and_drag();
        let response = ui.add(eframe::egui::Label::new(title).selectable(false).sense(sense));
        let response = response.on_hover_text("Drag to move the view, double-click to show it alone");
        if response.double_clicked() {
            self.actions.push(Action::Maximise(view));
        }
        match view {
            View::Data => self.layers(ui),
            View::Latent => self.axes(ui),
            _ => {}
        }
        ui.with_layout(Arrangement::right_to_left(Align::Center), |ui| self.buttons(ui, view));
        response
    }

    fn buttons(&mut self, ui: &mut Ui, view: View) {
        let (symbol, help) =
            if self.alone.is_some() { ("⇱", "Show all views") } else { ("⇲", "Show this view alone") };
        let mut button = |symbol: &str, help: &str, action| {
            let button = eframe::egui::Button::new(symbol).small().frame(false);
            let response = ui.add(button).on_hover_text(help);
            let name = format!("{help}: {}", view.title());
            response.widget_info(|| eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Button, true, &name));
            if response.clicked() {
                self.actions.push(action);
            }
        };
        button(symbol, help, Action::Maximise(view));
        button("↧", "Save as PNG", Action::SaveView(view));
    }

    fn layers(&mut self, ui: &mut Ui) {
        let three = self.stage.projection.dims() == 3;
        let has_truth = !self.stage.focus.truth.is_empty();
        ui.menu_button("layers ▾", |ui| {
            for (name, help, on) in self.selection.layers.list() {
                if (name == "surface" && !three) || (name == "truth" && !has_truth) {
                    continue;
                }
                ui.checkbox(on, name).on_hover_text(help);
            }
            ui.separator();
            ui.checkbox(&mut self.selection.unit_arrows, "unit arrows")
                .on_hover_text("Draw unit vectors uᵢ instead of sᵢ uᵢ, the true effect of one standard deviation");
        });
    }

    /// Which two latents are shown, where there are more.
    fn axes(&mut self, ui: &mut Ui) {
        let m = self.stage.snapshot.latent_dim();
        if m < 3 {
            return;
        }
        for (k, name) in ["across", "up"].into_iter().enumerate() {
            let mut chosen = self.selection.axes[k];
            eframe::egui::ComboBox::new(("latent axis", k), name)
                .width(48.0)
                .selected_text(indexed("z", chosen))
                .show_ui(ui, |ui| {
                    for i in 0..m {
                        ui.selectable_value(&mut chosen, i, indexed("z", i));
                    }
                });
            if chosen != self.selection.axes[k] {
                // Choosing the other one's axis swaps them.
                if chosen == self.selection.axes[1 - k] {
                    self.selection.axes.swap(0, 1);
                } else {
                    self.selection.axes[k] = chosen;
                }
            }
        }
    }
}

impl Behavior<View> for Panes<'_, '_> {
    fn pane_ui(&mut self, ui: &mut Ui, _tile: TileId, view: &mut View) -> UiResponse {
        let header = self.pane(ui, *view);
        if header.is_some_and(|header| header.drag_started()) { UiResponse::DragStarted } else { UiResponse::None }
    }

    fn tab_title_for_pane(&mut self, view: &View) -> WidgetText {
        RichText::new(view.title()).text_style(TextStyle::Heading).into()
    }

    fn top_bar_right_ui(&mut self, tiles: &Tiles<View>, ui: &mut Ui, _tile: TileId, tabs: &Tabs, _scroll: &mut f32) {
        if let Some(view) = tabs.active.and_then(|id| tiles.get_pane(&id)) {
            self.buttons(ui, *view);
        }
    }

    fn is_tab_bar_visible(&self, _tile: TileId, _tabs: &Tabs) -> bool {
        !self.bare
    }

    fn tab_bar_height(&self, _style: &eframe::egui::Style) -> f32 {
        22.0
    }

    fn tab_title_spacing(&self, _visuals: &Visuals) -> f32 {
        7.0
    }

    fn tab_bar_color(&self, visuals: &Visuals) -> Color32 {
        visuals.panel_fill
    }

    fn tab_bg_color(&self, visuals: &Visuals, _tiles: &Tiles<View>, _tile: TileId, tab: &TabState) -> Color32 {
        if tab.active { Palette::of(visuals).paper } else { visuals.panel_fill }
    }

    fn tab_outline_stroke(&self, visuals: &Visuals, _tiles: &Tiles<View>, _tile: TileId, tab: &TabState) -> Stroke {
        if tab.active { visuals.widgets.noninteractive.bg_stroke } else { Stroke::NONE }
    }

    fn tab_text_color(&self, visuals: &Visuals, _tiles: &Tiles<View>, _tile: TileId, tab: &TabState) -> Color32 {
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
    fn the_default_layout_is_whole_and_survives_a_file() {
        let layout = Layout::default();
        assert!(layout.is_whole());
        let text = serde_json::to_string(&layout).unwrap();
        assert_eq!(serde_json::from_str::<Layout>(&text).unwrap(), layout);
        let mut broken = layout;
        let twice = broken.tree.tiles.insert_pane(View::Data);
        assert!(broken.tree.tiles.get(twice).is_some());
        assert!(!broken.is_whole());
    }
}
