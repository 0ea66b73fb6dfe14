//! The columns of an import: name, role, range, missing cells and the first values of each.

use std::ops::Range;

use eframe::egui::{Align, Button, ComboBox, Label, Layout, RichText, Role, ScrollArea, Ui, Widget, WidgetInfo, vec2};

use super::preview::PreviewColumn;
use crate::data::ImportOptions;
use crate::io::ColumnRole;

/// Every role with its name.
const ROLES: [(ColumnRole, &str); 4] = [
    (ColumnRole::Dimension, "dimension"),
    (ColumnRole::Label, "label"),
    (ColumnRole::Factor, "factor"),
    (ColumnRole::LeftOut, "left out"),
];

/// Widths of name, role, range, missing cells, and a value.
const WIDTHS: [f32; 5] = [110.0, 100.0, 130.0, 56.0, 62.0];

/// Draws the columns in the room that there is. Returns the columns with other roles if one was changed.
pub(super) fn show(ui: &mut Ui, columns: &[PreviewColumn]) -> Option<Vec<PreviewColumn>> {
    let mut changed = None;
    if columns.iter().any(|column| column.role.is_some()) && columns.len() > 3 {
        ui.horizontal(|ui| {
            let mut set_all = |name: &str, help: &str, role: ColumnRole| {
                if ui.button(name).on_hover_text(help).clicked() {
                    let all = columns.iter().map(|column| {
                        let role =
                            if column.is_text && role == ColumnRole::Dimension { column.role } else { Some(role) };
                        PreviewColumn { role, ..column.clone() }
                    });
                    changed = Some(all.collect());
                }
            };
            set_all("Select all", "Every column of numbers becomes a dimension", ColumnRole::Dimension);
            set_all("Select none", "Leave out every column, to choose a few", ColumnRole::LeftOut);
        });
    }
    let height = ui.spacing().interact_size.y;
    ScrollArea::both().auto_shrink(false).id_salt("columns").show_rows(
        ui,
        height,
        columns.len() + 1,
        |ui, rows: Range<usize>| {
            for row in rows {
                ui.horizontal(|ui| match row.checked_sub(1) {
                    None => head(ui, columns),
                    Some(k) => {
                        if let Some(role) = line(ui, k, &columns[k]) {
                            let mut columns = columns.to_vec();
                            columns[k].role = Some(role);
                            changed = Some(columns);
                        }
                    }
                });
            }
        },
    );
    changed
}

/// The options with these roles and this decision about the header, each column by its name, or by its number where several have the name.
pub(super) fn with_roles(options: &ImportOptions, header: Option<bool>, columns: &[PreviewColumn]) -> ImportOptions {
    let name = |k: usize| {
        let own = &columns[k].name;
        let is_unique = columns.iter().filter(|other| other.name == *own).count() == 1;
        if is_unique { own.clone() } else { (k + 1).to_string() }
    };
    let of =
        |role: ColumnRole| (0..columns.len()).filter(|k| columns[*k].role == Some(role)).map(name).collect::<Vec<_>>();
    ImportOptions {
        guess: false,
        header: options.header.or(header),
        columns: Some(of(ColumnRole::Dimension)),
        labels: of(ColumnRole::Label),
        factors: of(ColumnRole::Factor),
        ..options.clone()
    }
}

fn cell(ui: &mut Ui, width: f32, widget: impl Widget) {
    let size = vec2(width, ui.spacing().interact_size.y);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_size(size);
        ui.add(widget);
    });
}

fn text(ui: &mut Ui, width: f32, text: impl Into<RichText>) {
    cell(ui, width, Label::new(text.into()).truncate());
}

fn head(ui: &mut Ui, columns: &[PreviewColumn]) {
    let has_roles = columns.iter().any(|column| column.role.is_some());
    for (name, width) in ["Column", "Role", "Range", "Missing"].into_iter().zip(WIDTHS) {
        if has_roles || name != "Role" {
            text(ui, width, RichText::new(name).strong());
        }
    }
    for row in 1..=columns.first().map_or(0, |column| column.cells.len()) {
        text(ui, WIDTHS[4], RichText::new(format!("Row {row}")).strong());
    }
}

/// Draws a column; returns another role.
fn line(ui: &mut Ui, k: usize, column: &PreviewColumn) -> Option<ColumnRole> {
    text(ui, WIDTHS[0], column.name.as_str());
    let role = column.role.map(|own| {
        let mut role = own;
        role_of(ui, k, column, &mut role);
        role
    });
    text(ui, WIDTHS[2], column.range());
    let missing = match column.missing {
        0 => RichText::new("–").weak(),
        count => RichText::new(count.to_string()).color(ui.visuals().warn_fg_color),
    };
    text(ui, WIDTHS[3], missing);
    for value in &column.cells {
        text(ui, WIDTHS[4], RichText::new(value).weak());
    }
    role.filter(|role| column.role != Some(*role))
}

fn role_of(ui: &mut Ui, k: usize, column: &PreviewColumn, role: &mut ColumnRole) {
    let name = |role: ColumnRole| ROLES.iter().find(|(own, _)| *own == role).map_or("", |(_, name)| name);
    let combo = ComboBox::from_id_salt(("role", k)).width(WIDTHS[1]).selected_text(name(*role)).show_ui(ui, |ui| {
        for (choice, name) in ROLES {
            let possible = !column.is_text || matches!(choice, ColumnRole::Label | ColumnRole::LeftOut);
            let button = ui.add_enabled(possible, Button::selectable(*role == choice, name));
            if button.on_disabled_hover_text("The column holds text, not numbers").clicked() {
                *role = choice;
            }
        }
    });
    let response = combo.response;
    response.widget_info(|| WidgetInfo {
        current_text_value: Some(name(*role).to_owned()),
        ..WidgetInfo::labeled(Role::ComboBox, true, format!("Role of {}", column.name))
    });
    if response.gained_focus() {
        // The keyboard reaches columns that are out of sight.
        response.scroll_to_me(None);
    }
}
