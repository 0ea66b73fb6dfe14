//! An exact A-buffer: every sample keeps all fragments in front of the nearest opaque one, sorted by depth.
//!
//! Intersecting translucent surfaces therefore composite exactly (Carpenter 1984, without his approximations). The
//! picture is cut into tiles so that the fragments of one fit into the cache. Balls, lines and silhouettes carry their
//! coverage as opacity, which makes edges smooth without supersampling.

use super::assembly::project;
use super::camera::Camera;
use super::scene3::Scene3;
use super::tile::Tile;
use super::tiles::Tiles;
use crate::paint::parallel;
use crate::paint::picture::Picture;
use eframe::egui::Color32;

/// Size and quality of a rendering.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Width of the picture in pixels.
    pub width: usize,
    /// Height of the picture in pixels.
    pub height: usize,
    /// The scale of widths and radii, which are in points.
    pub pixels_per_point: f32,
    /// Samples along each side of a pixel, 1–8: 1 while something moves, 2 when it is still.
    pub supersample: usize,
    /// The number of threads, on which the picture does not depend.
    pub threads: usize,
    /// The colour behind everything.
    pub background: Color32,
}

/// Draws a scene.
pub fn render(scene: &Scene3, camera: &Camera, frame: &Frame) -> Picture {
    let Frame { width, height, .. } = *frame;
    let supersample = frame.supersample.clamp(1, 8);
    let samples = [width, height].map(|n| (n * supersample) as f32);
    let projector = camera.projector(samples);
    let primitives = project(scene, &projector, samples, frame.pixels_per_point * supersample as f32);
    let tiles = Tiles::new(&primitives, width, height, supersample);

    let mut picture = Picture::filled(width, height, frame.background);
    if picture.pixels.is_empty() {
        return picture;
    }
    let bands = picture.pixels.chunks_mut(width * tiles.height).enumerate();
    parallel::for_each(frame.threads, bands, Tile::default, |tile, (row, pixels)| {
        for column in 0..tiles.columns {
            let members = tiles.members(row, column);
            if members.is_empty() {
                continue;
            }
            tile.clear(tiles.samples(row, column));
            for member in members {
                tile.draw(&primitives[*member as usize]);
            }
            tile.group();
            let left = column * tiles.width;
            let right = (left + tiles.width).min(width);
            for (y, pixels) in pixels.chunks_mut(width).enumerate() {
                tile.resolve(y, supersample, frame.background, &mut pixels[left..right]);
            }
        }
    });
    picture
}

#[cfg(test)]
mod tests {
    use super::super::bounds::Bounds;
    use super::super::scene3::{Arrow, Cloud, CloudPoint, Curve, WireBox};
    use super::super::surface::Surface;
    use super::*;
    use std::f32::consts::{FRAC_PI_2, PI, TAU};

    const FRAME: Frame = Frame {
        width: 150,
        height: 100,
        pixels_per_point: 1.0,
        supersample: 1,
        threads: 1,
        background: Color32::WHITE,
    };

    /// From above; 50 pixels per unit, the origin in the corner of the pixels 74 and 75, 49 and 50.
    fn above() -> Camera {
        Camera { azimuth: -FRAC_PI_2, elevation: FRAC_PI_2, half_height: 1.0, ..Camera::default() }
    }

    /// The plane z = slope · x over [−1, 1]².
    fn plane(slope: f32, color: Color32, opacity: f32) -> Surface {
        Surface::from_fn(9, 9, opacity, |row, column| {
            let (x, y) = (column as f32 / 4.0 - 1.0, row as f32 / 4.0 - 1.0);
            ([x, y, slope * x], color)
        })
    }

    fn surfaces(surfaces: &[Surface]) -> Scene3 {
        Scene3 { surfaces: surfaces.to_vec(), ..Scene3::default() }
    }

    fn point(position: [f32; 3], radius: f32, color: Color32) -> Scene3 {
        Scene3 { clouds: vec![Cloud { points: vec![CloudPoint { position, color }], radius }], ..Scene3::default() }
    }

    fn curve(positions: Vec<[f32; 3]>, width: f32) -> Scene3 {
        Scene3 { curves: vec![Curve::new(positions, Color32::BLACK, width)], ..Scene3::default() }
    }

    fn join(a: Scene3, b: Scene3) -> Scene3 {
        Scene3 {
            surfaces: [a.surfaces, b.surfaces].concat(),
            clouds: [a.clouds, b.clouds].concat(),
            curves: [a.curves, b.curves].concat(),
            arrows: [a.arrows, b.arrows].concat(),
            boxes: [a.boxes, b.boxes].concat(),
        }
    }

