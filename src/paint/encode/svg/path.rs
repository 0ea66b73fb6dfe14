//! Rectangles and outlines as SVG writes them.

use super::markup::{Element, number, point};
use eframe::egui::epaint::CornerRadius;
use eframe::egui::{Pos2, Rect, pos2};

/// Adds corner and size of a rectangle.
pub(super) fn rectangle(element: Element<'_>, rect: Rect) -> Element<'_> {
    element.numbers([("x", rect.min.x), ("y", rect.min.y), ("width", rect.width()), ("height", rect.height())])
}

/// Appends the outline of a triangle to the data of a path.
pub(super) fn triangle(data: &mut String, [a, b, c]: [Pos2; 3]) {
    for (command, p) in [("M", a), ("L", b), (" ", c)] {
        data.push_str(command);
        point(data, p);
    }
    data.push('Z');
}

/// Appends the outline of a rectangle whose corners have different radii.
pub(super) fn rounded(data: &mut String, rect: Rect, radius: CornerRadius) {
    let most = 0.5 * rect.size().min_elem();
    let [nw, ne, se, sw] = [radius.nw, radius.ne, radius.se, radius.sw].map(|r| f32::from(r).min(most));
    let Rect { min, max } = rect;
    let sides = [
        (pos2(min.x + nw, min.y), pos2(max.x - ne, min.y), ne, pos2(max.x, min.y + ne)),
        (pos2(max.x, min.y + ne), pos2(max.x, max.y - se), se, pos2(max.x - se, max.y)),
        (pos2(max.x - se, max.y), pos2(min.x + sw, max.y), sw, pos2(min.x, max.y - sw)),
        (pos2(min.x, max.y - sw), pos2(min.x, min.y + nw), nw, pos2(min.x + nw, min.y)),
    ];
    for (k, (start, end, radius, next)) in sides.into_iter().enumerate() {
        if k == 0 {
            data.push('M');
            point(data, start);
        }
        data.push('L');
        point(data, end);
        if radius > 0.0 {
            data.push('A');
            number(data, radius);
            data.push(' ');
            number(data, radius);
            data.push_str(" 0 0 1 ");
            point(data, next);
        }
    }
    data.push('Z');
}
