//! SVG files of shapes and of whole user interfaces.

use super::document::{SvgOptions, to_svg};
use super::image::write_quad;
use super::markup::{factor, number};
use crate::paint::encode::quad::TexturedQuad;
use crate::paint::layer::Layer;
use crate::paint::raster::canvas::Canvas;
use crate::paint::raster::offscreen::Offscreen;
use crate::paint::raster::offscreen::tests::sample_ui;
use eframe::egui::emath::Rot2;
use eframe::egui::epaint::{
    CircleShape, ClippedShape, CornerRadius, Mesh, PathStroke, RectShape, StrokeKind, TextShape,
};
use eframe::egui::text::LayoutJob;
use eframe::egui::{
    Color32, ColorImage, FontId, Rect, Shape, Stroke, TextFormat, TextureHandle, TextureId, TextureOptions, Ui, pos2,
    vec2,
};
use std::sync::Arc;

/// A context that has laid out something, so that it has fonts.
fn offscreen() -> Offscreen {
    let mut offscreen = Offscreen::new(1, |_| ());
    drop(offscreen.settle(&canvas(), 0.0, |ui| {
        ui.label("fonts");
    }));
    offscreen
}

fn canvas() -> Canvas {
    Canvas::new(vec2(560.0, 360.0))
}

fn options() -> SvgOptions<'static> {
    SvgOptions {
        size: canvas().size,
        text_scale: 1.0,
        background: Some(Color32::WHITE),
        pixels_per_point: 2.0,
        texts: &[],
    }
}

fn svg_of(offscreen: &Offscreen, shapes: Vec<Shape>) -> String {
    let shapes: Vec<_> = shapes.into_iter().map(|shape| ClippedShape::new(Rect::EVERYTHING, shape)).collect();
    let svg = to_svg(offscreen.context(), offscreen.rasterizer(), &shapes, &options());
    check(&svg);
    svg
}