    fn over(front: Color32, back: Color32) -> [f32; 4] {
        let through = 1.0 - f32::from(front.a()) / 255.0;
        std::array::from_fn(|k| f32::from(front.to_array()[k]) + through * f32::from(back.to_array()[k]))
    }

    fn differ(color: Color32, expected: [f32; 4]) -> f32 {
        color.to_array().iter().zip(expected).map(|(a, b)| (f32::from(*a) - b).abs()).fold(0.0, f32::max)
    }

    /// Something of everything.
    fn crowd() -> Scene3 {
        let sheet = |tilt: f32, color| {
            Surface::from_fn(21, 21, 0.6, |row, column| {
                let (u, v) = (0.1 * column as f32 - 1.0, 0.1 * row as f32 - 1.0);
                ([u, v, 0.3 * (3.0 * u).sin() + tilt * v], color)
            })
        };
        let golden = |k: usize| (0.618 * k as f32).fract() * 2.0 - 1.0;
        let cloud_point =
            |k| CloudPoint { position: [golden(k), golden(7 * k), golden(13 * k)], color: Color32::DARK_GREEN };
        let wave = (0..100).map(|k| 0.02 * k as f32 - 1.0).map(|u| [u, 0.2, 0.3 * (3.0 * u).sin() + 0.16]);
        Scene3 {
            surfaces: vec![sheet(0.8, Color32::LIGHT_BLUE), sheet(-0.5, Color32::GOLD)],
            clouds: vec![Cloud { points: (0..300).map(cloud_point).collect(), radius: 2.0 }],
            curves: vec![Curve::new(wave.collect(), Color32::RED, 2.0).dashed(&[6.0, 3.0])],
            arrows: vec![Arrow { from: [0.0; 3], to: [0.5, 0.4, 0.6], color: Color32::BLACK, width: 3.0 }],
            boxes: vec![wire_box()],
        }
    }

    fn wire_box() -> WireBox {
        WireBox { bounds: Bounds { min: [-1.0; 3], max: [1.0; 3] }, color: Color32::GRAY, width: 1.0 }
    }

    /// From wherever one looks, no edge of a box lies over what fills it.
    #[test]
    fn no_edge_of_a_box_lies_over_what_is_inside() {
        let place = |k: usize| [k % 20, k / 20 % 20, k / 400].map(|i| 0.1 * i as f32 - 0.95);
        let points = (0..8000).map(|k| CloudPoint { position: place(k), color: Color32::BLUE }).collect();
        let full = Scene3 { clouds: vec![Cloud { points, radius: 3.0 }], ..Scene3::default() };
        let framed = join(full.clone(), Scene3 { boxes: vec![wire_box()], ..Scene3::default() });
        for (azimuth, elevation) in [(0.4, 0.3), (2.0, 0.5), (-2.4, -0.4), (3.9, 0.9)] {
            let camera = Camera { azimuth, elevation, half_height: 2.0, ..Camera::default() };
            let [bare, framed] = [&full, &framed].map(|scene| render(scene, &camera, &FRAME));
            // Away from the outline, where the far edges end.
            let inside =
                |x: usize, y: usize| (x - 4..=x + 4).all(|x| (y - 4..=y + 4).all(|y| bare.get(x, y) != Color32::WHITE));
            let pixels = (4..FRAME.height - 4).flat_map(|y| (4..FRAME.width - 4).map(move |x| (x, y)));
            let changed = |(x, y): &(usize, usize)| bare.get(*x, *y) != framed.get(*x, *y);
            let (inner, outer): (Vec<_>, Vec<_>) = pixels.partition(|(x, y)| inside(*x, *y));
            assert!(inner.len() > 500 && outer.iter().filter(|at| changed(at)).count() > 20, "the box is seen");
            assert_eq!(inner.iter().filter(|at| changed(at)).count(), 0, "from {azimuth}, {elevation}");
        }
    }

    #[test]
    fn crossing_translucent_planes_change_order_at_their_crossing_line() {
        let (red, blue) = (plane(0.7, Color32::RED, 0.5), plane(-0.7, Color32::BLUE, 0.25));
        let alone = |surface: &Surface| {
            let frame = Frame { background: Color32::TRANSPARENT, ..FRAME };
            render(&surfaces(std::slice::from_ref(surface)), &above(), &frame).get(70, 50)
        };
        let (red_alone, blue_alone) = (alone(&red), alone(&blue));
        assert_eq!((red_alone.a(), blue_alone.a()), (128, 64));
        let picture = render(&surfaces(&[red, blue]), &above(), &Frame { background: Color32::TRANSPARENT, ..FRAME });
        let (left, right) = (over(blue_alone, red_alone), over(red_alone, blue_alone));
        assert!((left[0] - right[0]).abs() > 10.0, "the order matters");
        for y in 10..90 {
            for x in 30..120 {
                let expected = if x < 75 { left } else { right };
                assert!(differ(picture.get(x, y), expected) <= 1.0, "({x}, {y}): {:?} {expected:?}", picture.get(x, y));
            }
        }
    }

