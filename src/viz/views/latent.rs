//! Latent space: posterior means, the prior's rings, the blue lines through z*, and z* to be dragged.

use eframe::egui::{
    Align2, ComboBox, CursorIcon, EventFilter, Id, Key, Pos2, Rect, Response, Role, Sense, Stroke, Ui, Vec2,
    WidgetInfo, pos2,
};
use egui_plot::{AxisHints, PlotBounds};

use crate::experiment::Snapshot;
use crate::geometry::MapQuantity;
use crate::io::Csv;
use crate::vae::Posterior;
use crate::viz::command::Direction;
use crate::viz::context::ViewContext;
use crate::viz::draw::axes::{axis, grid, still_plot};
use crate::viz::draw::colors::{ObservationColors, color_names};
use crate::viz::draw::ellipse::ellipse;
use crate::viz::draw::heat::Heat;
use crate::viz::draw::plot_painter::PlotPainter;
use crate::viz::latent_grid::RANGE;
use crate::viz::observations::{choose, nearest};
use crate::viz::selection::Selection;
use crate::viz::theme::{CURVE_WIDTH, POINT_RADIUS, Palette, REACH, dashes, indexed};
use crate::viz::view::View;
use crate::viz::view_spec::{Dependency, Region, Table, ViewSpec, latent_columns};

/// The specification.
pub const SPEC: ViewSpec = ViewSpec {
    view: View { name: "latent", title: "Latent space", short_title: "Latent" },
    old_names: &[],
    is_shared: false,
    region: Region::Latent,
    figure_size: (640.0, 520.0),
    depends_on: &[Dependency::Latent, Dependency::Step],
    ui: show,
    tools,
    figure_legend: ViewSpec::no_legend,
    is_full_bleed: ViewSpec::with_margin,
    table,
};

/// Draws the view; moves z* and chooses observations.
fn show(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    let palette = ViewContext::palette(ui);
    let [a, b] = selection.axes;
    let one = a == b;
    let plot = still_plot(ui, "latent space", context)
        .data_aspect(1.0)
        .x_grid_spacer(grid(8.0))
        .y_grid_spacer(grid(8.0))
        .custom_x_axes(vec![axis(AxisHints::new_x(), &indexed("z", a))])
        .custom_y_axes(vec![axis(
            AxisHints::new_y(),
            &if one { "(spread for the eye)".to_owned() } else { indexed("z", b) },
        )])
        .show(ui, |plot| plot.set_plot_bounds(PlotBounds::from_min_max([-RANGE; 2], [RANGE; 2])));
    let marks = PlotPainter::new(ui, context, plot.transform);
    let handle = handle(ui, &marks, selection);
    drag(ui, &handle, &marks, selection);
    if let Some(position) = drag(ui, &plot.response, &marks, selection) {
        click(context, &marks, position, selection);
    }

    let heat = Heat::new(context, selection);
    if let Some(heat) = &heat {
        heat.draw(&marks, palette);
    }
    marks.layer("prior");
    for ring in 1..=3 {
        marks.curve(
            ellipse([0.0; 2], [[1.0, 0.0], [0.0, 1.0]], f64::from(ring)),
            Stroke::new(1.0, palette.muted.gamma_multiply(0.4)),
            &[],
        );
    }
    let snapshot = context.snapshot;
    let count = snapshot.encodings.columns();
    let place = |i: usize| code(snapshot, i, selection.axes);
    marks.layer("codes");
    let colors = ObservationColors::new(context.snapshot, selection.color, palette);
    match &colors {
        Some(by) => marks.colored_cloud((0..count).map(place).zip(by.colors.iter().copied()), POINT_RADIUS),
        None => marks.cloud((0..count).map(place), POINT_RADIUS, palette.point.gamma_multiply(0.55)),
    }
    marks.layer("lines");
    lines(&marks, palette, selection);
    if let Some(i) = selection.observation {
        marks.layer("posterior");
        posterior(&marks, palette, &snapshot.posterior(i), selection);
    }
    marks.layer("z");
    let z = z_in_view(selection);
    marks.handle(z, palette.latent, handle.dragged() || plot.response.dragged() || handle.has_focus());
    marks.label(marks.at(z) + eframe::egui::vec2(12.0, -12.0), Align2::LEFT_BOTTOM, "z*", palette.ink);
    if let Some(colors) = colors {
        marks.layer("colours");
        colors.legend(&marks.painter, *plot.transform.frame(), palette);
    }
    if let Some(heat) = &heat {
        heat.legend(ui, &marks, *plot.transform.frame(), palette);
    } else if let Some(reason) = Heat::refusal(context, selection) {
        let corner = plot.transform.frame().left_bottom() + eframe::egui::vec2(6.0, -4.0);
        marks.label(corner, Align2::LEFT_BOTTOM, &reason, palette.ink);
    }
    plot.response.on_hover_cursor(CursorIcon::Crosshair);
}

