//! A sweep as a picture: each metric against β, every run a mark, a line through the medians of each family.

use std::path::{Path, PathBuf};

use eframe::egui::{Align2, Color32, FontId, Painter, Pos2, Rect, Shape, Stroke, Theme, Ui, pos2, vec2};

use crate::io::provenance::KEYWORD;
use crate::io::{
    FileError, Record, RunTable, RunValue, SWEEP_COMMON, SWEEP_FIGURE, SWEEP_METRICS, SWEEP_TABLE, Session, program,
    read_text, write_atomically,
};
use crate::paint::{Canvas, Offscreen, SvgOptions, to_svg};
use crate::stats::Spread;
use crate::vae::Covariance;
use crate::viz::theme::{Palette, install_for_figures};

/// Title of each metric; one without a single value is left out.
const TITLES: [&str; SWEEP_METRICS.len()] = [
    "held-out ELBO (nats)",
    "KL (nats)",
    "mean c_IMA (nats)",
    "mean β gap (nats)",
    "C2 residual",
    "DtO",
    "MCC",
    "active units",
];

const COLUMNS: usize = 4;
const PANEL: [f32; 2] = [300.0, 220.0];
const TEXT: f32 = 11.0;

/// Draws `sweep.svg` from the table in the folder of a sweep. Gives its path, or `None` if the table holds no number.
///
/// # Errors
/// If the table cannot be read or holds no number, or the file cannot be written.
pub fn sweep_figure(folder: &Path) -> Result<Option<PathBuf>, FileError> {
    let table = RunTable::open(&folder.join(SWEEP_TABLE))?;
    let panels = TITLES.into_iter().zip(SWEEP_METRICS.map(|metric| table.values(metric)));
    let panels: Vec<(&str, Vec<RunValue>)> = panels.filter(|(_, runs)| !runs.is_empty()).collect();
    if panels.is_empty() {
        return Ok(None);
    }
    let columns = panels.len().min(COLUMNS);
    let size = vec2(PANEL[0] * columns as f32, 30.0 + PANEL[1] * panels.len().div_ceil(COLUMNS) as f32);
    let palette = Palette::of_theme(Theme::Light);
    let canvas =
        Canvas { size, pixels_per_point: 2.0, theme: Theme::Light, background: palette.paper, text_scale: 1.0 };
    let mut offscreen = Offscreen::new(1, install_for_figures);
    let output = offscreen.settle(&canvas, 0.0, |ui: &mut Ui| {
        let painter = ui.painter();
        legend(painter, palette);
        for (k, (name, marks)) in panels.iter().enumerate() {
            let corner = pos2(PANEL[0] * (k % COLUMNS) as f32, 30.0 + PANEL[1] * (k / COLUMNS) as f32);
            panel(painter, Rect::from_min_size(corner, PANEL.into()), name, marks, palette);
        }
    });
    let (program, session) = (program(), first_run(folder, &table)?);
    let rows = read_text(&folder.join(SWEEP_TABLE), "the table")?;
    let texts = [("Software", program.as_str()), (KEYWORD, session.as_str()), ("Sweep", rows.as_str())];
    let background = Some(palette.paper);
    let options =
        SvgOptions { size, text_scale: 1.0, background, pixels_per_point: canvas.pixels_per_point, texts: &texts };
    let svg = to_svg(offscreen.context(), offscreen.rasterizer(), &output.shapes, &options);
    let path = folder.join(SWEEP_FIGURE);
    write_atomically(&path, svg.as_bytes())?;
    Ok(Some(path))
}

/// The session of the run with the smallest seed and β: what the others share with it stands there, and what they do not in
/// the table, whose rows are in the order in which runs ended.
fn first_run(folder: &Path, table: &RunTable) -> Result<String, FileError> {
    let path = folder.join(SWEEP_COMMON);
    let record = Record::from_toml(&read_text(&path, "the sweep")?).map_err(|e| e.at(&path))?;
    let steps = record.steps;
    let (mut config, log) = record.into_run().map_err(|e| e.at(&path))?;
    let [seeds, betas, families] = ["seed", "beta", "covariance"].map(|name| table.column(name).collect::<Vec<_>>());
    let run = |k: usize| {
        let family = Covariance::ALL.into_iter().find(|family| Some(&family.name()) == families.get(k))?;
        Some((seeds.get(k)?.parse::<u64>().ok()?, betas.get(k)?.parse::<f64>().ok()?, family))
    };
    let runs = (0..table.len()).filter_map(run);
    if let Some((seed, beta, family)) =
        runs.min_by(|a, b| (a.0, a.2.name()).cmp(&(b.0, b.2.name())).then(a.1.total_cmp(&b.1)))
    {
        (config.seed, config.objective.beta, config.objective.covariance) = (seed, beta, family);
    }
    Session::planned(config, log, steps).for_figure(false)
}

