//! The probe: Jacobian, SVD, seams and surface at z*, computed once for each snapshot and z*.

use std::sync::{Arc, OnceLock};

use nalgebra::DMatrix;

use super::ground_truth::GroundTruth;
use super::latent_grid::{RANGE, SURFACE_POINTS, grid_lines, surface_place};
use super::projection::Projection;
use super::selection::Selection;
use super::theme::indexed;
use crate::data::Dataset;
use crate::experiment::Snapshot;
use crate::geometry::{Jets, Measured, Order, Seam, Undefined, diagonal_gap, ima_contrast, posterior_precision};
use crate::linalg::{Matrix, Svd, svd};
use crate::vae::{Likelihood, Vae};

/// From so many dimensions on, those of large images, seams have fewer points and keep only their places in space.
const LARGE: usize = 1025;

/// Points along a seam, a fortieth of a prior standard deviation apart; of large images a tenth.
const fn seam_points(n: usize) -> usize {
    if n < LARGE { 281 } else { 71 }
}

/// Multiplications in the seams of a probe that is computed within a frame.
const QUICK: usize = 60_000_000;

/// The neighbourhood of z* and of d(z*).
#[derive(Clone, Debug)]
pub struct Probe {
    snapshot: Arc<Snapshot>,
    z: Vec<f64>,
    axes: [usize; 2],
    model: Arc<Vae<f64>>,
    /// d(z*).
    pub image: Vec<f64>,
    /// J at z* (n × m), of x̂: tangents in data space.
    pub jacobian: DMatrix<f64>,
    /// J = U S Vᵀ, columns named after the latents.
    pub svd: Svd,
    /// F^½ J at z* (n × m), the J of precision, contrast and gap, which are in the Fisher metric; for a Gaussian J itself.
    pub fisher: DMatrix<f64>,
    /// F^½ J = U S Vᵀ, columns named after the latents.
    pub fisher_svd: Svd,
    /// The seam of each latent; of large images without its points, of which `seam_places` gives the places.
    pub seams: Vec<Seam>,
    /// c_IMA of the active columns at z*, in nats.
    pub contrast: Measured,
    /// Price of a diagonal posterior of the active latents at z*, β times its gap, in nats.
    pub beta_gap: Measured,
    /// The encoded observation that is next to d(z*).
    pub nearest: Option<usize>,
    /// Lazy parts, which only some views use.
    surface: OnceLock<Matrix<f32>>,
    surface_places: OnceLock<Vec<[f32; 3]>>,
    seam_places: OnceLock<Vec<Vec<[f32; 3]>>>,
    grid: OnceLock<Matrix<f32>>,
    truth: OnceLock<Option<GroundTruth>>,
}

impl Probe {
    /// Computes the probe at the selection's z*.
    pub fn new(snapshot: &Arc<Snapshot>, selection: &Selection) -> Self {
        Self::with_model(snapshot, selection, Arc::new(snapshot.vae.cast()))
    }

    /// The probe at another snapshot or z*; unchanged parts are kept.
    pub fn renewed(self: &Arc<Self>, snapshot: &Arc<Snapshot>, selection: &Selection) -> Arc<Self> {
        if self.is_at(snapshot, selection) {
            return Arc::clone(self);
        }
        let same_weights = Arc::ptr_eq(&self.snapshot, snapshot);
        let model = if same_weights { Arc::clone(&self.model) } else { Arc::new(snapshot.vae.cast()) };
        Arc::new(Self::with_model(snapshot, selection, model))
    }

    /// True if the probe of a snapshot is computed within a frame.
    pub(crate) fn is_quick(snapshot: &Snapshot) -> bool {
        let decoder: usize = snapshot.vae.decoder.layers().iter().map(|layer| layer.inputs * layer.outputs).sum();
        let projected = || Projection::is_quick(&snapshot.data) || Projection::known(&snapshot.data).is_some();
        seam_points(snapshot.data_dim()) * snapshot.latent_dim() * decoder <= QUICK && projected()
    }

    /// True if it is the probe of this snapshot and z*.
    pub(crate) fn is_at(&self, snapshot: &Arc<Snapshot>, selection: &Selection) -> bool {
        Arc::ptr_eq(&self.snapshot, snapshot) && self.z == selection.z && self.axes == selection.axes
    }

    /// True if it is of the same data.
    pub(crate) fn is_of(&self, data: &Arc<Dataset>) -> bool {
        Arc::ptr_eq(&self.snapshot.data, data)
    }

    /// True if only the weights differ.
    pub(crate) fn is_like(&self, snapshot: &Snapshot, selection: &Selection) -> bool {
        self.is_of(&snapshot.data) && self.z == selection.z && self.axes == selection.axes
    }

