//! The probe: Jacobian, SVD, seams and surface at z*, computed once for each snapshot and z*.

use std::sync::{Arc, OnceLock};

use nalgebra::DMatrix;

use super::ground_truth::GroundTruth;
use super::latent_grid::{RANGE, SURFACE_POINTS, grid_lines, surface_place};
use super::selection::Selection;
use super::theme::indexed;
use crate::experiment::Snapshot;
use crate::geometry::{Jets, Measured, Order, Seam, Undefined, diagonal_gap, ima_contrast, posterior_precision};
use crate::linalg::{Matrix, Svd, svd};
use crate::vae::{Likelihood, Vae};

/// Points along a seam.
const SEAM_POINTS: usize = 281;

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
    /// The seam of each latent.
    pub seams: Vec<Seam>,
    /// c_IMA of the active columns at z*, in nats.
    pub contrast: Measured,
    /// Price of a diagonal posterior of the active latents at z*, β times its gap, in nats.
    pub beta_gap: Measured,
    /// The encoded observation that is next to d(z*).
    pub nearest: Option<usize>,
    /// Lazy parts, which only some views use.
    surface: OnceLock<Matrix<f32>>,
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

    /// True if it is the probe of this snapshot and z*.
    pub(crate) fn is_at(&self, snapshot: &Arc<Snapshot>, selection: &Selection) -> bool {
        Arc::ptr_eq(&self.snapshot, snapshot) && self.z == selection.z && self.axes == selection.axes
    }

    /// True if only the weights differ.
    pub(crate) fn is_like(&self, snapshot: &Snapshot, selection: &Selection) -> bool {
        Arc::ptr_eq(&self.snapshot.data, &snapshot.data) && self.z == selection.z && self.axes == selection.axes
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
        let seams = (0..z.len()).map(|i| Seam::through(&snapshot.vae, z, i, RANGE, SEAM_POINTS)).collect();
        let nearest = nearest(snapshot, &image);
        let (objective, geometry) = (&snapshot.settings.objective, &snapshot.geometry);
        let finite = |x: f64, reason| if x.is_finite() { Ok(x) } else { Err(reason) };
        let contrast = |active: &[usize]| ima_contrast(&fisher.select_columns(active));
        let precision = |active: &[usize]| posterior_precision(&fisher.select_columns(active), objective.b());
        let gap = |active: &[usize]| objective.beta * diagonal_gap(&precision(active));
        Self {
            contrast: geometry.independent(2).and_then(|a| finite(contrast(a), Undefined::DependentColumns)),
            beta_gap: geometry.compared().and_then(|a| finite(gap(a), Undefined::ZeroB)),
            svd: basis,
            fisher_svd,
            surface: OnceLock::new(),
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

    /// Of the surface what lies on `grid_lines`, line after line: all that is needed where no surface is drawn.
    pub fn grid(&self) -> &Matrix<f32> {
        self.grid.get_or_init(|| self.decode(grid_lines().flatten().filter(|_| self.has_surface())))
    }

    /// The latents on the axes of the latent view, without repetition.
    pub fn shown(&self) -> &[usize] {
        if self.has_surface() { &self.axes } else { &self.axes[..1] }
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

    /// The ground truth at the nearest observation, if it is known.
    pub fn truth(&self) -> Option<&GroundTruth> {
        self.truth.get_or_init(|| self.nearest.and_then(|i| GroundTruth::new(&self.snapshot, i))).as_ref()
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

/// The encoded observation that is nearest to `image`.
fn nearest(snapshot: &Snapshot, image: &[f64]) -> Option<usize> {
    let distance = |x: &[f32]| x.iter().zip(image).map(|(x, y)| (f64::from(*x) - y).powi(2)).sum::<f64>();
    let encoded = snapshot.data.test.observations.iter_columns().take(snapshot.encodings.columns());
    encoded.map(distance).enumerate().min_by(|a, b| a.1.total_cmp(&b.1)).map(|(i, _)| i)
}