/// Colour and the side of β to which the marks stand, so that equal values of both families are seen.
fn look(family: Covariance, palette: &Palette) -> (Color32, f32) {
    match family {
        Covariance::Diagonal => (palette.ink, -3.0),
        Covariance::Full => (palette.truth, 3.0),
    }
}

fn legend(painter: &Painter, palette: &Palette) {
    for (k, family) in Covariance::ALL.into_iter().enumerate() {
        let at = pos2(52.0 + 110.0 * k as f32, 16.0);
        draw_mark(painter, at, family, palette);
        painter.text(at + vec2(9.0, 0.0), Align2::LEFT_CENTER, family.name(), FontId::proportional(TEXT), palette.ink);
    }
    let at = pos2(52.0 + 220.0, 16.0);
    let words = "a mark a run, lines through medians over seeds, bars from the least to the most";
    painter.text(at, Align2::LEFT_CENTER, words, FontId::proportional(TEXT), palette.muted);
}

/// A disc for diagonal, a ring for full: told apart without colour too.
fn draw_mark(painter: &Painter, at: Pos2, family: Covariance, palette: &Palette) {
    let (color, _) = look(family, palette);
    match family {
        Covariance::Diagonal => painter.circle_filled(at, 2.8, color),
        Covariance::Full => painter.circle_stroke(at, 3.0, Stroke::new(1.3, color)),
    };
}

fn panel(painter: &Painter, frame: Rect, name: &str, marks: &[RunValue], palette: &Palette) {
    let area = Rect::from_min_max(frame.min + vec2(52.0, 24.0), frame.max - vec2(14.0, 34.0));
    let font = FontId::proportional(TEXT);
    let mut betas: Vec<f64> = marks.iter().map(|mark| mark.beta).collect();
    betas.sort_unstable_by(f64::total_cmp);
    betas.dedup();
    let scale = PanelScale::new(&betas, marks, area);

    painter.text(area.left_top() - vec2(0.0, 8.0), Align2::LEFT_BOTTOM, name, font.clone(), palette.ink);
    let under = pos2(area.center().x, frame.bottom() - 6.0);
    painter.text(under, Align2::CENTER_BOTTOM, "β", font.clone(), palette.muted);
    let rule = |from: Pos2, to: Pos2| painter.line_segment([from, to], Stroke::new(1.0, palette.rule));
    for value in ticks(scale.low, scale.high) {
        let y = scale.y(value);
        rule(pos2(area.left(), y), pos2(area.right(), y));
        let text = format!("{value}").replace('-', "−");
        painter.text(pos2(area.left() - 5.0, y), Align2::RIGHT_CENTER, text, font.clone(), palette.muted);
    }
    let mut last = f32::NEG_INFINITY;
    for beta in &betas {
        let x = scale.x(*beta);
        rule(pos2(x, area.top()), pos2(x, area.bottom()));
        // Labels that would touch the one before are left out.
        if x - last > 26.0 {
            painter.text(
                pos2(x, area.bottom() + 4.0),
                Align2::CENTER_TOP,
                beta.to_string(),
                font.clone(),
                palette.muted,
            );
            last = x;
        }
    }
    for family in Covariance::ALL {
        let (color, aside) = look(family, palette);
        let of_family = |beta: f64| marks.iter().filter(move |m| m.family == family && m.beta == beta).map(|m| m.value);
        let spreads: Vec<(f32, Spread)> = betas
            .iter()
            .filter_map(|beta| Some((scale.x(*beta) + aside, Spread::of(of_family(*beta).collect::<Vec<_>>())?)))
            .collect();
        let faint = Stroke::new(1.2, color.gamma_multiply(0.6));
        for (x, spread) in &spreads {
            painter.line_segment([spread.least, spread.most].map(|value| pos2(*x, scale.y(value))), faint);
        }
        let medians = spreads.iter().map(|(x, spread)| pos2(*x, scale.y(spread.median)));
        painter.add(Shape::line(medians.collect(), faint));
        for beta in &betas {
            of_family(*beta)
                .for_each(|v| draw_mark(painter, pos2(scale.x(*beta) + aside, scale.y(v)), family, palette));
        }
    }
}

