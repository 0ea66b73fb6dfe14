//! The layout: which view is where, in tiles that can be moved, resized, or shown alone.

use eframe::egui::{Id, Ui, Vec2, vec2};
use egui_tiles::{Container, Linear, LinearDir, Tabs, Tile, TileId, Tiles, Tree};
use serde::{Deserialize, Serialize};

use super::content::FigureContent;
use super::pane::{Pane, read_optional_view};
use super::tiles::TileBehavior;
use crate::data::{Dataset, ObservationKind};
use crate::viz::command::Arrangement;
use crate::viz::context::ViewContext;
use crate::viz::preset::Preset;
use crate::viz::run_names::run_names;
use crate::viz::selection::Selection;
use crate::viz::view::View;
use crate::viz::view_spec::Region;
use crate::viz::views::{VIEWS, data, latent, spec_of, traversal, view_named};

/// The tiles, and the view that is shown alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    tree: Tree<Pane>,
    /// The view that is shown alone: of both runs, if there are two.
    #[serde(deserialize_with = "read_optional_view")]
    pub alone: Option<View>,
    /// The panes that are shown where there is no room for the tiles: one, or two beside each other.
    #[serde(skip, default = "both_spaces")]
    small: [Pane; 2],
    /// The room that the tiles need; `None`: that of all views.
    #[serde(skip)]
    needs: Option<Vec2>,
    /// One view, and not two, is shown where the tiles have no room.
    #[serde(skip)]
    is_single: bool,
}

/// Data space and latent space of the first run.
fn both_spaces() -> [Pane; 2] {
    [data::SPEC.view, latent::SPEC.view].map(|view| Pane { view, run: 0 })
}

/// The room that each of a few views needs.
const TILE: Vec2 = vec2(200.0, 170.0);

/// The views of a region, of one run, as tabs.
fn tabs(regions: &[Region], run: usize) -> Arrangement {
    let views = regions.iter().flat_map(|region| VIEWS.into_iter().filter(move |spec| spec.region == *region));
    Arrangement::Tabs(views.map(|spec| Arrangement::View(spec.view, run)).collect())
}

/// Data space, latent space and measurements above, densities and training beneath.
fn of_one_run() -> Arrangement {
    let [data, latent] = [data::SPEC.view, latent::SPEC.view].map(|view| Arrangement::View(view, 0));
    let upper = Arrangement::Row(vec![(3.6, data), (3.3, latent), (3.2, tabs(&[Region::Measurements], 0))]);
    let lower = Arrangement::Row(vec![(1.15, tabs(&[Region::Densities], 0)), (1.0, tabs(&[Region::Experiment], 0))]);
    Arrangement::Column(vec![(1.3, upper), (1.0, lower)])
}

/// Run A left, run B right, the shared views beneath.
fn of_two_runs() -> Arrangement {
    let column = |run: usize| {
        let [data, latent] = [data::SPEC.view, latent::SPEC.view].map(|view| Arrangement::View(view, run));
        let spaces = Arrangement::Row(vec![(1.1, data), (1.0, latent)]);
        // As wide as the column, so that all titles can be seen.
        let lower = tabs(&[Region::Measurements, Region::Densities], run);
        (1.0, Arrangement::Column(vec![(1.0, spaces), (1.0, lower)]))
    };
    let upper = Arrangement::Row(vec![column(0), column(1)]);
    Arrangement::Column(vec![(3.7, upper), (1.0, tabs(&[Region::Experiment], 0))])
}

/// Latent space beside data space; of two runs above it, A left and B right.
fn of_both_spaces(compared: bool) -> Arrangement {
    let spaces =
        |run: usize| [latent::SPEC.view, data::SPEC.view].map(|view| (1.0, Arrangement::View(view, run))).to_vec();
    if compared {
        Arrangement::Row(vec![(1.0, Arrangement::Column(spaces(0))), (1.0, Arrangement::Column(spaces(1)))])
    } else {
        Arrangement::Row(vec![(1.0, Arrangement::Row(spaces(0)))])
    }
}