    /// Computes the lazy parts that views have used of the probe before, but not the surface, which has threads of its own.
    pub(crate) fn prepare_like(&self, before: &Self) {
        if before.grid.get().is_some() {
            self.grid();
        }
        if before.truth.get().is_some() {
            self.truth();
        }
    }

    fn with_model(snapshot: &Arc<Snapshot>, selection: &Selection, model: Arc<Vae<f64>>) -> Self {
        let z = &selection.z;
        let at = Matrix::from_columns(z.len(), 1, z.clone());
        let jets = Jets::of(&model, &at, Order::First);
        let jacobian = jets.jacobian(0);
        let basis = svd(&jacobian);
        let (fisher, fisher_svd) = match model.likelihood() {
            Likelihood::Gaussian => (jacobian.clone(), basis.clone()),
            Likelihood::Bernoulli => {
                let fisher = Jets::fisher(&model, &at, Order::First).jacobian(0);
                (fisher.clone(), svd(&fisher))
            }
        };
        let image = jets.value.column(0).to_vec();
        let points = seam_points(snapshot.data_dim());
        let mut seams: Vec<Seam> = (0..z.len()).map(|i| Seam::through(&snapshot.vae, z, i, RANGE, points)).collect();
        let seam_places = OnceLock::new();
        if snapshot.data_dim() >= LARGE {
            seam_places.get_or_init(|| places_of(&seams, &snapshot.data));
            seams.iter_mut().for_each(|seam| seam.points = Matrix::zeros(0, 0));
        }
        let nearest = nearest(snapshot, &image);
        let (objective, geometry) = (&snapshot.settings.objective, &snapshot.geometry);
        let zero_b = snapshot.config.without_b(&snapshot.settings).unwrap_or(Undefined::ZeroB);
        let finite = |x: f64, reason| if x.is_finite() { Ok(x) } else { Err(reason) };
        let contrast = |active: &[usize]| ima_contrast(&fisher.select_columns(active));
        let precision = |active: &[usize]| posterior_precision(&fisher.select_columns(active), objective.b());
        let gap = |active: &[usize]| objective.beta * diagonal_gap(&precision(active));
        Self {
            contrast: geometry.independent(2).and_then(|a| finite(contrast(a), Undefined::DependentColumns)),
            beta_gap: geometry.compared().and_then(|a| finite(gap(a), zero_b)),
            svd: basis,
            fisher_svd,
            surface: OnceLock::new(),
            surface_places: OnceLock::new(),
            seam_places,
            grid: OnceLock::new(),
            truth: OnceLock::new(),
            nearest,
            snapshot: Arc::clone(snapshot),
            z: z.clone(),
            axes: selection.axes,
            jacobian,
            fisher,
            image,
            seams,
            model,
        }
    }

    /// z*.
    pub fn z(&self) -> &[f64] {
        &self.z
    }

    /// The model in double precision.
    pub fn model(&self) -> &Vae<f64> {
        &self.model
    }

    /// The decoder's image of the latent plane through z*, 61² points, the first shown latent running fastest; empty with
    /// one latent.
    pub fn surface(&self) -> &Matrix<f32> {
        self.surface.get_or_init(|| {
            let places = if self.has_surface() { SURFACE_POINTS * SURFACE_POINTS } else { 0 };
            self.decode(0..places)
        })
    }

    /// The places of the surface's points in space.
    pub(crate) fn surface_places(&self) -> &[[f32; 3]] {
        self.surface_places.get_or_init(|| {
            // Pieces: the whole image of a plane is large where an observation is.
            const PIECE: usize = 256;
            let projection = Projection::of(&self.snapshot.data);
            let count = if self.has_surface() { SURFACE_POINTS * SURFACE_POINTS } else { 0 };
            let pieces = (0..count).step_by(PIECE).map(|start| self.decode(start..count.min(start + PIECE)));
            pieces.flat_map(|x| x.iter_columns().map(|x| projection.space(x)).collect::<Vec<_>>()).collect()
        })
    }

    /// The places of the points of each seam in space.
    pub(crate) fn seam_places(&self) -> &[Vec<[f32; 3]>] {
        self.seam_places.get_or_init(|| places_of(&self.seams, &self.snapshot.data))
    }

    /// The place in space of a value of a latent on its seam, between the points of the seam.
    pub(crate) fn seam_place(&self, latent: usize, value: f64) -> Option<[f32; 3]> {
        let (seam, places) = (self.seams.get(latent)?, self.seam_places().get(latent)?);
        let k = seam.t.partition_point(|t| *t <= value).clamp(1, seam.t.len() - 1);
        let share = ((value - seam.t[k - 1]) / (seam.t[k] - seam.t[k - 1])) as f32;
        let (from, to) = (places.get(k - 1)?, places.get(k)?);
        Some([0, 1, 2].map(|axis| from[axis] + share * (to[axis] - from[axis])))
    }

