//! The choices of an import beside its columns: array, header, colours, size, scaling, rows, held-out share.

use eframe::egui::{ComboBox, DragValue, Id, Response, RichText, Ui};

use crate::data::{FEWEST_ROWS, ImportOptions, MissingValues, PixelColor, Scaling};
use crate::io::ArrayInfo;

/// Choices that a file offers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choosable<'a> {
    /// True if a text has names above its columns; `None` if the file is no text.
    pub header: Option<bool>,
    /// The arrays of an archive.
    pub arrays: &'a [ArrayInfo],
    /// The file is a folder of pictures.
    pub is_folder: bool,
    /// The observations are pictures.
    pub are_pictures: bool,
    /// All rows of the file, once they are known.
    pub samples: Option<usize>,
    /// The name of the file of held-out rows.
    pub test: Option<&'a str>,
}

impl Choosable<'_> {
    /// Plural of a sample.
    fn samples_are(&self) -> &'static str {
        if self.are_pictures { "pictures" } else { "rows" }
    }
}

/// Height and width of resized pictures, unless others are chosen.
const USUAL_SIZE: (usize, usize) = (64, 64);

/// Draws the choices, which change `options`. Returns the first field.
pub(super) fn show(ui: &mut Ui, options: &mut ImportOptions, file: Choosable<'_>) -> Option<Id> {
    let mut first = None;
    let mut field = |response: &Response| {
        first.get_or_insert(response.id);
    };
    if file.arrays.len() > 1 {
        field(&array(ui, options, file.arrays));
    }
    if let Some(has_names) = file.header {
        let mut header = has_names;
        let response = ui.checkbox(&mut header, "Header line");
        field(&response.on_hover_text("The first line holds the names of the columns"));
        if header != has_names {
            // Other names, so the roles are decided anew.
            *options = ImportOptions { header: Some(header), ..undecided(options) };
        }
    }
    if file.is_folder {
        field(&colors(ui, options));
        size(ui, options);
    }
    field(&scaling(ui, options, file.are_pictures));
    rows(ui, options, file);
    left_out(ui, options);
    if !file.is_folder {
        let mut drop = options.missing == MissingValues::Drop;
        let (name, help) = if file.are_pictures {
            ("Drop incomplete pictures", "Leave out pictures with missing pixels")
        } else {
            ("Drop incomplete rows", "Leave out rows with missing values")
        };
        ui.checkbox(&mut drop, name).on_hover_text(help);
        options.missing = if drop { MissingValues::Drop } else { MissingValues::Refuse };
    }
    match file.test {
        Some(name) => {
            ui.label(format!("Held out: all {} of {name}", file.samples_are()));
        }
        None => held_out(ui, options, file),
    }
    first
}

/// The options with the decisions about columns left open.
fn undecided(options: &ImportOptions) -> ImportOptions {
    let guessed = ImportOptions::guessed();
    let ImportOptions { columns, labels, factors, header, pixels, .. } = guessed;
    ImportOptions { guess: true, columns, labels, factors, header, pixels, ..options.clone() }
}

fn array(ui: &mut Ui, options: &mut ImportOptions, arrays: &[ArrayInfo]) -> Response {
    let mut key = options.key.clone().unwrap_or_default();
    let text = |array: &ArrayInfo| {
        let axes: Vec<String> = array.shape.iter().map(usize::to_string).collect();
        format!("{} ({})", array.key, axes.join("×"))
    };
    let selected = arrays.iter().find(|array| array.key == key).map_or_else(|| "choose one".to_owned(), text);
    let combo = ComboBox::from_label("Array").width(180.0).selected_text(selected).show_ui(ui, |ui| {
        for array in arrays {
            ui.selectable_value(&mut key, array.key.clone(), text(array));
        }
    });
    if !key.is_empty() && options.key.as_ref() != Some(&key) {
        *options = ImportOptions { key: Some(key), ..undecided(options) };
    }
    combo.response
}

fn colors(ui: &mut Ui, options: &mut ImportOptions) -> Response {
    let choices = [(None, "as in files"), (Some(PixelColor::Grey), "grey"), (Some(PixelColor::Rgb), "RGB")];
    let selected = choices.iter().find(|(color, _)| *color == options.color).map_or("", |(_, name)| name);
    let combo = ComboBox::from_label("Colours").selected_text(selected).show_ui(ui, |ui| {
        for (color, name) in choices {
            ui.selectable_value(&mut options.color, color, name);
        }
    });
    combo.response.on_hover_text("As in files: grey if all pictures are")
}

