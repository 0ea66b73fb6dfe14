//! Small multiples of the same experiment for several seeds: which features recur and which are luck.

use eframe::egui::{
    Align2, Button, FontId, Label, Painter, ProgressBar, Rect, RichText, Sense, Stroke, StrokeKind, Ui, WidgetInfo,
    pos2, vec2,
};

use crate::experiment::{Row, Snapshot};
use crate::geometry::{Jets, Order};
use crate::io::Csv;
use crate::linalg::{Matrix, svd};
use crate::stats::Spread;
use crate::trainer::{ENSEMBLE_SEEDS, SeedEnsemble};
use crate::viz::command::UiCommand;
use crate::viz::context::ViewContext;
use crate::viz::draw::labels::{instead, label};
use crate::viz::draw::number::number;
use crate::viz::draw::polyline::polyline;
use crate::viz::home_camera::home_camera;
use crate::viz::latent_grid::grid_values;
use crate::viz::number_name::{MEAN_GAP, of_objective};
use crate::viz::selection::Selection;
use crate::viz::theme::{Palette, SMALLEST_TEXT, dashes, indexed};
use crate::viz::view::View;
use crate::viz::view_spec::{Dependency, Needs, Region, Table, ViewSpec};

/// The specification.
pub(super) const SPEC: ViewSpec = ViewSpec {
    view: View { name: "seeds", title: "Seeds", short_title: "Seeds" },
    old_names: &[],
    is_shared: true,
    needs: Needs::Training,
    region: Region::Experiment,
    figure_size: (640.0, 520.0),
    least_size: (480.0, 340.0),
    depends_on: &[Dependency::Camera],
    ui: show,
    tools: ViewSpec::no_tools,
    figure_legend: ViewSpec::no_legend,
    is_full_bleed: ViewSpec::with_margin,
    table,
};

/// Draws the view; asks for the training, and for one of its runs.
fn show(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    let Some(seeds) = &context.background.seeds else {
        if context.is_figure() {
            return instead(ui, "No other seeds have been trained");
        }
        ui.horizontal(|ui| {
            let help = "Trains the experiment that the controls describe for the next seeds, in the background";
            if ui.button(format!("Train {ENSEMBLE_SEEDS} seeds")).on_hover_text(help).clicked() {
                context.send(UiCommand::TrainSeeds);
            }
            ui.weak("A single run may be luck.");
        });
        return instead(ui, "Small multiples of the same experiment appear here");
    };
    let runs: Vec<_> = seeds.runs().collect();
    header(ui, context, seeds, &runs.iter().map(|(_, _, made)| *made).collect::<Vec<_>>());
    let sound = runs.iter().filter_map(|(_, newest, _)| newest.as_deref()?.as_ref().ok());
    let summary = summary(&sound.collect::<Vec<_>>());
    if !summary.is_empty() {
        ui.label(RichText::new(summary).small()).on_hover_text(
            "Median over the seeds with its range, of the last row of each run's history: ELBO of training minibatches, β gap and MCC \
             over held-out observations. Each seed has data of its own; runs in which a number is undefined are left out",
        );
    }
    let area = ui.available_rect_before_wrap();
    // As square as can be.
    let squareness = |columns: usize| {
        let rows = runs.len().div_ceil(columns);
        (area.width() * rows as f32 / (area.height() * columns as f32)).ln().abs()
    };
    let columns = (1..=runs.len()).min_by(|a, b| squareness(*a).total_cmp(&squareness(*b))).unwrap_or(1);
    let rows = runs.len().div_ceil(columns);
    let size = vec2(area.width() / columns as f32, area.height() / rows as f32);
    for (i, (seed, newest, _)) in runs.iter().enumerate() {
        let corner = area.min + vec2(size.x * (i % columns) as f32, size.y * (i / columns) as f32);
        let rect = Rect::from_min_size(corner, size).shrink(3.0);
        multiple(ui, context, selection, rect, i, *seed, newest.as_deref());
    }
    ui.allocate_rect(area, Sense::hover());
}

