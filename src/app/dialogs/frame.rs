//! The window of a dialog, which is modal: the keyboard and the mouse stay in it, while the run behind it goes on.

use eframe::egui::{
    Area, Context, Id, Key, LayerId, Modifiers, Order, Popup, Rect, Response, Sense, Ui, Vec2, Widget, Window,
};

/// The least width, for a long path.
const WIDTH: f32 = 560.0;

/// The keys of a dialog in this frame.
#[derive(Debug)]
pub(super) struct DialogKeys {
    /// The dialog has just opened.
    opened: bool,
    /// Enter was pressed, and not for a button that has the focus.
    entered: bool,
    /// The buttons that Enter presses while they have the focus.
    own_enter: Vec<Id>,
}

impl DialogKeys {
    /// The control that the dialog is for: it has the focus when the dialog opens.
    pub(super) fn start_at(&self, response: &Response) {
        if self.opened {
            response.request_focus();
        }
    }

    /// True if the default button was pressed, by Enter or by itself.
    pub(super) fn press(&self, default: &Response) -> bool {
        default.clicked() || (self.entered && default.enabled())
    }

    /// True if Enter was pressed, and not for a button that has the focus.
    pub(super) fn entered(&self) -> bool {
        self.entered
    }

    /// Draws another button, or a number: Enter presses it, or ends its edit, only while it has the focus.
    pub(super) fn button(&mut self, ui: &mut Ui, enabled: bool, button: impl Widget) -> Response {
        let response = ui.add_enabled(enabled, button);
        self.own_enter.push(response.id);
        response
    }
}

/// Draws a dialog, of this size or as large as its contents. It keeps its upper edge when they change.
pub(super) fn dialog(
    ctx: &Context,
    id: &'static str,
    title: &str,
    size: Option<Vec2>,
    contents: impl FnOnce(&mut Ui, &mut DialogKeys),
) {
    let (layer, buttons) = (LayerId::new(Order::Middle, Id::unique(id)), Id::unique((id, "buttons")));
    let own_enter: Vec<Id> = ctx.data(|data| data.get_temp(buttons)).unwrap_or_default();
    let opened = !ctx.memory_mut(|memory| {
        memory.set_modal_layer(layer);
        memory.areas().visible_last_frame(&layer)
    });
    let focused = ctx.memory(|memory| memory.focused());
    let is_outside = |id: Id| ctx.read_response(id).is_some_and(|response| response.layer_id != layer);
    let has_own_enter = focused.is_some_and(|id| own_enter.contains(&id) || is_outside(id));
    let is_free = !has_own_enter && !Popup::is_any_open(ctx);
    let entered = is_free && ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Enter));

    let room = ctx.content_rect();
    cover(ctx, id, room);
    let width = size.map_or(WIDTH, |size| size.x);
    let place = room.left_top() + Vec2::new((room.width() - width) / 2.0, 0.12 * room.height());
    let window = Window::new(title).id(layer.id).order(layer.order).collapsible(false).resizable(false);
    let window = match size {
        Some(size) => window.fixed_size(size),
        None => window.default_width(WIDTH),
    };
    let mut keys = DialogKeys { opened, entered, own_enter: Vec::new() };
    window.default_pos(place).show(ctx, |ui| contents(ui, &mut keys));
    ctx.data_mut(|data| data.insert_temp(buttons, keys.own_enter));
}

/// Covers what lies behind the dialog: it stays visible and takes no clicks. A picture of the window may arrive, and open its dialog, while
/// another one is open: each has a cover of its own.
fn cover(ctx: &Context, id: &'static str, room: Rect) {
    let area = Area::new(Id::unique((id, "behind the dialog"))).order(Order::Background);
    area.fixed_pos(room.min).constrain(false).show(ctx, |ui| ui.allocate_rect(room, Sense::CLICK | Sense::DRAG));
}