/// z* as something to be dragged, or moved by the arrow keys once it has the keyboard focus.
fn handle(ui: &Ui, marks: &PlotPainter, selection: &mut Selection) -> Response {
    let place = Rect::from_center_size(marks.at(z_in_view(selection)), Vec2::splat(2.0 * REACH));
    let response = ui.interact(place, ui.scope_id().with("z*"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Slider, true, "z* in latent space"));
    if response.has_focus() {
        let arrows = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
        for (key, direction) in [
            (Key::ArrowLeft, Direction::Left),
            (Key::ArrowRight, Direction::Right),
            (Key::ArrowUp, Direction::Up),
            (Key::ArrowDown, Direction::Down),
        ] {
            if ui.input(|i| i.key_pressed(key)) {
                nudge(selection, direction);
            }
        }
    }
    response.on_hover_cursor(CursorIcon::Grab)
}

fn z_in_view(selection: &Selection) -> [f64; 2] {
    let [a, b] = selection.axes;
    [selection.z[a], if a == b { 0.0 } else { selection.z[b] }]
}

/// The code of an encoded observation in the view. With one latent the second coordinate only keeps points apart.
fn code(snapshot: &Snapshot, i: usize, [a, b]: [usize; 2]) -> [f64; 2] {
    let mean = snapshot.mean(i);
    // Multiples of the golden ratio spread evenly however many there are.
    let spread = || (0.618_034 * i as f64).fract() - 0.5;
    [f64::from(mean[a]), if a == b { spread() } else { f64::from(mean[b]) }]
}

/// The lines through z* parallel to the axes.
fn lines(marks: &PlotPainter, palette: &Palette, selection: &Selection) {
    let [x, y] = z_in_view(selection);
    let stroke = Stroke::new(CURVE_WIDTH, palette.latent);
    for (axis, latent) in selection.shown().iter().enumerate() {
        let ends = if axis == 0 { [[-RANGE, y], [RANGE, y]] } else { [[x, -RANGE], [x, RANGE]] };
        marks.curve(ends.into_iter(), stroke, dashes(*latent));
        let end = marks.at(ends[1]);
        let (position, anchor) = if axis == 0 {
            (pos2(end.x - 4.0, end.y - 4.0), Align2::RIGHT_BOTTOM)
        } else {
            (pos2(end.x + 5.0, end.y + 4.0), Align2::LEFT_TOP)
        };
        marks.label(position, anchor, &indexed("z", *latent), palette.latent);
    }
}

/// The posterior of an observation: its mean and its ellipses at one and two standard deviations.
fn posterior(marks: &PlotPainter, palette: &Palette, q: &Posterior, selection: &Selection) {
    let [a, b] = selection.axes;
    let sigma = q.covariance();
    if a == b {
        let (mean, sd) = (q.mean[a], sigma[(a, a)].sqrt());
        marks.curve([[mean - sd, 0.0], [mean + sd, 0.0]].into_iter(), Stroke::new(4.0, palette.ink), &[]);
        return;
    }
    // The Cholesky factor of the 2×2 marginal.
    let l11 = sigma[(a, a)].sqrt();
    let l21 = sigma[(a, b)] / l11;
    let l22 = (sigma[(b, b)] - l21 * l21).max(0.0).sqrt();
    let centre = [q.mean[a], q.mean[b]];
    for r in [1.0, 2.0] {
        marks.curve(ellipse(centre, [[l11, l21], [0.0, l22]], r), Stroke::new(1.6, palette.ink), &[]);
    }
    marks.painter.circle_filled(marks.at(centre), 2.5, palette.ink);
}