/// Fails unless the tags are balanced, attributes are quoted and `&` is escaped: enough of XML for what is written
/// here.
fn check(svg: &str) {
    let mut open: Vec<&str> = Vec::new();
    let body = svg.split_once("?>").unwrap().1;
    let mut rest = body.trim();
    while let Some((text, after)) = rest.split_once('<') {
        assert!(
            text.split('&').skip(1).all(|t| ["amp;", "lt;", "gt;", "quot;"].iter().any(|e| t.starts_with(e))),
            "{text}"
        );
        let (tag, after) = after.split_once('>').unwrap();
        let quotes = tag.matches('"').count();
        assert_eq!(quotes % 2, 0, "{tag}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(tag.split_whitespace().next().unwrap());
        }
        let names: Vec<_> = tag.split('"').step_by(2).map(str::trim).collect();
        assert!(
            names.iter().enumerate().all(|(k, n)| names[..k].iter().all(|m| m != n || n.is_empty())),
            "twice in {tag}"
        );
        rest = after;
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
}

fn count(svg: &str, tag: &str) -> usize {
    svg.matches(&format!("<{tag} ")).count()
}

#[test]
fn a_user_interface_becomes_well_formed_and_its_text_stays_text() {
    let svg = || {
        let mut offscreen = Offscreen::new(2, |_| ());
        let output = offscreen.settle(&canvas(), 0.0, sample_ui);
        let options = SvgOptions { texts: &[("Title", "seams & such"), ("seed", "7")], ..options() };
        to_svg(offscreen.context(), offscreen.rasterizer(), &output.shapes, &options)
    };
    let text = svg();
    check(&text);
    assert_eq!(svg(), text, "the same input gives the same bytes");
    for expected in [
        ">Controls &amp; &lt;marks&gt;</text>",
        ">struck</text>",
        ">code √x ≤ σ²</text>",
        "'Hack', 'Ubuntu-Light', 'Ubuntu Light', 'Ubuntu', ",
        "monospace\"",
        ">density</text>",
        "<title>seams &amp; such</title>",
        "<t:text keyword=\"seed\">7</t:text>",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    assert!(text.contains("transform=\"rotate(-90 "), "the label of the y axis");
    assert_eq!(count(&text, "image"), 0, "nothing has to be painted");
}

#[test]
fn shapes_become_their_own_elements() {
    let stroke = Stroke::new(2.0, Color32::RED);
    let rect = Rect::from_min_size(pos2(10.0, 20.0), vec2(30.0, 40.0));
    let line = |x: f32| Shape::line_segment([pos2(x, 0.0), pos2(x, 10.0)], stroke);
    let svg = svg_of(
        &offscreen(),
        vec![
            Shape::Circle(CircleShape { center: pos2(50.0, 60.0), radius: 7.0, fill: Color32::BLUE, stroke }),
            Shape::rect_stroke(rect, 3, stroke, StrokeKind::Outside),
            line(1.0),
            line(2.0),
            line(3.5),
            Shape::line(vec![pos2(0.0, 0.0), pos2(5.25, 5.0), pos2(9.0, 0.0)], stroke),
            Shape::convex_polygon(vec![pos2(0.0, 0.0), pos2(5.0, 5.0), pos2(9.0, 0.0)], Color32::GREEN, Stroke::NONE),
        ],
    );
    let red = "stroke=\"#ff0000\" stroke-width=\"2\"";
    for expected in [
        &format!("<circle cx=\"50\" cy=\"60\" r=\"8\" fill=\"#0000ff\" {red}/>"),
        &format!("<rect x=\"9\" y=\"19\" width=\"32\" height=\"42\" rx=\"4\" fill=\"none\" {red}/>"),
        &format!("<path d=\"M1 0L1 10M2 0L2 10M3.5 0L3.5 10\" {red}/>"),
        &format!("<polyline points=\"0 0 5.25 5 9 0\" fill=\"none\" {red}/>"),
        "<polygon points=\"0 0 5 5 9 0\" fill=\"#00ff00\"/>",
    ] {
        assert!(svg.contains(expected), "{expected} in {svg}");
    }
}

#[test]
fn one_clip_path_serves_a_run_of_shapes() {
    let offscreen = offscreen();
    let clip = Rect::from_min_size(pos2(100.0, 100.0), vec2(50.0, 50.0));
    let disc = |clip, x: f32| ClippedShape::new(clip, Shape::circle_filled(pos2(x, 120.0), 9.0, Color32::RED));
    // Two cut, one outside, one that needs no clip, one cut again, one free.
    let shapes =
        [disc(clip, 100.0), disc(clip, 145.0), disc(clip, 300.0), disc(Rect::EVERYTHING, 9.0), disc(clip, 104.0)];
    let svg = to_svg(offscreen.context(), offscreen.rasterizer(), &shapes, &options());
    check(&svg);
    assert_eq!((count(&svg, "clipPath"), count(&svg, "g"), count(&svg, "circle")), (1, 2, 4));
    assert_eq!(svg.matches("url(#clip1)").count(), 2);
}

fn discs(count: usize, color: Color32) -> Mesh {
    let mut mesh = Mesh::default();
    for k in 0..count {
        let at = |stride: f32| (stride * k as f32).fract();
        let center = pos2(560.0 * at(0.618_034), 360.0 * at(0.754_878));
        let first = mesh.vertices.len() as u32;
        mesh.colored_vertex(center, color);
        for side in 0..9_u32 {
            let (sin, cos) = (std::f32::consts::TAU * side as f32 / 8.0).sin_cos();
            mesh.colored_vertex(center + 2.0 * vec2(cos, sin), color);
            if side > 0 {
                mesh.add_triangle(first, first + side, first + side + 1);
            }
        }
    }
    mesh
}

#[test]
fn few_points_are_vectors_and_many_are_painted() {
    let offscreen = offscreen();
    let mesh = |count, color| svg_of(&offscreen, vec![Shape::mesh(discs(count, color))]);
    let few = mesh(100, Color32::RED);
    assert_eq!((count(&few, "path"), count(&few, "image")), (1, 0));
    // Where translucent points lie on each other it must be seen.
    let translucent = mesh(100, Color32::RED.gamma_multiply(0.5));
    assert_eq!((count(&translucent, "path"), count(&translucent, "image")), (100, 0));
    let many = mesh(20_000, Color32::RED);
    assert_eq!((count(&many, "path"), count(&many, "image")), (0, 1));
    assert!(many.len() < 3_000_000, "{} bytes", many.len());
}

#[test]
fn shaded_meshes_share_one_picture_while_nothing_comes_between() {
    let shaded = |x: f32| {
        let mut mesh = Mesh::default();
        for (dx, dy, color) in [(0.0, 0.0, Color32::RED), (30.0, 0.0, Color32::BLUE), (0.0, 30.0, Color32::GREEN)] {
            mesh.colored_vertex(pos2(x + dx, 50.0 + dy), color);
        }
        mesh.add_triangle(0, 1, 2);
        Shape::mesh(mesh)
    };
    let disc = Shape::circle_filled(pos2(9.0, 9.0), 5.0, Color32::RED);
    let offscreen = offscreen();
    assert_eq!(count(&svg_of(&offscreen, vec![shaded(10.0), shaded(80.0)]), "image"), 1);
    assert_eq!(count(&svg_of(&offscreen, vec![shaded(10.0), disc, shaded(80.0)]), "image"), 2);
}

#[test]
fn a_texture_is_embedded_at_its_own_resolution() {
    let mut offscreen = offscreen();
    let mut texture: Option<TextureHandle> = None;
    let output = offscreen.settle(&canvas(), 0.0, |ui| {
        let load = || {
            let image = ColorImage::filled([7, 5], Color32::RED);
            ui.ctx().load_texture("scene", image, TextureOptions::NEAREST)
        };
        let texture = texture.get_or_insert_with(load);
        ui.image((texture.id(), vec2(140.0, 100.0)));
    });
    let svg = to_svg(offscreen.context(), offscreen.rasterizer(), &output.shapes, &options());
    check(&svg);
    assert_eq!(count(&svg, "image"), 1);
    assert!(svg.contains("width=\"140\" height=\"100\" image-rendering=\"pixelated\""), "{svg}");
    // The header of a PNG file of 7 × 5 pixels: "…IHDR", 0007, 0005.
    assert!(svg.contains("base64,iVBORw0KGgoAAAANSUhEUgAAAAcAAAAF"), "{svg}");
}

#[test]
fn a_turned_texture_gets_a_matrix() {
    let offscreen = offscreen();
    let mut mesh = Mesh::with_texture(TextureId::default());
    mesh.add_rect_with_uv(
        Rect::from_min_size(pos2(50.0, 50.0), vec2(40.0, 20.0)),
        Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0)),
        Color32::WHITE,
    );
    mesh.rotate(Rot2::from_angle(std::f32::consts::FRAC_PI_2), pos2(50.0, 50.0));
    let quad = TexturedQuad::of(&mesh).unwrap();
    let texture = offscreen.rasterizer().texture(TextureId::default()).unwrap();
    let mut out = String::new();
    assert!(write_quad(&mut out, &quad, texture));
    let [w, h] = texture.size().map(|n| n as f32);
    let mut edges = String::new();
    factor(&mut edges, 40.0 / w);
    edges.push(' ');
    factor(&mut edges, -20.0 / h);
    assert!(out.contains(&edges), "{edges} in {}", &out[..200]);
    assert!(TexturedQuad::of(&discs(1, Color32::RED)).is_none());
}