/// Inserts the tiles of an arrangement; gives the outermost.
fn insert(tiles: &mut Tiles<Pane>, arrangement: &Arrangement) -> TileId {
    match arrangement {
        Arrangement::View(view, run) => tiles.insert_pane(Pane { view: *view, run: *run }),
        Arrangement::Row(parts) => split(tiles, LinearDir::Horizontal, parts),
        Arrangement::Column(parts) => split(tiles, LinearDir::Vertical, parts),
        Arrangement::Tabs(parts) => {
            let children: Vec<TileId> = parts.iter().map(|part| insert(tiles, part)).collect();
            let mut tabs = Tabs::new(children);
            if let Some(first) = tabs.children.first().copied() {
                tabs.set_active(first);
            }
            tiles.insert_container(Container::Tabs(tabs))
        }
    }
}

/// Tiles beside or above each other, each with its share of the room.
fn split(tiles: &mut Tiles<Pane>, dir: LinearDir, parts: &[(f32, Arrangement)]) -> TileId {
    let children: Vec<TileId> = parts.iter().map(|(_, part)| insert(tiles, part)).collect();
    let mut linear = Linear { children: children.clone(), dir, ..Linear::default() };
    for (id, (share, _)) in children.into_iter().zip(parts) {
        linear.shares.set_share(id, *share);
    }
    tiles.insert_container(Container::Linear(linear))
}

impl Layout {
    /// The default layout of one run.
    pub fn single() -> Self {
        Self::new("views", &of_one_run())
    }

    /// The default layout of two runs.
    pub fn compare() -> Self {
        Self::new("compared views", &of_two_runs())
    }

    /// The views as arranged. `name` tells this layout from others in the same window.
    pub fn new(name: &'static str, arrangement: &Arrangement) -> Self {
        let mut tiles = Tiles::default();
        let root = insert(&mut tiles, arrangement);
        Self {
            tree: Tree::new(Id::unique(name), root, tiles),
            alone: None,
            small: both_spaces(),
            needs: None,
            is_single: false,
        }
    }

    /// A few views in rows. Of two runs A is left and B right, above the views that show both.
    pub(crate) fn of_views(rows: &[Vec<View>], runs: usize) -> Self {
        let row = |views: &[View], run: usize| {
            Arrangement::Row(views.iter().map(|view| (1.0, Arrangement::View(*view, run))).collect())
        };
        let (shared, own): (Vec<View>, Vec<View>) =
            rows.iter().flatten().partition(|view| runs > 1 && spec_of(**view).is_shared);
        let mut parts: Vec<(f32, Arrangement)> = Vec::new();
        let size = if runs > 1 {
            let column = |run: usize| {
                let views = own.iter().map(|view| (1.0, Arrangement::View(*view, run))).collect();
                (1.0, Arrangement::Column(views))
            };
            if !own.is_empty() {
                parts.push((own.len() as f32, Arrangement::Row(vec![column(0), column(1)])));
            }
            if !shared.is_empty() {
                parts.push((1.0, row(&shared, 0)));
            }
            [2.max(shared.len()), own.len() + usize::from(!shared.is_empty())]
        } else {
            parts.extend(rows.iter().map(|views| (1.0, row(views, 0))));
            [rows.iter().map(Vec::len).max().unwrap_or(1), rows.len()]
        };
        let needs = vec2(TILE.x * size[0] as f32, TILE.y * size[1] as f32);
        let first = rows.iter().flatten().copied();
        let mut small = both_spaces();
        for (pane, view) in small.iter_mut().zip(first) {
            pane.view = view;
        }
        Self { small, needs: Some(needs), ..Self::new("a few views", &Arrangement::Column(parts)) }
    }

    /// The views of a preset, of one run or of two.
    pub(crate) fn of_preset(preset: Preset, runs: usize) -> Self {
        // Two runs have room for the last two views of each.
        let first = |names: &[&str]| if runs > 1 { names.len().saturating_sub(2) } else { 0 };
        let row = |names: &&[&str]| names[first(names)..].iter().filter_map(|name| view_named(name)).collect();
        let layout = Self::of_views(&preset.rows().iter().map(row).collect::<Vec<_>>(), runs);
        let needs = FigureContent::Few(preset).least_size(runs > 1);
        Self { needs: Some(needs.into()), is_single: true, ..layout }
    }