/// Moves z* with the pointer and the arrow keys. Gives the position of a click.
fn drag(ui: &Ui, response: &Response, marks: &PlotPainter, selection: &mut Selection) -> Option<Pos2> {
    let start_id: Id = response.id.with("z at the start of the drag");
    if response.double_clicked() {
        selection.z.fill(0.0);
        selection.observation = None;
        return None;
    }
    if response.drag_started() {
        ui.data_mut(|data| data.insert_temp(start_id, selection.z.clone()));
        selection.observation = None;
    }
    let position = response.interact_pointer_pos()?;
    if response.dragged() {
        let start: Vec<f64> = ui.data(|data| data.get_temp(start_id)).unwrap_or_else(|| selection.z.clone());
        let point = marks.point(position).map(|x| x.clamp(-RANGE, RANGE));
        let [a, b] = selection.axes;
        let moved = [point[0] - start[a], point[1] - start[b]];
        // Shift keeps the coordinate that has moved less.
        let locked = ui.input(|i| i.modifiers.shift).then(|| usize::from(moved[0].abs() > moved[1].abs()));
        selection.z[a] = if locked == Some(0) { start[a] } else { point[0] };
        if a != b {
            selection.z[b] = if locked == Some(1) { start[b] } else { point[1] };
        }
    }
    response.clicked().then_some(position)
}

/// Sends z* to the code next to a click, or to the click itself if no code is near.
fn click(context: &ViewContext<'_>, marks: &PlotPainter, position: Pos2, selection: &mut Selection) {
    let snapshot = context.snapshot;
    let codes = (0..snapshot.encodings.columns()).map(|i| Some(marks.at(code(snapshot, i, selection.axes))));
    let near = nearest(codes, position);
    selection.observation = None;
    choose(snapshot, selection, near);
    if near.is_none() {
        let point = marks.point(position).map(|x| x.clamp(-RANGE, RANGE));
        let [a, b] = selection.axes;
        selection.z[a] = point[0];
        if a != b {
            selection.z[b] = point[1];
        }
    }
}

/// Moves z* by a tenth of a standard deviation.
pub fn nudge(selection: &mut Selection, direction: Direction) {
    const STEP: f64 = 0.1;
    let [a, b] = selection.axes;
    let (latent, by) = match direction {
        Direction::Left => (a, -STEP),
        Direction::Right => (a, STEP),
        Direction::Down => (b, -STEP),
        Direction::Up => (b, STEP),
    };
    if let Some(z) = selection.z.get_mut(latent) {
        *z = (*z + by).clamp(-RANGE, RANGE);
        selection.observation = None;
    }
}

/// The header tools: colours, and the two latents on the axes.
fn tools(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    colors(ui, context, selection);
    axes(ui, context, selection);
}

/// The menu of colours, of latent space and data space.
fn colors(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    ui.menu_button("colours ▾", |ui| {
        ui.weak("latent plane and its image");
        ui.radio_value(&mut selection.heat, None, "plain");
        for quantity in MapQuantity::ALL {
            let help = "Of the columns of the active latents at each point";
            ui.radio_value(&mut selection.heat, Some(quantity), quantity.name()).on_hover_text(help);
        }
        let data = &context.snapshot.data;
        let names = color_names(data);
        if !names.is_empty() {
            ui.separator();
            ui.weak("observations and their codes");
            ui.radio_value(&mut selection.color, None, "all alike");
            for (row, name) in names.iter().enumerate() {
                let is_factor = row < data.factor_names.len();
                let text = if is_factor { format!("by {name}, from dark to light") } else { format!("by {name}") };
                ui.radio_value(&mut selection.color, Some(row), text);
            }
        }
    });
}

/// The menus of the two shown latents, for three latents or more.
fn axes(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    let m = context.snapshot.latent_dim();
    if m < 3 {
        return;
    }
    for (k, name) in ["across", "up"].into_iter().enumerate() {
        let mut chosen = selection.axes[k];
        ComboBox::new(("latent axis", k), name).width(48.0).selected_text(indexed("z", chosen)).show_ui(ui, |ui| {
            for i in 0..m {
                ui.selectable_value(&mut chosen, i, indexed("z", i));
            }
        });
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

/// Posterior means and standard deviations with the true factors.
fn table(context: &ViewContext<'_>, _: &Selection) -> Table {
    let (snapshot, m) = (context.snapshot, context.snapshot.latent_dim());
    let factors = snapshot.data.test.factors.as_ref();
    let names =
        ["observation".to_owned()].into_iter().chain(latent_columns(context)).chain((1..=m).map(|i| format!("sd_{i}")));
    let mut csv = Csv::new(names.chain(factors.iter().flat_map(|_| snapshot.data.factor_names.iter().cloned())));
    for i in 0..snapshot.encodings.columns() {
        let (q, known) = (snapshot.posterior(i), factors.iter().flat_map(|factors| factors.column(i)));
        let sd = q.covariance().diagonal().map(f64::sqrt);
        let numbers = q.mean.iter().chain(sd.iter()).copied().chain(known.map(|f| f64::from(*f)));
        csv.push([i.to_string()], numbers);
    }
    Ok(csv)
}