    #[test]
    fn a_point_behind_a_surface_shows_through_and_one_in_front_covers_it() {
        let sheet = plane(0.0, Color32::LIGHT_BLUE, 0.5);
        let draw = |scene: &Scene3| render(scene, &above(), &Frame { background: Color32::BLACK, ..FRAME }).get(75, 50);
        let ball = |z| point([0.0, 0.0, z], 6.0, Color32::RED);
        let point_alone = draw(&ball(0.0));
        let glass = render(
            &surfaces(std::slice::from_ref(&sheet)),
            &above(),
            &Frame { background: Color32::TRANSPARENT, ..FRAME },
        );
        let glass = glass.get(75, 50);
        let with = |z| draw(&join(ball(z), surfaces(std::slice::from_ref(&sheet))));
        assert_eq!(with(0.5), point_alone);
        assert!(differ(with(-0.5), over(glass, point_alone)) <= 1.0);
        let opaque = plane(0.0, Color32::LIGHT_BLUE, 1.0);
        let hidden = draw(&join(ball(-0.5), surfaces(std::slice::from_ref(&opaque))));
        assert_eq!(hidden, draw(&surfaces(&[opaque])));
    }

    #[test]
    fn a_curve_on_a_surface_is_not_broken() {
        for slope in [0.0, 0.5, -1.5, 2.5] {
            let line: Vec<_> = (0..50).map(|k| 0.039 * k as f32 - 0.95).map(|x| [x, 0.31 * x, slope * x]).collect();
            let sheet = plane(slope, Color32::WHITE, 1.0);
            for tilt in [0.0, 0.6] {
                let camera = Camera { elevation: FRAC_PI_2 - tilt, ..above() };
                let alone = render(&curve(line.clone(), 2.0), &camera, &FRAME);
                let both =
                    render(&join(curve(line.clone(), 2.0), surfaces(std::slice::from_ref(&sheet))), &camera, &FRAME);
                let ink = |picture: &Picture| picture.pixels.iter().filter(|c| c.r() == 0).count();
                assert!(ink(&alone) > 60);
                assert_eq!(ink(&both), ink(&alone), "slope {slope}, tilt {tilt}");
            }
        }
    }

    #[test]
    fn coverage_sums_up_to_the_area() {
        let ink = |scene: &Scene3| -> f64 {
            let picture = render(scene, &above(), &Frame { background: Color32::TRANSPARENT, ..FRAME });
            picture.pixels.iter().map(|c| f64::from(c.a()) / 255.0).sum()
        };
        for (x, radius) in [(0.0, 3.0_f32), (0.013, 3.0), (0.2371, 7.7), (0.1, 0.3)] {
            let area = f64::from(PI * radius * radius);
            let found = ink(&point([x, -0.7 * x, 0.0], radius, Color32::RED));
            // What remains is the error of summing at pixel centres and of rounding to 1/255.
            assert!((found - area).abs() < 0.02 * area + 0.03, "radius {radius}: {found} for {area}");
        }
        for width in [0.4_f32, 1.0, 3.0] {
            let line = curve(vec![[-0.8, -0.33, 0.0], [0.7, 0.41, 0.0]], width);
            let length = 50.0 * 1.5_f64.hypot(0.74);
            let (found, area) = (ink(&line), f64::from(width) * (length + 0.8 * f64::from(width)));
            assert!((found - area).abs() < 0.03 * area + 1.0, "width {width}: {found} for {area}");
        }
    }

    #[test]
    fn a_line_in_many_pieces_looks_like_one() {
        let line = |pieces: usize, color: Color32| {
            let at = |k: usize| 1.7 * k as f32 / pieces as f32 - 0.8;
            let positions = (0..=pieces).map(|k| [at(k), 0.4 * at(k), 0.3 * at(k)]).collect();
            let scene = Scene3 { curves: vec![Curve::new(positions, color, 3.0)], ..Scene3::default() };
            render(&scene, &above(), &FRAME)
        };
        for color in [Color32::BLACK, Color32::from_rgba_premultiplied(0, 0, 0, 120)] {
            let one = line(1, color);
            for pieces in [7, 60, 400] {
                let many = line(pieces, color);
                let off = one.pixels.iter().zip(&many.pixels).map(|(a, b)| a.r().abs_diff(b.r())).max();
                assert!(off <= Some(2), "{pieces} pieces: {off:?}");
            }
        }
    }