fn size(ui: &mut Ui, options: &mut ImportOptions) {
    ui.horizontal(|ui| {
        let mut resized = options.resize.is_some();
        ui.checkbox(&mut resized, "Resize").on_hover_text("Give all pictures one size, in pixels");
        let (mut height, mut width) = options.resize.unwrap_or(USUAL_SIZE);
        if resized {
            for (name, side) in [("width", &mut width), ("height", &mut height)] {
                let label = ui.label(name);
                ui.add(DragValue::new(side).range(1..=16_384)).labelled_by(label.id);
            }
        }
        options.resize = resized.then_some((height, width));
    });
}

fn scaling(ui: &mut Ui, options: &mut ImportOptions, are_pictures: bool) -> Response {
    let row = ui.horizontal_wrapped(|ui| {
        ui.label("Scaling");
        let each = if are_pictures { "per pixel" } else { "per column" };
        let [first, ..] =
            [(Scaling::One, "one"), (Scaling::Columns, each), (Scaling::None, "none")].map(|(scale, name)| {
                ui.radio_value(&mut options.scale, scale, name).on_hover_text(reason(scale, are_pictures))
            });
        first
    });
    ui.label(RichText::new(reason(options.scale, are_pictures)).weak());
    row.inner
}

/// Why to choose a scaling.
fn reason(scale: Scaling, are_pictures: bool) -> &'static str {
    match scale {
        Scaling::None if are_pictures => "Pixels as in the file, not even centred.",
        Scaling::One if are_pictures => "One scale for all pixels: their contrasts are those of the file.",
        Scaling::Columns if are_pictures => "Each pixel counts alike, edges as much as the middle.",
        Scaling::None => "Columns as in the file, not even centred.",
        Scaling::One => "For columns of one unit: angles are those of the file.",
        Scaling::Columns => "For different units: angles then mean shares of each spread.",
    }
}

fn rows(ui: &mut Ui, options: &mut ImportOptions, file: Choosable<'_>) {
    let (samples, what) = (file.samples, file.samples_are());
    ui.horizontal(|ui| {
        let mut all = options.rows.is_none();
        ui.checkbox(&mut all, format!("All {what}"))
            .on_hover_text("Otherwise the seed draws some, which stay in the order of the file");
        if all {
            options.rows = None;
            return;
        }
        let most = samples.unwrap_or(usize::MAX).max(FEWEST_ROWS);
        let mut rows = options.rows.unwrap_or_else(|| samples.unwrap_or(1000).clamp(FEWEST_ROWS, 1000));
        let label = ui.label(what);
        let speed = (rows as f64 / 200.0).max(0.2);
        ui.add(DragValue::new(&mut rows).range(FEWEST_ROWS..=most).speed(speed)).labelled_by(label.id);
        options.rows = Some(rows);
    });
}

/// The rows that were left out, and the way back.
fn left_out(ui: &mut Ui, options: &mut ImportOptions) {
    if options.leave_out.is_empty() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        let numbers = options.leave_out.iter().take(5).map(usize::to_string).collect::<Vec<_>>().join(", ");
        let more = if options.leave_out.len() > 5 { ", …" } else { "" };
        ui.label(format!("Left out: {numbers}{more}"));
        if ui.button("Keep").on_hover_text("Use these rows, too").clicked() {
            options.leave_out.clear();
        }
    });
}

fn held_out(ui: &mut Ui, options: &mut ImportOptions, file: Choosable<'_>) {
    ui.horizontal(|ui| {
        let label = ui.label("Held out");
        let mut percent = 100.0 * options.held_out;
        let value = DragValue::new(&mut percent).range(0.1..=99.0).speed(0.2).max_decimals(1).suffix(" %");
        let help = format!("The share of {} that are measured on, never trained on", file.samples_are());
        if ui.add(value).labelled_by(label.id).on_hover_text(help).changed() {
            options.held_out = (10.0 * percent).round() / 1000.0;
        }
    });
}