fn header(ui: &mut Ui, context: &ViewContext<'_>, seeds: &SeedEnsemble, made: &[u64]) {
    ui.horizontal(|ui| {
        if !context.is_figure() {
            if ui.add(Button::new("Train anew").small()).clicked() {
                context.send(UiCommand::TrainSeeds);
            }
            if ui.add(Button::new("Close").small()).clicked() {
                context.send(UiCommand::CloseSeeds);
            }
        }
        if seeds.is_done() {
            let invitation = if context.is_figure() { "" } else { "; click one to open it" };
            let text = format!("{} steps each{invitation}", seeds.steps());
            ui.add(Label::new(RichText::new(text).weak()).truncate());
        } else if context.is_figure() {
            let least = made.iter().min().copied().unwrap_or(0);
            ui.weak(format!("at least {least} of {} steps each", seeds.steps()));
        } else {
            let total: u64 = made.iter().sum();
            let share = total as f32 / (seeds.steps() * made.len() as u64).max(1) as f32;
            ui.add(ProgressBar::new(share).desired_width(140.0).show_percentage());
        }
    });
}

/// Median and range of the main numbers, for two seeds or more.
fn summary(runs: &[&Snapshot]) -> String {
    let part = |name: &str, decimals: usize, value: fn(&Row) -> f64| {
        let values = runs.iter().filter_map(|snapshot| snapshot.history.last()).map(|row| value(row));
        let Spread { median, least, most, count } = Spread::of(values).filter(|spread| spread.count > 1)?;
        let [median, least, most] = [median, least, most].map(|x| number(x, decimals));
        // Where a number is undefined for some seeds, how many it has.
        let fewer = if count < runs.len() { format!(", {count} seeds") } else { String::new() };
        Some(format!("{name} {median} ({least} to {most}{fewer})"))
    };
    let name = runs.first().map(|run| of_objective(run.settings.objective.regularizer)[0].name);
    let parts = [
        part(name.unwrap_or_default(), 2, |row| row.elbo),
        part(MEAN_GAP.name, 3, |row| row.beta_gap),
        part("MCC", 2, |row| row.mcc),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { String::new() } else { format!("median of {} seeds: {}", runs.len(), parts.join(" · ")) }
}

/// One run: the images of a latent grid and of the two axes, with its numbers beneath.
fn multiple(
    ui: &Ui,
    context: &ViewContext<'_>,
    selection: &Selection,
    rect: Rect,
    i: usize,
    seed: u64,
    newest: Option<&Result<Snapshot, String>>,
) {
    const CAPTION: f32 = 32.0;
    let palette = ViewContext::palette(ui);
    let response = ui.interact(rect, ui.scope_id().with(("seed", i)), Sense::click());
    let name = format!("Make seed {seed} the main run");
    response.widget_info(|| WidgetInfo::labeled(eframe::egui::Role::Button, true, &name));
    let painter = ui.painter_at(rect);
    let edge = if response.hovered() || response.has_focus() { palette.ink } else { palette.rule };
    painter.rect_stroke(rect, 3.0, Stroke::new(1.0, edge), StrokeKind::Inside);
    if response.clicked() {
        context.send(UiCommand::AdoptSeed(i));
    }
    let text = |line: f32, text: &str| {
        let place = pos2(rect.left() + 5.0, rect.bottom() - CAPTION + 14.0 * line);
        painter.text(place, Align2::LEFT_TOP, text, FontId::proportional(SMALLEST_TEXT), palette.ink);
    };
    let title = |text: &str| {
        let font = FontId::proportional(SMALLEST_TEXT);
        painter.text(rect.left_top() + vec2(5.0, 2.0), Align2::LEFT_TOP, text, font, palette.muted);
    };
    match newest {
        None => title(&format!("seed {seed} …")),
        Some(Err(sentence)) => {
            title(&format!("seed {seed} failed"));
            response.on_hover_text(sentence);
        }
        Some(Ok(snapshot)) => {
            let seen = rect.with_max_y(rect.max.y - CAPTION).with_min_y(rect.min.y + 12.0);
            drawing(&painter, context, selection, seen, snapshot, palette);
            let elbo = snapshot.history.last().map_or("–".to_owned(), |row| number(row.elbo, 2));
            let gap = snapshot.geometry.beta_gap.map_or("–".to_owned(), |gap| number(gap, 3));
            title(&format!("seed {seed}"));
            let [objective, ..] = of_objective(snapshot.settings.objective.regularizer);
            for (line, name, value) in [(0.0, objective.name, elbo), (1.0, MEAN_GAP.name, gap)] {
                // In a narrow tile the number alone; the line above all tiles names it.
                let whole = format!("{name} {value}");
                let font = FontId::proportional(SMALLEST_TEXT);
                let width = painter.layout_no_wrap(whole.clone(), font, palette.ink).size().x;
                text(line, if width > rect.width() - 8.0 { &value } else { &whole });
            }
            let font = FontId::proportional(SMALLEST_TEXT);
            let corner = rect.right_top() + vec2(-5.0, 2.0);
            painter.text(corner, Align2::RIGHT_TOP, format!("∠V {}", angle(snapshot)), font, palette.ink);
            let help = "∠V: the angle of the right singular vectors off the latent axes, at the origin";
            response.on_hover_text(format!("{name}: step {}. {help}", snapshot.step));
        }
    }
}

/// The angle of V off the axes at the origin, in degrees; only for two latents whose singular values differ.
fn angle(snapshot: &Snapshot) -> String {
    let m = snapshot.latent_dim();
    if m != 2 || snapshot.geometry.dto.is_err() {
        return "–".to_owned();
    }
    let jets = Jets::fisher(&snapshot.vae, &Matrix::zeros(m, 1), Order::First);
    let v = svd(&jets.jacobian(0)).v;
    format!("{}°", number(v[(1, 0)].atan2(v[(0, 0)]).to_degrees(), 0))
}

/// The images of latent lines, all seen as the data view sees them.
fn drawing(
    painter: &Painter,
    context: &ViewContext<'_>,
    selection: &Selection,
    rect: Rect,
    snapshot: &Snapshot,
    palette: &Palette,
) {
    const REACH: f64 = 2.0;
    const POINTS: usize = 25;
    let m = snapshot.latent_dim();
    let [a, b] = selection.axes.map(|axis| axis.min(m - 1));
    // The line along latent `along` where the other one of the plane has a value.
    let line = |along: usize, across: usize, value: f64| {
        let mut latents = Matrix::<f32>::zeros(m, POINTS);
        for (k, t) in grid_values(REACH, POINTS).enumerate() {
            let column = latents.column_mut(k);
            if across != along {
                column[across] = value as f32;
            }
            column[along] = t as f32;
        }
        snapshot.vae.decode(&latents)
    };
    let axes = screen_axes(context, selection);
    let flat = |x: [f32; 3]| axes.map(|axis| (0..3).map(|k| axis[k] * x[k]).sum::<f32>());
    let extent = &context.projection.extent;
    let size = extent.iter().map(|[low, high]| high - low).fold(0.0, f64::max) as f32;
    let middle = flat([0, 1, 2].map(|axis| extent.get(axis).map_or(0.0, |[low, high]| 0.5 * (low + high) as f32)));
    let scale = 0.86 * rect.width().min(rect.height()) / size;
    let place = |x: &[f32]| {
        let x: Vec<f64> = x.iter().map(|x| f64::from(*x)).collect();
        let [u, v] = flat(context.projection.space(&x));
        rect.center() + scale * vec2(u - middle[0], middle[1] - v)
    };
    let draw = |points: &Matrix<f32>, stroke: Stroke, pattern: &[f32]| {
        polyline(painter, &points.iter_columns().map(place).collect::<Vec<_>>(), stroke, pattern);
    };
    if a != b {
        for value in grid_values(REACH, 5) {
            for (along, across) in [(a, b), (b, a)] {
                draw(&line(along, across, value), Stroke::new(0.8, palette.surface), &[]);
            }
        }
    }
    for along in if a == b { vec![a] } else { vec![a, b] } {
        let points = line(along, if along == a { b } else { a }, 0.0);
        draw(&points, Stroke::new(1.6, palette.image), dashes(along));
        let end = place(points.column(POINTS - 2));
        label(painter, end, Align2::CENTER_CENTER, &indexed("z", along), palette.image, palette.paper);
    }
}

/// The directions of data space that go right and up on the screen: as the camera looks in three dimensions, the first
/// two coordinates otherwise.
fn screen_axes(context: &ViewContext<'_>, selection: &Selection) -> [[f32; 3]; 2] {
    if context.projection.dims() < 3 {
        return [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
    }
    let home = || home_camera(context.projection, context.snapshot.config.origin.scene());
    let [right, up, _] = selection.camera.unwrap_or_else(home).basis();
    [right, up]
}

/// The history of every seed.
fn table(context: &ViewContext<'_>, _: &Selection) -> Table {
    let seeds = context.background.seeds.as_ref().ok_or("no other seed has been trained")?;
    let tables = seeds.runs().filter_map(|(seed, newest, _)| {
        let newest = newest?;
        let snapshot = newest.as_ref().as_ref().ok()?;
        let mut csv = Csv::new(Row::header(snapshot.latent_dim()));
        snapshot.history.iter().for_each(|row| csv.push(row.fields(), []));
        Some((seed.to_string(), csv))
    });
    Ok(Csv::stacked("seed", tables))
}
