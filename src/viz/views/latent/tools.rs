//! The header tools of latent space: colours, and the latents on the axes.

use eframe::egui::{ComboBox, Ui};

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

/// The menus of the two shown latents, and the switch to all pairs, for three latents or more.
fn axes(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    let m = context.snapshot.latent_dim();
    if m < 3 {
        return;
    }
    if has_pairs(m) {
        let help = "Show every pair of latents as a plane of its own; dragging z* in one moves its two coordinates";
        ui.toggle_value(&mut selection.pairs, "all pairs").on_hover_text(help);
        if selection.pairs {
            return;
        }
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
