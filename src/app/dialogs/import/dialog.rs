//! The import dialog: what is chosen, what was read with it, and the confirmation.

use std::path::{Path, PathBuf};

use eframe::egui::{Align, Button, Context, Layout, ProgressBar, Role, ScrollArea, Ui, WidgetInfo, vec2};

use super::choices::{self, Choosable};
use super::columns::{self, with_roles};
use super::job::{Finding, ImportSource, Job};
use super::preview::{DataPreview, PreviewColumn, columns_of_text};
use super::words::in_words;
use crate::app::dialogs::frame::{DialogKeys, dialog};
use crate::app::reading::{News, Reading};
use crate::data::{ImportOptions, MissingValues};
use crate::io::{ArrayInfo, ColumnSummary, FileError, Remedy, TextBeginning};
use crate::launch::{PreparedRun, ReadData};
use crate::viz::command::{CommandQueue, UiCommand};
use crate::viz::draw::focus_in_sight::keep_focus_in_sight;
use crate::viz::draw::tile::Atlas;

/// A choice that is being changed rests for so long before the file is read again, in seconds.
const REST: f64 = 0.25;

/// The sides of a drawn picture, in points.
const TILE: f32 = 72.0;

/// The dialog.
pub(crate) struct ImportDialog {
    source: ImportSource,
    is_folder: bool,
    /// Chosen options.
    options: ImportOptions,
    /// Options of the last read.
    asked: ImportOptions,
    /// When the choice was last changed.
    changed: f64,
    reading: Option<Reading<Finding>>,
    arrays: Vec<ArrayInfo>,
    beginning: Option<TextBeginning>,
    columns: Vec<PreviewColumn>,
    preview: Option<DataPreview>,
    tiles: Option<Atlas>,
    /// The data of `asked`, unless the thread has them.
    data: Option<Box<ReadData>>,
    notes: Vec<String>,
    failure: Option<(String, Option<Remedy>)>,
    /// All rows of the file, once they were read.
    samples: Option<usize>,
    /// Open was pressed: it happens once everything is read.
    confirmed: bool,
    prepared: Option<Box<PreparedRun>>,
    focus: Focus,
}

/// Who gets the keyboard next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Focus {
    /// The first field, once there is one.
    First,
    /// The first field has it; Open will, if there is nothing to decide.
    Waiting,
    /// Open.
    Open,
    /// Whoever has it.
    Free,
}

