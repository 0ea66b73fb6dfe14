//! Latents against true factors: every pair as a small scatter or as a cell of a matrix, with the matching that the mean correlation
//! coefficient counts, scores, and the angles between true seams and those of the model.

mod matrix;
mod numbers;
mod query;
mod scatters;
mod scores;

use eframe::egui::{Sense, Ui, UiBuilder, vec2};

use self::numbers::sentence;
use self::scatters::MOST;
use crate::geometry::Undefined;
use crate::io::Csv;
use crate::viz::context::ViewContext;
use crate::viz::draw::labels::instead;
use crate::viz::factor_matrix::FactorMatrix;
use crate::viz::selection::Selection;
use crate::viz::view::View;
use crate::viz::view_spec::{Dependency, NOT_YET, Needs, Region, Table, ViewSpec};

/// The specification.
pub(super) const SPEC: ViewSpec = ViewSpec {
    view: View { name: "factors", title: "Factors", short_title: "Factors" },
    old_names: &[],
    is_shared: false,
    needs: Needs::Encoder,
    region: Region::Densities,
    figure_size: (640.0, 520.0),
    least_size: (480.0, 340.0),
    depends_on: &[Dependency::Latent, Dependency::Step],
    ui: show,
    tools: matrix::tools,
    figure_legend: ViewSpec::no_legend,
    is_full_bleed: ViewSpec::with_margin,
    table,
};

/// Draws the view; chooses the factor that colours points.
fn show(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    let data = &context.snapshot.data;
    let (Some(factors), Some(correlation)) = (&data.test.factors, &context.snapshot.correlation) else {
        return instead(ui, &sentence(Undefined::NoTrueFactors));
    };
    let area = ui.available_rect_before_wrap();
    let text = 214.0_f32.min(0.46 * area.width());
    let (left, right) = area.split_left_right_at_x(area.max.x - text);
    ui.scope_builder(UiBuilder::new().max_rect(left.with_max_x(left.max.x - 8.0)).id_salt("scatters"), |ui| {
        match selection.factor_matrix {
            FactorMatrix::Scatters => scatters::scatters(ui, context, selection, factors, correlation),
            shown => matrix::matrix(ui, context, correlation, shown),
        }
    });
    ui.scope_builder(UiBuilder::new().max_rect(right.shrink2(vec2(0.0, 4.0))).id_salt("numbers"), |ui| {
        if !context.is_figure() {
            numbers::colors(ui, context, selection);
        }
        let (shown, all) = (
            MOST * if selection.factor_matrix == FactorMatrix::Scatters { 1 } else { 2 },
            context.snapshot.latent_dim(),
        );
        if all > shown {
            ui.weak(format!("{shown} of {all} latents"));
        }
        numbers::coefficient(ui, context);
        numbers::angles(ui, context);
        scores::scores(ui, context);
    });
    ui.allocate_rect(area, Sense::hover());
}

/// The shown matrix, which beside scatters is that of correlations.
fn table(context: &ViewContext<'_>, selection: &Selection) -> Table {
    let correlation = context.snapshot.correlation.as_ref().ok_or("the true factors of this data are not known")?;
    let shown = matrix::values(context, correlation, selection.factor_matrix).map_err(|_reason| NOT_YET)?;
    let mut csv = Csv::new(["latent".to_owned()].into_iter().chain(context.snapshot.data.factor_names.iter().cloned()));
    for (row, latent) in shown.values.row_iter().zip(&shown.latents) {
        csv.push([format!("z_{}", latent + 1)], row.iter().copied());
    }
    Ok(csv)
}
