//! Scenes in three dimensions, without a camera.

use super::bounds::Bounds;
use super::surface::Surface;
use eframe::egui::Color32;

/// A display list. Positions are world coordinates, widths and radii are points on the screen.
///
/// Everything may be translucent, and the order of the lists does not matter. Parts with coordinates that are not
/// finite are left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene3 {
    /// Lit surfaces.
    pub surfaces: Vec<Surface>,
    /// Point clouds.
    pub clouds: Vec<Cloud>,
    /// Lines.
    pub curves: Vec<Curve>,
    /// Vectors.
    pub arrows: Vec<Arrow>,
    /// Boxes around it all.
    pub boxes: Vec<WireBox>,
}

impl Scene3 {
    /// The box around everything, `None` for an empty scene.
    pub fn bounds(&self) -> Option<Bounds> {
        let surfaces = self.surfaces.iter().flat_map(|s| s.positions()).copied();
        let clouds = self.clouds.iter().flat_map(|c| &c.points).map(|p| p.position);
        let curves = self.curves.iter().flat_map(|c| &c.positions).copied();
        let arrows = self.arrows.iter().flat_map(|a| [a.from, a.to]);
        let boxes = self.boxes.iter().flat_map(|b| [b.bounds.min, b.bounds.max]);
        Bounds::around(surfaces.chain(clouds).chain(curves).chain(arrows).chain(boxes))
    }
}

/// A point cloud, drawn as small balls of the same size on the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Cloud {
    /// The points.
    pub points: Vec<CloudPoint>,
    /// Radius of each in points.
    pub radius: f32,
}

/// A point of a [`Cloud`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CloudPoint {
    /// Its centre.
    pub position: [f32; 3],
    /// Its colour, possibly translucent.
    pub color: Color32,
}

/// A polyline in space, drawn a little in front of its true depth so that it can lie on a surface.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// The corners of the polyline.
    pub positions: Vec<[f32; 3]>,
    /// Its colour, possibly translucent.
    pub color: Color32,
    /// Width in points.
    pub width: f32,
    /// Lengths on the screen, in points, of dash, gap, dash, gap …; empty for a solid line. The round ends are part of
    /// the dash.
    pub dashes: Vec<f32>,
}

impl Curve {
    /// A solid line.
    pub fn new(positions: Vec<[f32; 3]>, color: Color32, width: f32) -> Self {
        Self { positions, color, width, dashes: Vec::new() }
    }

    /// The same line with dashes.
    pub fn dashed(self, dashes: &[f32]) -> Self {
        Self { dashes: dashes.to_vec(), ..self }
    }
}

/// The edges of a box, without the three at the corner nearest to the eye, which would lie over what is inside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WireBox {
    /// The box.
    pub bounds: Bounds,
    /// The colour of its edges.
    pub color: Color32,
    /// Their width in points.
    pub width: f32,
}

/// A vector with a solid cone for a head: its length is in world units, its width in points of the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrow {
    /// The start.
    pub from: [f32; 3],
    /// The tip.
    pub to: [f32; 3],
    /// Its colour, possibly translucent.
    pub color: Color32,
    /// Width of the shaft in points.
    pub width: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_everything() {
        let mut scene = Scene3::default();
        assert_eq!(scene.bounds(), None);
        let (color, width) = (Color32::RED, 1.0);
        scene.arrows.push(Arrow { from: [0.0; 3], to: [0.0, 0.0, 5.0], color, width });
        scene.curves.push(Curve::new(vec![[-1.0, 0.0, 0.0]], color, width).dashed(&[4.0, 2.0]));
        scene.clouds.push(Cloud { points: vec![CloudPoint { position: [0.0, -7.0, 0.0], color }], radius: 2.0 });
        scene.surfaces.push(Surface::from_fn(1, 1, 1.0, |_, _| ([9.0, 0.0, 0.0], color)));
        let bounds = scene.bounds().unwrap();
        assert_eq!((bounds.min, bounds.max), ([-1.0, -7.0, 0.0], [9.0, 0.0, 5.0]));
    }
}
