//! The header tools of latent space: colours, and the latents on the axes.

use eframe::egui::{Role, Ui, WidgetInfo};

use super::ui::has_pairs;
use crate::geometry::MapQuantity;
use crate::viz::context::ViewContext;
use crate::viz::draw::colors::color_names;
use crate::viz::selection::Selection;
use crate::viz::theme::indexed;

/// The header tools: colours, and the two latents on the axes.
pub(super) fn tools(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    colors(ui, context, selection);
    axes(ui, context, selection);
}

/// The menu of colours, of latent space and data space.
fn colors(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    ui.menu_button("colours ▾", |ui| {
        ui.weak("latent plane and its image");
        ui.radio_value(&mut selection.heat, None, "plain");
        for quantity in MapQuantity::ALL {
            let help = format!("{}, of the columns of the active latents at each point", meaning(quantity));
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

/// What a quantity is.
fn meaning(quantity: MapQuantity) -> &'static str {
    match quantity {
        MapQuantity::Gap => "What the best diagonal posterior loses against the best full one, in nats",
        MapQuantity::Contrast => "How far the columns are from orthogonal, in nats",
        MapQuantity::Density => "The density of decoded samples of the prior on the manifold",
        MapQuantity::Anisotropy => "The largest singular value as a multiple of the smallest",
    }
}

/// The menu of the two shown latents, or all pairs of them, for three latents or more.
fn axes(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    let m = context.snapshot.latent_dim();
    if m < 3 {
        return;
    }
    let pairs = has_pairs(m);
    let [a, b] = selection.axes.map(|i| indexed("z", i));
    let shown = if pairs && selection.pairs { "all pairs ▾".to_owned() } else { format!("{a}, {b} ▾") };
    ui.menu_button(shown, |ui| {
        if pairs {
            let help = "Show every pair of latents as a plane of its own; dragging z* in one moves its two coordinates";
            ui.toggle_value(&mut selection.pairs, "all pairs").on_hover_text(help);
            ui.separator();
        }
        for (k, name) in ["across", "up"].into_iter().enumerate() {
            ui.horizontal_wrapped(|ui| {
                ui.label(name);
                for i in 0..m {
                    let button = ui.selectable_label(selection.axes[k] == i, indexed("z", i));
                    let help = format!("{} {name}", indexed("z", i));
                    button.widget_info(|| WidgetInfo::selected(Role::Button, true, selection.axes[k] == i, &help));
                    if button.clicked() {
                        choose_axis(selection, k, i);
                    }
                }
            });
        }
    })
    .response
    .on_hover_text("The latents across and up");
}

/// Puts a latent on an axis. Choosing the one of the other axis swaps them.
fn choose_axis(selection: &mut Selection, axis: usize, latent: usize) {
    selection.pairs = false;
    if latent == selection.axes[1 - axis] {
        selection.axes.swap(0, 1);
    } else {
        selection.axes[axis] = latent;
    }
}