#[test]
fn text_is_written_run_by_run_where_egui_put_it() {
    let offscreen = offscreen();
    let galley = offscreen.context().fonts_mut(|fonts| {
        let mut job = LayoutJob::default();
        let format = |size, color| TextFormat::simple(FontId::proportional(size), color);
        job.append("red & ", 0.0, format(14.0, Color32::RED));
        job.append("blue\nnext", 0.0, format(20.0, Color32::BLUE));
        fonts.layout_job(job)
    });
    let second = galley.rows[0].row.glyphs[6].pos.x;
    let text = TextShape::new(pos2(10.0, 10.0), Arc::clone(&galley), Color32::GRAY).with_angle(0.5);
    let svg = svg_of(&offscreen, vec![Shape::Text(text)]);
    for expected in [">red &amp;</text>", ">blue</text>", ">next</text>", "font-size=\"20\"", "rotate(28.648 10 10)"] {
        assert!(svg.contains(expected), "{expected} in {svg}");
    }
    let mut x = String::new();
    number(&mut x, 10.0 + second);
    assert!(svg.contains(&format!("<text x=\"{x}\"")), "{x} in {svg}");

    let faded = TextShape::new(pos2(10.0, 10.0), galley, Color32::GRAY).with_override_text_color(Color32::BLACK);
    let svg = svg_of(&offscreen, vec![Shape::Text(faded.with_opacity_factor(0.5))]);
    assert_eq!(svg.matches("fill=\"#000000\" fill-opacity=\"0.502\"").count(), 3);
}

