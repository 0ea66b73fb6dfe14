//! Which view is where: tiles that can be moved, resized, or shown alone.

use eframe::egui::{Id, Ui};
use egui_tiles::{Container, Linear, LinearDir, Tabs, Tile, TileId, Tiles, Tree};
use serde::{Deserialize, Serialize};

use super::action::Action;
use super::painter3::Painter3;
use super::panes::Panes;
use super::views::{Pane, View};
use super::{Selection, Stage};

/// The tiles, and the view that is shown alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Layout {
    pub tree: Tree<Pane>,
    /// The view that is shown alone: of both runs, if there are two.
    pub alone: Option<View>,
}

/// Tiles beside or above each other, each with its share of the room.
pub(super) fn split(tiles: &mut Tiles<Pane>, dir: LinearDir, parts: &[(TileId, f32)]) -> TileId {
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

    /// Whether both have the same panes, each in its place in one tree: a layout from a file may be anything.
    pub(super) fn is_a_rearranged(&self, other: &Self) -> bool {
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
        self.is_a_tree() && panes(self) == panes(other)
    }

    /// Whether every tile is reached from the root, and in one way only, and shares are positive.
    fn is_a_tree(&self) -> bool {
        let mut open: Vec<TileId> = self.tree.root.into_iter().collect();
        let mut reached = Vec::new();
        while let Some(id) = open.pop() {
            let Some(tile) = self.tree.tiles.get(id) else { return false };
            if reached.contains(&id) {
                return false;
            }
            reached.push(id);
            if let Tile::Container(container) = tile {
                open.extend(container.children());
                if let Container::Linear(linear) = container
                    && linear.shares.iter().any(|(_, share)| !(1e-3..=1e3).contains(share))
                {
                    return false;
                }
            }
        }
        reached.len() == self.tree.tiles.len()
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
            assert!(layout.is_a_rearranged(&layout) && !read.is_a_rearranged(&layout));
        }
        assert!(!Layout::single().is_a_rearranged(&Layout::compare()));
        let changed = |change: &dyn Fn(&mut Layout, TileId)| {
            let mut layout = Layout::single();
            let root = layout.tree.root.unwrap();
            change(&mut layout, root);
            layout.is_a_rearranged(&Layout::single())
        };
        assert!(changed(&|_, _| ()));
        assert!(!changed(&|layout, _| layout.tree.root = None));
        let linear = |layout: &mut Layout, id, change: fn(&mut Linear)| {
            if let Some(Tile::Container(Container::Linear(linear))) = layout.tree.tiles.get_mut(id) {
                change(linear);
            }
        };
        assert!(
            !changed(&|layout, root| linear(layout, root, |l| l.children.push(l.children[0]))),
            "a tile shown twice"
        );
        assert!(!changed(&|layout, root| linear(layout, root, |l| l.children.truncate(1))), "tiles out of sight");
        assert!(!changed(&|layout, root| linear(layout, root, |l| l.shares.set_share(l.children[0], -1.0))));
    }
}
