//! Presenter mode: what it shows, and what lies over the views in it.

use eframe::egui::{Area, Context, Id, LayerId, Mesh, Order, Pos2, Sense, Shape, Vec2};

use crate::viz::motion::Motion;
use crate::viz::theme::{BLANK, SHADE};

/// Switches of presenter mode.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Presenter {
    /// The screen is black.
    pub(super) is_blank: bool,
    /// All but a circle around the pointer is dark.
    pub(super) has_spotlight: bool,
    /// Training and motion while they are held.
    pub(super) frozen: Option<Frozen>,
}

/// Training and motion that go on later.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frozen {
    pub(super) was_running: bool,
    pub(super) motion: Option<Motion>,
}

/// The radius of the spotlight as a share of the lower side of the window.
const SPOT: f32 = 0.16;

/// Covers the window with black, but for the spotlight. A black screen takes the pointer, too.
pub(super) fn cover(ctx: &Context, presenter: &Presenter) {
    let screen = ctx.content_rect();
    if presenter.is_blank {
        let area = Area::new(Id::unique("blank screen")).order(Order::Tooltip).fixed_pos(screen.min);
        area.show(ctx, |ui| {
            let (place, _) = ui.allocate_exact_size(screen.size(), Sense::click_and_drag());
            ui.painter().rect_filled(place, 0.0, BLANK);
        });
        return;
    }
    if let Some(pointer) = ctx.pointer_latest_pos().filter(|_| presenter.has_spotlight) {
        let painter = ctx.layer_painter(LayerId::new(Order::Tooltip, Id::unique("spotlight")));
        painter.add(Shape::mesh(ring(pointer, SPOT * screen.size().min_elem(), 2.0 * screen.size().length())));
    }
}

/// A dark ring between two circles.
fn ring(centre: Pos2, inner: f32, outer: f32) -> Mesh {
    const CORNERS: u32 = 96;
    let mut mesh = Mesh::default();
    for k in 0..CORNERS {
        let direction = Vec2::angled(std::f32::consts::TAU * k as f32 / CORNERS as f32);
        mesh.colored_vertex(centre + inner * direction, SHADE);
        mesh.colored_vertex(centre + outer * direction, SHADE);
        let (here, next) = (2 * k, 2 * ((k + 1) % CORNERS));
        mesh.add_triangle(here, here + 1, next);
        mesh.add_triangle(here + 1, next, next + 1);
    }
    mesh
}
