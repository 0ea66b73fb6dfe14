//! Latents × factors as one coloured matrix, its rows in the order of their factors.

use eframe::egui::{Align2, ComboBox, FontId, Sense, Ui, UiBuilder, pos2, vec2};
use nalgebra::DMatrix;

use super::numbers::sentence;
use super::query::FactorScoresQuery;
use super::scatters::MOST;
use crate::experiment::FactorCorrelation;
use crate::linalg::best_assignment;
use crate::viz::context::ViewContext;
use crate::viz::draw::labels::instead;
use crate::viz::draw::matrix::{NamedMatrix, heat_matrix};
use crate::viz::factor_matrix::FactorMatrix;
use crate::viz::selection::Selection;
use crate::viz::theme::{SMALLEST_TEXT, indexed};

/// Chooses what is shown.
pub(super) fn tools(ui: &mut Ui, _: &ViewContext<'_>, selection: &mut Selection) {
    let help = "Scatters, or one number for each latent and factor: correlation, mutual information, importance for a linear probe";
    ComboBox::from_id_salt("factor matrix")
        .width(96.0)
        .selected_text(selection.factor_matrix.name())
        .show_ui(ui, |ui| {
            for shown in FactorMatrix::ALL {
                ui.selectable_value(&mut selection.factor_matrix, shown, shown.name());
            }
        })
        .response
        .on_hover_text(help);
}

/// The matrix, and what it is.
pub(super) struct ShownMatrix {
    /// Latents × factors.
    pub(super) values: DMatrix<f64>,
    /// The latents of the rows.
    pub(super) latents: Vec<usize>,
    unit: &'static str,
    help: &'static str,
}

/// The matrix that is asked for, or a sentence about why there is none.
pub(super) fn values(
    context: &ViewContext<'_>,
    correlation: &FactorCorrelation,
    shown: FactorMatrix,
) -> Result<ShownMatrix, String> {
    if shown == FactorMatrix::Correlation || shown == FactorMatrix::Scatters {
        let all = (0..correlation.factors.nrows()).collect();
        let help = "Correlation of the posterior mean of a latent with a factor, over the first held-out observations";
        return Ok(ShownMatrix { values: correlation.factors.clone(), latents: all, unit: "", help });
    }
    let answer = context.query(&FactorScoresQuery).ok_or("Computing…")?;
    let found = answer.as_ref().as_ref().map_err(sentence)?;
    let told = found.attributions.as_ref().ok_or("Computing…")?;
    let (matrix, unit, help) = if shown == FactorMatrix::Information {
        let help =
            "Mutual information of a latent and a factor in 20 × 20 bins, over held-out observations; active latents";
        (&told.information, "nats", help)
    } else {
        let help = "R² of one latent alone for a factor (of a category: the share of the latent's variance between classes); active latents";
        (&told.importance, "", help)
    };
    let matrix = matrix.as_ref().map_err(sentence)?;
    Ok(ShownMatrix { values: matrix.clone(), latents: found.latents.clone(), unit, help })
}

/// The rows (places among `rows`) in the order of the factors that they are matched with, then the others.
fn order(values: &DMatrix<f64>) -> Vec<usize> {
    let pairs = best_assignment(values.ncols(), values.nrows(), |k, i| values[(i, k)].abs());
    let mut order: Vec<usize> = pairs.into_iter().flatten().collect();
    order.extend((0..values.nrows()).filter(|i| !order.contains(i)).collect::<Vec<_>>());
    order
}

/// Draws the matrix.
pub(super) fn matrix(ui: &mut Ui, context: &ViewContext<'_>, correlation: &FactorCorrelation, shown: FactorMatrix) {
    let ShownMatrix { values, latents, unit, help } = match values(context, correlation, shown) {
        Ok(found) => found,
        Err(reason) => return instead(ui, &reason),
    };
    let palette = ViewContext::palette(ui);
    let order: Vec<usize> = order(&values).into_iter().take(2 * MOST).collect();
    let columns = values.ncols().min(2 * MOST);
    let values = values.select_rows(&order).columns(0, columns).into_owned();
    let rows: Vec<String> = order.iter().map(|place| indexed("z", latents[*place])).collect();
    let names: Vec<String> = context.snapshot.data.factor_names.iter().take(columns).cloned().collect();
    let area = ui.available_rect_before_wrap();
    let (gutter, header) = (26.0, 18.0);
    let font = || FontId::proportional(SMALLEST_TEXT + 1.0);
    let cell = vec2(
        ((area.width() - gutter) / columns.max(1) as f32).min(110.0),
        ((area.height() - header) / rows.len().max(1) as f32).min(64.0),
    );
    for (k, name) in names.iter().enumerate() {
        let at = pos2(area.min.x + gutter + cell.x * (k as f32 + 0.5), area.min.y);
        ui.painter().text(at, Align2::CENTER_TOP, name, font(), palette.truth);
    }
    for (k, name) in rows.iter().enumerate() {
        let at = pos2(area.min.x, area.min.y + header + cell.y * (k as f32 + 0.5));
        ui.painter().text(at, Align2::LEFT_CENTER, name, font(), palette.latent);
    }
    let place = area.with_min_x(area.min.x + gutter).with_min_y(area.min.y + header);
    ui.scope_builder(UiBuilder::new().max_rect(place).id_salt("matrix"), |ui| {
        let matrix = NamedMatrix { name: shown.name(), values, rows, columns: names, unit, help, is_scaled: false };
        heat_matrix(ui, context, &matrix, cell);
    });
    ui.allocate_rect(area, Sense::hover());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_follow_the_order_of_their_factors() {
        // Factor 1 is told by latent 3, factor 2 by latent 1; latent 2 tells nothing.
        let values = DMatrix::from_row_slice(3, 2, &[0.1, -0.9, 0.0, 0.1, 0.8, 0.2]);
        assert_eq!(order(&values), [2, 0, 1]);
    }
}