    #[test]
    fn a_seam_and_the_diagonals_of_cells_do_not_show() {
        // The seam of the cylinder runs down the middle of its front, or of its back.
        let cylinder = |turn: f32| {
            let surface = Surface::from_fn(13, 73, 0.5, |row, column| {
                let (sin, cos) = (TAU * column as f32 / 72.0 + turn).sin_cos();
                ([0.7 * sin, 0.15 * row as f32 - 0.9, 0.7 * cos], Color32::LIGHT_BLUE)
            });
            render(&surfaces(&[surface]), &above(), &FRAME)
        };
        let (front, back) = (cylinder(0.0), cylinder(PI));
        // Without the rims, where a cell is narrower than a pixel and rounding decides.
        let inner = (0..100).flat_map(|y| (44..106).map(move |x| (x, y)));
        let off = inner.map(|(x, y)| front.get(x, y).r().abs_diff(back.get(x, y).r())).max();
        assert!(off <= Some(1), "{off:?}");
        let rows: Vec<_> = (10..90).map(|y| front.get(75, y)).collect();
        assert!(rows.iter().all(|c| differ(*c, rows[0].to_array().map(f32::from)) <= 1.0), "{rows:?}");
        assert!(rows[0].r() < 230);
    }

    #[test]
    fn edges_are_smooth_without_supersampling() {
        let sheet = Surface::from_fn(2, 2, 1.0, |row, column| {
            let (x, y) = (column as f32 - 0.5, row as f32 - 0.5);
            ([x - 0.1 * y, y + 0.1 * x, 0.0], Color32::BLACK)
        });
        let scene = surfaces(&[sheet]);
        let levels: std::collections::BTreeSet<u8> =
            render(&scene, &above(), &FRAME).pixels.iter().map(Color32::r).collect();
        assert!(levels.len() > 8, "{levels:?}");
    }

    #[test]
    fn a_picture_does_not_depend_on_the_number_of_threads() {
        for (supersample, field_of_view) in [(1, None), (2, Some(0.8)), (3, None)] {
            let camera = Camera { half_height: 1.3, field_of_view, ..Camera::default() };
            let draw = |threads| render(&crowd(), &camera, &Frame { supersample, threads, ..FRAME });
            let one = draw(1);
            assert!(one.pixels.iter().any(|c| *c != Color32::WHITE));
            assert_eq!(draw(4), one);
        }
    }

    #[test]
    fn supersampling_keeps_the_sizes() {
        let camera = Camera { half_height: 1.3, ..Camera::default() };
        let draw = |supersample| render(&crowd(), &camera, &Frame { supersample, ..FRAME });
        let (plain, fine) = (draw(1), draw(2));
        let mean = |picture: &Picture| {
            picture.pixels.iter().map(|c| f64::from(c.g())).sum::<f64>() / picture.pixels.len() as f64
        };
        assert!((mean(&plain) - mean(&fine)).abs() < 1.0, "{} {}", mean(&plain), mean(&fine));
    }

    #[test]
    fn nothing_breaks_on_empty_pictures_and_wild_numbers() {
        let wild = [f32::NAN, f32::INFINITY, 1e30, -1e30, 0.0, 1e-30];
        let position = |k: usize| [wild[k % 6], wild[(k / 2) % 6], wild[(k / 5) % 6]];
        let surface = Surface::from_fn(6, 6, 0.5, |r, c| (position(r * 6 + c), Color32::RED));
        let mut scene = join(surfaces(&[surface]), curve((0..40).map(position).collect(), 1e9));
        scene.curves.push(Curve::new((0..40).map(position).collect(), Color32::RED, f32::NAN).dashed(&[1.0, f32::NAN]));
        scene.curves.push(Curve::new(vec![[-1e8, 0.0, 0.0], [1e8, 0.0, 0.0]], Color32::RED, 2.0).dashed(&[1.0, 1.0]));
        scene.arrows.extend((0..9).map(|k| Arrow {
            from: position(k),
            to: position(3 * k),
            color: Color32::RED,
            width: 2.0,
        }));
        scene.clouds.push(Cloud {
            points: (0..40).map(|k| CloudPoint { position: position(k), color: Color32::RED }).collect(),
            radius: f32::INFINITY,
        });
        for field_of_view in [None, Some(0.8), Some(f32::NAN)] {
            let camera = Camera { field_of_view, ..Camera::default() };
            for (width, height) in [(0, 10), (10, 0), (1, 1), (65, 33)] {
                let picture = render(&scene, &camera, &Frame { width, height, supersample: 0, ..FRAME });
                assert_eq!(picture.pixels.len(), width * height);
            }
        }
    }
}
