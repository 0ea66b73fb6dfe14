//! Training curves: the objective and its parts, the geometry, KL per latent.

mod legend;
mod marks;
mod plot;
mod series;
mod step_axis;
mod tools;

use eframe::egui::{Rect, Sense, Ui, UiBuilder, vec2};

use legend::MARGIN;
use plot::{Curves, PlotAxes, plot};
use series::{over_what, series};
use tools::{key, tools};

use crate::viz::context::ViewContext;
use crate::viz::history_table::history_table;
use crate::viz::selection::Selection;
use crate::viz::view::View;
use crate::viz::view_spec::{Dependency, Needs, Region, ViewSpec};

/// The specification.
pub(super) const SPEC: ViewSpec = ViewSpec {
    view: View { name: "training", title: "Training", short_title: "Training" },
    old_names: &[],
    is_shared: true,
    needs: Needs::Training,
    region: Region::Experiment,
    figure_size: (960.0, 340.0),
    least_size: (480.0, 340.0),
    depends_on: &[Dependency::Step],
    ui: show,
    tools,
    figure_legend: key,
    is_full_bleed: ViewSpec::with_margin,
    table: history_table,
};

/// Draws the view: three plots over the same steps.
fn show(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    let area = ui.available_rect_before_wrap();
    let plots = series(context, ViewContext::palette(ui), selection.kl_parts)
        .map(|series| Curves::of(series, context, selection, area.width()));
    // Side by side where there is room, otherwise one above the other, so that equal steps stand in line.
    let beside = area.width() > 2.5 * area.height();
    // The first has the longest names above it, in two lines where it is narrow.
    let shares = if beside { [0.45, 0.28, 0.27] } else { [0.4, 0.3, 0.3] };
    // Either all plots have names of their axes or none: equal steps stand in line.
    let roomy = if beside { area.height() } else { shares[1] * area.height() } > ROOMY;
    // The widest number of all three: equal steps stand in line.
    let ticks = plots.iter().map(|curves| curves.tick_width(ui)).fold(0.0, f32::max);
    let mut start = area.min;
    for (k, (curves, share)) in plots.into_iter().zip(shares).enumerate() {
        let size =
            if beside { vec2(share * area.width(), area.height()) } else { vec2(area.width(), share * area.height()) };
        // The number of the last step stands half beyond the end of its axis.
        let rect = Rect::from_min_size(start, size - vec2(MARGIN, 0.0));
        start += if beside { vec2(size.x, 0.0) } else { vec2(0.0, size.y) };
        let last = beside || k == 2;
        let notes = if k == 2 && !selection.kl_parts { over_what(context) } else { Vec::new() };
        ui.scope_builder(UiBuilder::new().max_rect(rect).id_salt(k), |ui| {
            plot(ui, context, selection, &curves, &notes, PlotAxes { has_steps: last, has_names: roomy, ticks });
        });
    }
    ui.allocate_rect(area, Sense::hover());
}

/// The height of a plot that has room for the names of its axes, in points.
const ROOMY: f32 = 150.0;
