//! What views remark about a frame, for who draws it without a person who would see it.

use eframe::egui::{Context, Id, Ui};

/// A remark of a view.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Remark {
    /// There is nothing to see, for this reason.
    Nothing(String),
    /// There was no room for this.
    LeftOut(&'static str),
}

/// The remarks of one pass.
#[derive(Clone, Default)]
struct RemarksOfPass {
    pass: u64,
    remarks: Vec<Remark>,
}

/// Makes a remark about the present pass.
pub(crate) fn remark(ui: &Ui, remark: Remark) {
    let pass = ui.ctx().cumulative_pass_nr();
    ui.data_mut(|data| {
        let known: &mut RemarksOfPass = data.get_temp_mut_or_default(Id::NULL);
        if known.pass != pass {
            *known = RemarksOfPass { pass, remarks: Vec::new() };
        }
        known.remarks.push(remark);
    });
}

/// The remarks about the pass before.
pub(crate) fn last_remarks(ctx: &Context) -> Vec<Remark> {
    let last = ctx.cumulative_pass_nr().saturating_sub(1);
    let known: Option<RemarksOfPass> = ctx.data(|data| data.get_temp(Id::NULL));
    known.filter(|known| known.pass == last).map(|known| known.remarks).unwrap_or_default()
}