impl std::fmt::Debug for ImportDialog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImportDialog")
            .field("source", &self.source)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl ImportDialog {
    /// Begins to read a file with these options. `seed` is that of the run.
    pub(crate) fn new(ctx: &Context, path: &Path, test: Option<PathBuf>, options: ImportOptions, seed: u64) -> Self {
        let mut dialog = Self {
            source: ImportSource { path: path.to_owned(), test, seed },
            is_folder: path.is_dir(),
            asked: options.clone(),
            options,
            changed: 0.0,
            reading: None,
            arrays: Vec::new(),
            beginning: None,
            columns: Vec::new(),
            preview: None,
            tiles: None,
            data: None,
            notes: Vec::new(),
            failure: None,
            samples: None,
            confirmed: false,
            prepared: None,
            focus: Focus::First,
        };
        dialog.read(ctx);
        dialog
    }

    /// The file and its run, once Open was pressed and everything is read.
    pub(crate) fn finish(self) -> Option<(PathBuf, Box<PreparedRun>)> {
        Some((self.source.path, self.prepared?))
    }

    /// Draws the dialog.
    pub(crate) fn show(&mut self, ctx: &Context, commands: &CommandQueue) {
        self.take_news(ctx);
        let before = self.options.clone();
        let mut cancelled = false;
        let room = ctx.content_rect().size();
        let size = vec2((room.x - 40.0).min(960.0), (room.y - 90.0).min(560.0));
        let title = format!("Import {}", name_of(&self.source.path));
        dialog(ctx, "import", &title, Some(size), |ui, keys| {
            // The window has a margin.
            let size = vec2(ui.available_width(), size.y);
            ui.set_min_size(size);
            let below =
                if self.notes.is_empty() && self.failure.is_none() { 44.0 } else { 150.0_f32.min(size.y * 0.4) };
            let height = size.y - below;
            ui.allocate_ui_with_layout(vec2(size.x, height), Layout::left_to_right(Align::Min), |ui| {
                let left = (size.x * 0.3).max(230.0);
                // The line between them has six points and a gap at each side.
                let (left, right) = (vec2(left, height), vec2(size.x - left - 20.0, height));
                ui.allocate_ui_with_layout(left, Layout::top_down(Align::Min), |ui| {
                    ui.set_min_size(left);
                    self.choices(ui);
                });
                ui.separator();
                ui.allocate_ui_with_layout(right, Layout::top_down(Align::Min), |ui| {
                    ui.set_min_size(right);
                    self.contents(ui);
                });
            });
            ui.separator();
            self.sentences(ui, keys, below - 48.0);
            ui.horizontal(|ui| cancelled = self.buttons(ui, keys));
        });
        if cancelled {
            return commands.send(UiCommand::CloseDialogs);
        }
        if self.options != before {
            self.changed = ctx.input(|i| i.time);
        }
        self.go_on(ctx);
        if self.prepared.is_some() {
            commands.send(UiCommand::StartImport);
        }
    }

    /// Begins what is due: another read after a change, or the run once it is confirmed.
    fn go_on(&mut self, ctx: &Context) {
        if self.options != self.asked {
            let waited = ctx.input(|i| i.time) - self.changed;
            let is_moving = waited < REST || ctx.input(|i| i.pointer.any_down());
            if !is_moving || self.confirmed {
                self.read(ctx);
            } else {
                ctx.request_repaint_after_secs((REST - waited).max(0.02) as f32);
            }
        } else if self.confirmed && self.reading.is_none() {
            match self.data.take() {
                Some(data) => self.start(ctx, Job::Prepare(data)),
                None => self.confirmed = false,
            }
        }
    }

    /// Reads the file with the options, or only judges what was read if that is enough. The read before is cancelled.
    fn read(&mut self, ctx: &Context) {
        let ImportOptions { scale, held_out, .. } = self.options;
        let as_chosen = ImportOptions { scale, held_out, ..self.asked.clone() };
        self.asked = self.options.clone();
        self.failure = None;
        if self.options.columns.as_ref().is_some_and(Vec::is_empty) {
            self.reading = None;
            return self.refuse("no column is a dimension; choose some".to_owned(), None);
        }
        // The old data go before the new ones come.
        let job = match self.data.take() {
            Some(data) if as_chosen == self.options => Job::Judge(data, scale, held_out),
            _ => Job::Read(self.source.clone(), Box::new(self.options.clone())),
        };
        self.start(ctx, job);
    }

    fn start(&mut self, ctx: &Context, job: Job) {
        self.reading = None;
        match Reading::start(ctx, move |watch, teller| job.run(watch, teller)) {
            Ok(reading) => self.reading = Some(reading),
            Err(error) => {
                self.refuse(format!("there is no thread to read with ({error}); close other programs"), None);
            }
        }
    }

    fn take_news(&mut self, ctx: &Context) {
        while let Some(reading) = &self.reading {
            match reading.news() {
                News::None => return,
                News::Told(finding) => self.take(ctx, finding),
                News::Over => {
                    self.reading = None;
                    if self.data.is_none() && self.prepared.is_none() && self.failure.is_none() {
                        self.refuse("the file could not be read; give another one".to_owned(), None);
                    }
                }
            }
        }
    }

    fn take(&mut self, ctx: &Context, finding: Finding) {
        match finding {
            Finding::Beginning(beginning, arrays) => {
                (self.beginning, self.arrays) = (beginning, arrays);
                let summaries = self.beginning.as_ref().map(|beginning| beginning.columns.clone()).unwrap_or_default();
                // Columns of the whole file stay while it is read again.
                let names = |column: &ColumnSummary| column.name.clone();
                if !self.columns.iter().map(|column| &column.name).eq(&summaries.iter().map(names).collect::<Vec<_>>())
                {
                    self.show_columns(&summaries);
                }
            }
            Finding::Data(Ok((data, preview))) => {
                // The record of what was decided is what is changed from now on.
                if self.options == self.asked {
                    self.options = data.file.import.clone();
                }
                self.asked = data.file.import.clone();
                if self.asked.rows.is_none() {
                    self.samples = Some(preview.samples);
                }
                self.show_columns(&data.file.columns);
                if !preview.columns.is_empty() {
                    self.columns.clone_from(&preview.columns);
                }
                // Warnings count for more than decisions.
                let (decisions, warnings) = data.notes.split_at(data.file.notes.len().min(data.notes.len()));
                self.notes = warnings.iter().chain(decisions).map(|note| in_words(&note.0)).collect();
                (self.preview, self.tiles, self.data) = (Some(preview), None, Some(data));
                self.decide_focus();
            }
            Finding::Prepared(Ok(prepared)) => self.prepared = Some(prepared),
            Finding::Data(Err(error)) | Finding::Prepared(Err(error)) => {
                self.refuse_file(&error);
                self.decide_focus();
            }
        }
        ctx.request_repaint();
    }

    fn show_columns(&mut self, summaries: &[ColumnSummary]) {
        let Some(beginning) = &self.beginning else {
            self.columns.clear();
            return;
        };
        // Roles that were changed while the file was read stay.
        if self.options == self.asked || self.columns.len() != summaries.len() {
            self.columns = columns_of_text(summaries, beginning);
        }
    }

    fn refuse_file(&mut self, error: &FileError) {
        let sentence = error.to_string();
        let path = format!(": {}", self.source.path.display());
        self.refuse(in_words(sentence.strip_suffix(&path).unwrap_or(&sentence)), error.remedy().cloned());
    }

    fn refuse(&mut self, sentence: String, remedy: Option<Remedy>) {
        (self.confirmed, self.preview, self.tiles, self.data) = (false, None, None, None);
        self.notes.clear();
        self.failure = Some((sentence, remedy));
    }

    /// Without anything to decide, Open has the keyboard.
    fn decide_focus(&mut self) {
        if matches!(self.focus, Focus::First | Focus::Waiting) {
            let clear = self.failure.is_none() && self.notes.is_empty();
            self.focus = if clear { Focus::Open } else { self.focus };
        }
    }

    /// The left half.
    fn choices(&mut self, ui: &mut Ui) {
        ScrollArea::vertical().id_salt("choices").auto_shrink(false).show(ui, |ui| {
            if let Some(preview) = &self.preview {
                ui.strong(&preview.shape);
                if !preview.known.is_empty() {
                    ui.weak(preview.known.join(", "));
                }
            } else {
                ui.strong(if self.reading.is_some() { "Reading…" } else { "Not read" });
            }
            ui.add_space(4.0);
            let test = self.source.test.as_deref().map(name_of);
            let file = Choosable {
                header: self.beginning.as_ref().map(|beginning| beginning.has_header),
                arrays: &self.arrays,
                is_folder: self.is_folder,
                are_pictures: self.is_folder || self.preview.as_ref().is_some_and(|p| !p.pictures.is_empty()),
                samples: self.samples,
                test: test.as_deref(),
            };
            let first = choices::show(ui, &mut self.options, file);
            // What had the focus may go with what is found in the file.
            let lost = || ui.memory(|memory| memory.focused().is_none());
            let wanted = self.focus == Focus::First || self.focus == Focus::Waiting && lost();
            if let Some(first) = first.filter(|_| wanted) {
                ui.memory_mut(|memory| memory.request_focus(first));
                self.focus = Focus::Waiting;
            }
            keep_focus_in_sight(ui);
        });
    }

    /// The right half: columns, or pictures.
    fn contents(&mut self, ui: &mut Ui) {
        let pictures = self.preview.as_ref().map_or(&[][..], |preview| &preview.pictures);
        if pictures.is_empty() && self.columns.is_empty() {
            return;
        }
        if pictures.is_empty() {
            if let Some(changed) = columns::show(ui, &self.columns) {
                let header = self.beginning.as_ref().and_then(|beginning| beginning.header);
                self.options = with_roles(&self.options, header, &changed);
                self.columns = changed;
            }
            return;
        }
        let per_row = ((ui.available_width() + 4.0) / (TILE + 4.0)).floor().max(1.0) as usize;
        if self.tiles.is_none() {
            let columns = per_row.min(pictures.len());
            self.tiles = Atlas::new(ui, None, columns, pictures.len(), |k| pictures[k].clone());
        }
        let Some(tiles) = &self.tiles else { return };
        let [width, height] = pictures[0].size.map(|side| side as f32);
        let scale = TILE / width.max(height);
        ScrollArea::vertical().id_salt("pictures").auto_shrink(false).show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
                for k in 0..pictures.len() {
                    let (place, response) =
                        ui.allocate_exact_size(vec2(width, height) * scale, eframe::egui::Sense::hover());
                    tiles.draw(ui.painter(), place, k);
                    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Picture {}", k + 1)));
                }
            });
        });
    }

    /// The error, or the notes.
    fn sentences(&mut self, ui: &mut Ui, keys: &mut DialogKeys, height: f32) {
        if let Some((sentence, remedy)) = &self.failure {
            let mut taken = None;
            ScrollArea::vertical().id_salt("failure").max_height(height).show(ui, |ui| {
                ui.colored_label(ui.visuals().warn_fg_color, sentence);
                if let Some((remedy, name)) = remedy.as_ref().and_then(|remedy| Some((remedy, name_of_remedy(remedy)?)))
                {
                    taken = keys.button(ui, true, Button::new(name)).clicked().then(|| remedy.clone());
                }
            });
            if let Some(remedy) = taken {
                // The pressed button goes; the focus stays in the dialog.
                self.focus = Focus::Open;
                match remedy {
                    Remedy::Rows(rows) => self.options.rows = Some(rows),
                    Remedy::DropMissing => self.options.missing = MissingValues::Drop,
                    Remedy::Resize(height, width) => self.options.resize = Some((height, width)),
                    Remedy::Key(_) => {}
                }
            }
        } else if !self.notes.is_empty() {
            let mut left_out = Vec::new();
            ScrollArea::vertical().id_salt("notes").max_height(height).auto_shrink([false, true]).show(ui, |ui| {
                for note in &self.notes {
                    ui.label(format!("• {note}"));
                }
                let outliers = self.data.as_ref().map_or(&[][..], |data| &data.outliers);
                if !outliers.is_empty() && keys.button(ui, true, Button::new(leave_out_button(outliers))).clicked() {
                    left_out.extend_from_slice(outliers);
                }
            });
            if !left_out.is_empty() {
                // The pressed button goes; the focus stays in the dialog.
                self.focus = Focus::Open;
                self.options.leave_out.extend(left_out);
            }
        }
    }

    /// Draws the buttons and the progress; true if Cancel was pressed.
    fn buttons(&mut self, ui: &mut Ui, keys: &mut DialogKeys) -> bool {
        let changed = self.options != self.asked;
        let open = ui.add_enabled(self.failure.is_none() || changed, Button::new("Open"));
        if self.focus == Focus::Open {
            open.request_focus();
            self.focus = Focus::Free;
        }
        if keys.press(&open.on_disabled_hover_text("The file cannot be read with these choices")) {
            self.confirmed = true;
        }
        let cancel = keys.button(ui, true, Button::new("Cancel"));
        if let Some(reading) = &self.reading {
            let share = reading.progress();
            ui.label(if self.confirmed { "opening…" } else { "reading…" });
            let bar = ui.add(ProgressBar::new(share).desired_width(ui.available_width()));
            bar.widget_info(|| WidgetInfo {
                value: Some(f64::from(100.0 * share)),
                ..WidgetInfo::labeled(Role::ProgressIndicator, true, "Progress of reading")
            });
        }
        cancel.clicked()
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// The button that leaves out the rows that lie far outside.
fn leave_out_button(rows: &[usize]) -> String {
    match rows {
        [row] => format!("Leave out row {row}"),
        _ => format!("Leave out these {} rows", rows.len()),
    }
}

/// The button that takes a remedy; none for arrays, which are chosen from their list.
fn name_of_remedy(remedy: &Remedy) -> Option<String> {
    match remedy {
        Remedy::Rows(rows) => Some(format!("Use {rows} rows")),
        Remedy::DropMissing => Some("Drop incomplete rows".to_owned()),
        Remedy::Resize(height, width) => Some(format!("Resize to {width}×{height}")),
        Remedy::Key(_) => None,
    }
}