#[test]
fn rounded_corners_of_different_radii_become_a_path() {
    let radius = CornerRadius { nw: 5, ne: 0, sw: 200, se: 1 };
    let rect = Rect::from_min_size(pos2(10.0, 20.0), vec2(30.0, 40.0));
    let svg = svg_of(&offscreen(), vec![Shape::rect_filled(rect, radius, Color32::RED)]);
    assert!(svg.contains("M15 20L40 20L40 59A1 1 0 0 1 39 60L25 60A15 15 0 0 1 10 45L10 25A5 5 0 0 1 15 20Z"), "{svg}");
}

#[test]
fn layers_become_groups_inside_each_other() {
    let mut offscreen = offscreen();
    let ui = |ui: &mut Ui| {
        for name in ["A · Data space", "3"] {
            Layer::begin(ui.painter(), 0, name);
            for (inner, label) in ["axes", "marks", "marks"].into_iter().zip(["x", "few", "many"]) {
                Layer::begin(ui.painter(), 1, "empty");
                Layer::begin(ui.painter(), 1, inner);
                ui.label(label);
            }
        }
    };
    let output = offscreen.settle(&canvas(), 0.0, ui);
    let svg = to_svg(offscreen.context(), offscreen.rasterizer(), &output.shapes, &options());
    check(&svg);
    let ids: Vec<_> = svg.split("<g id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let expected = ["a-data-space", "a-data-space-axes", "a-data-space-marks", "a-data-space-marks-2"];
    assert_eq!(ids[..4], expected);
    assert_eq!(ids[4..], ["layer-3", "layer-3-axes", "layer-3-marks", "layer-3-marks-2"]);
    assert!(svg.contains("inkscape:groupmode=\"layer\" inkscape:label=\"A · Data space\""), "{svg}");
    let [first, rest] = svg.split_once("<g id=\"a-data-space-marks-2\"").map(|(a, b)| [a, b]).unwrap();
    assert!(first.contains(">few</text>\n</g>") && rest.split("</g>").next().unwrap().contains(">many</text>"));
}

#[test]
fn what_cannot_be_said_in_svg_is_painted() {
    let offscreen = offscreen();
    let rainbow = PathStroke::new_uv(3.0, |_, p| if p.x > 50.0 { Color32::RED } else { Color32::BLUE });
    let path = Shape::line(vec![pos2(10.0, 10.0), pos2(90.0, 30.0)], rainbow);
    let shadow = RectShape::filled(Rect::from_min_size(pos2(99.0, 9.0), vec2(40.0, 40.0)), 4, Color32::BLACK)
        .with_blur_width(8.0);
    assert_eq!(count(&svg_of(&offscreen, vec![path, Shape::Rect(shadow)]), "image"), 1);
}

#[test]
fn a_label_with_a_halo_is_one_text_of_natural_width() {
    let offscreen = offscreen();
    let galley = offscreen
        .context()
        .fonts_mut(|fonts| fonts.layout_no_wrap("s₁ = 0.80".to_owned(), FontId::proportional(13.0), Color32::BLACK));
    let copy = |x: f32, y: f32, color: Option<Color32>| {
        let mut text = TextShape::new(pos2(50.0 + x, 60.0 + y), Arc::clone(&galley), Color32::BLACK);
        text.override_text_color = color;
        Shape::Text(text)
    };
    let ring = [(1.7, 0.0), (0.0, 1.7), (-1.7, 0.0), (0.0, -1.7)];
    let mut shapes: Vec<Shape> = ring.into_iter().map(|(x, y)| copy(x, y, Some(Color32::WHITE))).collect();
    shapes.push(copy(0.0, 0.0, None));
    let svg = svg_of(&offscreen, shapes);
    assert_eq!(svg.matches("<text ").count(), 1, "{svg}");
    assert!(svg.contains("stroke=\"#ffffff\"") && svg.contains("stroke-width=\"3.4\""), "{svg}");
    assert!(svg.contains("paint-order=\"stroke\"") && !svg.contains("textLength"), "{svg}");
    // The same label elsewhere is another label.
    let svg = svg_of(&offscreen, vec![copy(0.0, 0.0, None), copy(80.0, 0.0, None)]);
    assert_eq!(svg.matches("<text ").count(), 2);
}