    /// Of the surface what lies on `grid_lines`, line after line: all that is needed where no surface is drawn.
    pub fn grid(&self) -> &Matrix<f32> {
        self.grid.get_or_init(|| self.decode(grid_lines().flatten().filter(|_| self.has_surface())))
    }

    /// The latents on the axes of the latent view, without repetition.
    pub fn shown(&self) -> &[usize] {
        if self.has_surface() { &self.axes } else { &self.axes[..1] }
    }

    /// The latents whose curves are named and whose basis vectors are drawn in data space: all of a few, the shown ones of many,
    /// which would cover each other.
    pub fn named(&self) -> Vec<usize> {
        const MOST: usize = 5;
        if self.z.len() <= MOST { (0..self.z.len()).collect() } else { self.shown().to_vec() }
    }

    /// True if two latents are shown.
    pub fn has_surface(&self) -> bool {
        self.axes[0] != self.axes[1]
    }

    /// Images of points of the surface.
    fn decode(&self, places: impl Iterator<Item = usize>) -> Matrix<f32> {
        let mut z: Vec<f32> = Vec::new();
        let here: Vec<f32> = self.z.iter().map(|z| *z as f32).collect();
        for k in places {
            let start = z.len();
            z.extend_from_slice(&here);
            let [x, y] = surface_place(k);
            (z[start + self.axes[0]], z[start + self.axes[1]]) = (x as f32, y as f32);
        }
        self.snapshot.vae.decode(&Matrix::from_columns(here.len(), z.len() / here.len(), z))
    }

    /// The ground truth at the point of the true manifold that is nearest to d(z\*), if it is known.
    pub fn truth(&self) -> Option<&GroundTruth> {
        self.truth.get_or_init(|| self.nearest.and_then(|i| GroundTruth::new(&self.snapshot, i, &self.image))).as_ref()
    }

    /// The name of a known factor.
    pub(crate) fn factor_name(&self, factor: usize) -> String {
        let names = &self.snapshot.data.factor_names;
        names.get(factor).cloned().unwrap_or_else(|| format!("factor {}", factor + 1))
    }

    /// The latent of point `k` of the surface.
    pub fn surface_latent(&self, k: usize) -> Vec<f64> {
        let mut z = self.z.clone();
        let [x, y] = surface_place(k);
        (z[self.axes[0]], z[self.axes[1]]) = (x, y);
        z
    }

    /// The latent of point `k` of a seam through z*.
    pub fn seam_latent(&self, seam: &Seam, k: usize) -> Vec<f64> {
        let mut z = self.z.clone();
        z[seam.latent] = seam.t[k];
        z
    }

    /// uᵢ or sᵢ uᵢ with its name.
    pub fn basis_vector(&self, i: usize, unit: bool) -> (Vec<f64>, String) {
        let length = if unit { 1.0 } else { self.svd.singular_values[i] };
        let name = if unit { indexed("u", i) } else { format!("{}{}", indexed("s", i), indexed("u", i)) };
        (self.svd.u.column(i).iter().map(|u| u * length).collect(), name)
    }

    /// The snapshot it was computed on.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// The model in double precision, to be taken elsewhere.
    pub fn shared_model(&self) -> Arc<Vae<f64>> {
        Arc::clone(&self.model)
    }

    /// The angle between two columns of F^½ J in degrees, if both have a length.
    pub fn angle(&self, i: usize, j: usize) -> Option<f64> {
        let [a, b] = [i, j].map(|i| self.fisher.column(i));
        let cosine = a.dot(&b) / (a.norm() * b.norm());
        cosine.is_finite().then(|| cosine.clamp(-1.0, 1.0).acos().to_degrees())
    }
}

/// The places of the points of seams in space.
fn places_of(seams: &[Seam], data: &Arc<Dataset>) -> Vec<Vec<[f32; 3]>> {
    let projection = Projection::of(data);
    let places = |seam: &Seam| seam.points.iter_columns().map(|x| projection.space(x)).collect();
    seams.iter().map(places).collect()
}

/// The encoded observation that is nearest to `image`.
fn nearest(snapshot: &Snapshot, image: &[f64]) -> Option<usize> {
    let distance = |x: &[f32]| x.iter().zip(image).map(|(x, y)| (f64::from(*x) - y).powi(2)).sum::<f64>();
    let encoded = snapshot.data.test.observations.iter_columns().take(snapshot.encodings.columns());
    encoded.map(distance).enumerate().min_by(|a, b| a.1.total_cmp(&b.1)).map(|(i, _)| i)
}