    /// The layout of a figure, of one run or of two.
    pub(crate) fn of(self, content: FigureContent, compared: bool) -> Self {
        match content {
            FigureContent::All => Self { alone: None, ..self },
            FigureContent::Spaces => Self::new("spaces", &of_both_spaces(compared)),
            FigureContent::Few(preset) => Self::of_preset(preset, 1 + usize::from(compared)),
            FigureContent::One(view) => Self { alone: Some(view), ..self },
        }
    }

    /// Draws the tiles, or the view that is alone. Where there is no room for the tiles, one view is drawn at a time.
    /// `is_bare`: titles stand without tools and buttons.
    pub(crate) fn show(&mut self, ui: &mut Ui, contexts: &[ViewContext<'_>], selection: &mut Selection, is_bare: bool) {
        let alone = self.alone;
        let (tabbed, fronts) = (self.tabbed(), self.fronts());
        let names = run_names(&contexts.iter().map(|context| context.snapshot).collect::<Vec<_>>());
        let is_small = {
            let whole = FigureContent::All.least_size(contexts.len() > 1);
            let (room, needed) = (ui.available_size(), self.needs.unwrap_or(whole.into()));
            room.x < needed.x || room.y < needed.y
        };
        let mut behavior =
            TileBehavior { contexts, selection, alone, is_small, is_bare, tabbed, names, bar: None, chosen: None };
        match alone {
            Some(view) => behavior.alone(ui, Pane { view, ..self.small[0] }),
            None if is_small && is_bare => behavior.presented(ui, self.small),
            None if is_small && self.is_single => behavior.alone(ui, self.small[0]),
            None if is_small => behavior.small(ui, self.small),
            None => self.tree.ui(&mut behavior, ui),
        }
        if let Some((place, chosen)) = behavior.chosen {
            self.small[place] = chosen;
            self.alone = self.alone.map(|_| chosen.view);
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

    /// The tab that was brought to the front in one of two runs comes to the front in the other, too.
    fn follow(&mut self, before: &[(TileId, TileId)]) {
        let risen = self.fronts().into_iter().find(|front| !before.contains(front));
        let Some(pane) = risen.and_then(|(_, tile)| self.tree.tiles.get_pane(&tile).copied()) else { return };
        if let Some(twin) = self.tree.tiles.find_pane(&Pane { run: 1 - pane.run, ..pane }) {
            self.tree.make_active(|tile, _| tile == twin);
        }
    }

    /// Draws the tiles as a figure: titles, but nothing to press.
    pub(crate) fn draw(&mut self, ui: &mut Ui, contexts: &[ViewContext<'_>], selection: &mut Selection) {
        if self.runs() > contexts.len() {
            // The second run has not begun yet.
            let mut own = Self { alone: self.alone, ..Self::single() };
            return own.draw(ui, contexts, selection);
        }
        // Of tabs the front is drawn, under a title of its own.
        let (alone, tabbed) = (self.alone, Vec::new());
        let names = run_names(&contexts.iter().map(|context| context.snapshot).collect::<Vec<_>>());
        let mut behavior = TileBehavior {
            contexts,
            selection,
            alone,
            is_small: false,
            is_bare: false,
            tabbed,
            names,
            bar: None,
            chosen: None,
        };
        match alone {
            // A figure of one view of one run has its caption elsewhere.
            Some(view) if contexts.len() == 1 => {
                behavior.pane(ui, Pane { view, run: 0 }, true);
            }
            Some(view) => behavior.alone(ui, Pane { view, run: 0 }),
            None => self.tree.ui(&mut behavior, ui),
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

    /// True if all tiles are where they are in `other`, whatever is shown alone.
    pub(crate) fn has_tiles_of(&self, other: &Self) -> bool {
        self.tree == other.tree && self.small == other.small
    }

    /// The number of runs whose views it has.
    pub(crate) fn runs(&self) -> usize {
        self.panes().iter().map(|pane| pane.run + 1).max().unwrap_or(1)
    }

    /// The panes, sorted.
    fn panes(&self) -> Vec<Pane> {
        let pane = |(_, tile): (&TileId, &Tile<Pane>)| match tile {
            Tile::Pane(pane) => Some(*pane),
            Tile::Container(_) => None,
        };
        let mut panes: Vec<_> = self.tree.tiles.iter().filter_map(pane).collect();
        panes.sort_unstable();
        panes
    }

    /// True if both have the same panes, each once in one tree. A layout from a file may be anything.
    pub(crate) fn is_a_rearranged(&self, other: &Self) -> bool {
        self.is_a_tree() && self.panes() == other.panes()
    }

    /// The layout with the panes of `own` that it lacks, as a file of an earlier version does: each behind the tabs of its region.
    #[must_use]
    pub(crate) fn completed(mut self, own: &Self) -> Self {
        let known = self.panes();
        for pane in own.panes().into_iter().filter(|pane| !known.contains(pane)) {
            let region = spec_of(pane.view).region;
            let is_neighbour = |tiles: &Tiles<Pane>, id: &TileId| {
                tiles.get_pane(id).is_some_and(|other| other.run == pane.run && spec_of(other.view).region == region)
            };
            let holds_one = |(_, tile): &(&TileId, &Tile<Pane>)| match tile {
                Tile::Container(Container::Tabs(tabs)) => {
                    tabs.children.iter().any(|id| is_neighbour(&self.tree.tiles, id))
                }
                _ => false,
            };
            let Some(bar) = self.tree.tiles.iter().find(holds_one).map(|(id, _)| *id) else { continue };
            let added = self.tree.tiles.insert_pane(pane);
            if let Some(Tile::Container(Container::Tabs(tabs))) = self.tree.tiles.get_mut(bar) {
                tabs.children.push(added);
            }
        }
        self
    }

    /// The layout that suits these data: for pictures the traversal is in front.
    #[must_use]
    pub(crate) fn suited(mut self, data: &Dataset) -> Self {
        if data.kind == ObservationKind::Points {
            return self;
        }
        for run in 0..2 {
            if let Some(tile) = self.tree.tiles.find_pane(&Pane { view: traversal::SPEC.view, run }) {
                self.tree.make_active(|id, _| id == tile);
            }
        }
        self
    }

    /// True if every tile is reached from the root in exactly one way, and shares are positive.
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
        let posterior = crate::viz::views::posterior::SPEC.view;
        let tile = |layout: &Layout, view, run| layout.tree.tiles.find_pane(&Pane { view, run }).unwrap();
        let before = layout.fronts();
        let chosen = tile(&layout, posterior, 1);
        layout.tree.make_active(|id, _| id == chosen);
        layout.follow(&before);
        let front = |run| layout.fronts().iter().any(|(_, front)| *front == tile(&layout, posterior, run));
        assert!(front(0) && front(1));
    }

    #[test]
    fn the_layouts_survive_a_file_and_broken_ones_are_known() {
        for layout in [Layout::single(), Layout::compare()] {
            let text = serde_json::to_string(&layout).unwrap();
            let mut read = serde_json::from_str::<Layout>(&text).unwrap();
            assert_eq!(read, layout);
            let twice = read.tree.tiles.insert_pane(Pane { view: data::SPEC.view, run: 0 });
            assert!(read.tree.tiles.get(twice).is_some());
            assert!(layout.is_a_rearranged(&layout) && !read.is_a_rearranged(&layout));
        }
        assert!(!Layout::single().is_a_rearranged(&Layout::compare()));
        // A layout from before there was a view gets it.
        for own in [Layout::single(), Layout::compare()] {
            let mut old = own.clone();
            for run in 0..2 {
                if let Some(tile) = old.tree.tiles.find_pane(&Pane { view: traversal::SPEC.view, run }) {
                    old.tree.remove_recursively(tile);
                }
            }
            assert!(!old.is_a_rearranged(&own) && old.completed(&own).is_a_rearranged(&own));
        }
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