/// From β and a value to the screen. β is logarithmic where its values span a factor of eight or more.
struct PanelScale {
    area: Rect,
    beta: [f64; 2],
    logarithmic: bool,
    low: f64,
    high: f64,
}

impl PanelScale {
    fn new(betas: &[f64], marks: &[RunValue], area: Rect) -> Self {
        let (first, last) = (betas.first().copied().unwrap_or(0.0), betas.last().copied().unwrap_or(1.0));
        let (low, high) =
            marks.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), m| (a.min(m.value), b.max(m.value)));
        // A metric that is the same in all runs stands in the middle of a range of its own size.
        let all_alike = high - low <= 1e-9 * high.abs().max(low.abs());
        let margin = if all_alike { high.abs().max(1.0) } else { 0.06 * (high - low) };
        let logarithmic = first > 0.0 && last / first >= 8.0;
        Self { area, beta: [first, last], logarithmic, low: low - margin, high: high + margin }
    }

    fn x(&self, beta: f64) -> f32 {
        let along = |b: f64| if self.logarithmic { b.ln() } else { b };
        let [first, last] = self.beta.map(along);
        let share = if last > first { (along(beta) - first) / (last - first) } else { 0.5 };
        self.area.left() + 12.0 + (self.area.width() - 24.0) * share as f32
    }

    fn y(&self, value: f64) -> f32 {
        self.area.bottom() - self.area.height() * ((value - self.low) / (self.high - self.low)) as f32
    }
}

/// About four round values between two numbers.
fn ticks(low: f64, high: f64) -> Vec<f64> {
    let rough = (high - low) / 4.0;
    let power = 10_f64.powf(rough.log10().floor());
    let step = power * [1.0, 2.0, 5.0, 10.0].into_iter().find(|k| k * power >= rough).unwrap_or(10.0);
    let decimals = (-step.log10().floor()).max(0.0) as i32;
    let round = |x: f64| (x * 10_f64.powi(decimals)).round() / 10_f64.powi(decimals);
    let first = (low / step).ceil() as i64;
    (first..).map(|k| round(k as f64 * step)).take_while(|x| *x <= high).take(12).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Scene;
    use crate::experiment::{Config, Origin};

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(-0.01, 0.21), [0.0, 0.1, 0.2]);
        assert_eq!(ticks(0.9, 2.1), [1.0, 1.5, 2.0]);
        assert_eq!(ticks(-105.0, -41.0), [-100.0, -80.0, -60.0]);
    }

    #[test]
    fn every_sound_run_is_in_the_picture() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(sweep_figure(folder.path()).unwrap(), None, "there is nothing to draw");
        let mut table = RunTable::open(&folder.path().join("sweep.csv")).unwrap();
        for (beta, elbo, family, failure) in [
            ("1", "-2.5", "diagonal", ""),
            ("1", "-2.25", "full", ""),
            ("4", "", "full", ""),
            ("4", "-9", "full", "diverged"),
        ] {
            let row = [("beta", beta), ("elbo", elbo), ("covariance", family), ("failure", failure)];
            table.push(row.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()).unwrap();
        }
        let scene = Scene::named("linear").unwrap().clone();
        let config = Config::new(Origin::Scene(Box::new(scene)), 0, 1000);
        let record = Record::new(&config, &[], 50).to_toml().unwrap();
        std::fs::write(folder.path().join(SWEEP_COMMON), record).unwrap();
        let found: Vec<(f64, f64)> = table.values("elbo").iter().map(|m| (m.beta, m.value)).collect();
        assert_eq!(found, [(1.0, -2.5), (1.0, -2.25)]);
        assert!(table.values("mcc").is_empty());
        sweep_figure(folder.path()).unwrap();
        let svg = std::fs::read_to_string(folder.path().join("sweep.svg")).unwrap();
        assert!(svg.contains("<svg") && svg.contains("</svg>"));
    }
}
