//! What each view shows, as numbers in columns.

use crate::app::analysis::{Answer, GhostsQuestion, JointQuestion, PosteriorsQuestion, Topic, TurnedQuestion};
use crate::app::certifier::{Progress, SEEDS};
use crate::app::{SIDES, Selection, Stage};
use crate::checks::{Expected, predictions};
use crate::experiment::Row;
use crate::geometry::Seam;
use crate::io::{Csv, densities_of};

use super::{View, densities, joint, plane, posterior};

type Outcome = Result<Csv, &'static str>;

impl View {
    /// What the view shows of one run, or of two, as a table. The first column of two says which run it is.
    ///
    /// # Errors
    /// Why there is nothing to be shown.
    pub fn numbers(self, stages: &[Stage<'_>], selection: &Selection) -> Outcome {
        let of = |stage: &Stage<'_>| self.numbers_of(stage, &selection.seen_by(stage.snapshot.latent_dim()));
        if stages.len() == 1 || matches!(self, Self::Seeds | Self::Certificates) {
            return of(&stages[0]);
        }
        let tables: Vec<Csv> = stages.iter().map(of).collect::<Result<_, _>>()?;
        Ok(Csv::stacked("run", SIDES.into_iter().zip(tables)))
    }

    fn numbers_of(self, stage: &Stage<'_>, selection: &Selection) -> Outcome {
        match self {
            Self::Data => Ok(data(stage, selection)),
            Self::Latent => Ok(codes(stage)),
            Self::Densities => Ok(pushed(stage, selection)),
            Self::Joint => map(stage, selection),
            Self::Factors => correlations(stage),
            Self::Jacobian => Ok(jacobian(stage)),
            Self::Gauges | Self::Training => Ok(history(stage)),
            Self::Posterior => posteriors(stage, selection),
            Self::Rotate => turned(stage, selection),
            Self::Seeds => seeds(stage),
            Self::Certificates => certified(stage),
        }
    }
}

fn z_names(stage: &Stage<'_>) -> impl Iterator<Item = String> {
    (1..=stage.snapshot.latent_dim()).map(|i| format!("z_{i}"))
}

/// Points of the layers that are on: what they are, their latents as far as there are any, and where they are drawn.
fn data(stage: &Stage<'_>, selection: &Selection) -> Csv {
    let (projection, focus, layers) = (stage.projection, stage.focus, selection.layers);
    let m = stage.snapshot.latent_dim();
    let names = ["part".to_owned()].into_iter().chain(z_names(stage)).chain(projection.names.iter().cloned());
    let mut csv = Csv::new(names);
    let mut add = |part: &str, z: Option<&[f64]>, x: &[f64]| {
        let latents = (0..m).map(|i| z.map_or(f64::NAN, |z| z[i]));
        let seen = projection.space(x).map(f64::from).into_iter().take(projection.dims());
        csv.push([part.to_owned()], latents.chain(seen));
    };
    if layers.data {
        for (i, x) in plane::observations(stage.snapshot).enumerate() {
            let code: Vec<f64> = stage.snapshot.mean(i).iter().map(|z| f64::from(*z)).collect();
            add("observation", Some(&code), &plane::to_f64(x));
        }
    }
    if layers.surface || layers.grid {
        for k in 0..focus.surface().columns() {
            add("surface", Some(&focus.surface_latent(k)), &plane::to_f64(focus.surface().column(k)));
        }
    }
    if layers.seams {
        for seam in &focus.seams {
            for k in 0..seam.t.len() {
                add(&format!("curve {}", seam.latent + 1), Some(&focus.seam_latent(seam, k)), seam.points.column(k));
            }
        }
    }
    if layers.truth {
        for (i, seam) in focus.truth().into_iter().flat_map(|truth| &truth.seams).enumerate() {
            seam.points.iter_columns().for_each(|x| add(&format!("true seam {}", i + 1), None, x));
        }
    }
    add("z*", Some(focus.z()), &focus.image);
    if layers.basis {
        for i in 0..m {
            let (vector, _) = plane::basis_vector(focus, i, selection.unit_arrows);
            let tip: Vec<f64> = focus.image.iter().zip(&vector).map(|(x, v)| x + v).collect();
            add(&format!("tip of u_{}", i + 1), None, &tip);
        }
    }
    csv
}

/// Posterior means and standard deviations with the true factors.
fn codes(stage: &Stage<'_>) -> Csv {
    let (snapshot, m) = (stage.snapshot, stage.snapshot.latent_dim());
    let factors = snapshot.data.test.factors.as_ref();
    let names = ["observation".to_owned()].into_iter().chain(z_names(stage)).chain((1..=m).map(|i| format!("sd_{i}")));
    let mut csv = Csv::new(names.chain(factors.iter().flat_map(|_| snapshot.data.factor_names.iter().cloned())));
    for i in 0..snapshot.encodings.columns() {
        let (q, known) = (snapshot.posterior(i), factors.iter().flat_map(|factors| factors.column(i)));
        let sd = q.covariance().diagonal().map(f64::sqrt);
        let numbers = q.mean.iter().chain(sd.iter()).copied().chain(known.map(|f| f64::from(*f)));
        csv.push([i.to_string()], numbers);
    }
    csv
}

/// The densities of the seams through z*, of their ghosts, and of true seams if those are shown.
fn pushed(stage: &Stage<'_>, selection: &Selection) -> Csv {
    let latents = densities::shown(stage, selection);
    let mut csv = Csv::new(["seam", "latent", "t", "prior", "arc_length", "speed", "density"]);
    let mut add = |part: &str, seam: &Seam| {
        densities_of(seam).into_iter().for_each(|row| csv.push([part.to_owned()], row));
    };
    latents.iter().for_each(|i| add("through z*", &stage.focus.seams[*i]));
    let question: GhostsQuestion = densities::question(stage, &latents);
    if let Some(Answer::Ghosts(ghosts)) = stage.ask(Topic::Ghosts(question)).as_deref() {
        for ghost in ghosts.of_seams.iter().flat_map(|(_, ghosts)| ghosts) {
            add(&format!("at z_{} = {}", ghost.other + 1, ghost.value), &ghost.seam);
        }
    }
    if selection.layers.truth {
        stage.focus.truth().into_iter().flat_map(|truth| &truth.seams).for_each(|seam| add("true", seam));
    }
    csv
}

const NOT_YET: &str = "this is being computed; try again in a moment";

fn map(stage: &Stage<'_>, selection: &Selection) -> Outcome {
    if stage.snapshot.latent_dim() < 2 {
        return Err("one latent has no joint density");
    }
    let question = JointQuestion { z: stage.focus.z().to_vec(), plane: selection.axes };
    let answer = stage.ask(Topic::Joint(question)).ok_or(NOT_YET)?;
    let Answer::Joint(found) = &*answer else { return Err(NOT_YET) };
    let [a, b] = found.plane.map(|i| format!("z_{}", i + 1));
    let mut csv = Csv::new([a, b, "product_minus_joint".to_owned()]);
    for (k, difference) in found.product.difference.iter().enumerate() {
        let [x, y] = joint::place(found, k);
        csv.push([], [x, y, *difference]);
    }
    Ok(csv)
}

fn correlations(stage: &Stage<'_>) -> Outcome {
    let correlation = stage.snapshot.correlation.as_ref().ok_or("the true factors of these data are not known")?;
    let mut csv = Csv::new(["latent".to_owned()].into_iter().chain(stage.snapshot.data.factor_names.iter().cloned()));
    correlation.row_iter().enumerate().for_each(|(i, row)| csv.push([format!("z_{}", i + 1)], row.iter().copied()));
    Ok(csv)
}

/// J at z* with the factors of J = U S Vᵀ: a row for each of x, then S, then a row for each of z.
fn jacobian(stage: &Stage<'_>) -> Csv {
    let (focus, m) = (stage.focus, stage.snapshot.latent_dim());
    let mut csv = Csv::new(["row".to_owned()].into_iter().chain((1..=m).map(|i| format!("column_{i}"))));
    for (prefix, matrix) in [("J", &focus.jacobian), ("U", &focus.svd.u), ("V", &focus.svd.v)] {
        for (r, row) in matrix.row_iter().enumerate() {
            csv.push([format!("{prefix}_{}", r + 1)], row.iter().copied());
        }
    }
    csv.push(["s".to_owned()], focus.svd.singular_values.iter().copied());
    csv
}

/// The columns of `history.csv`.
fn history(stage: &Stage<'_>) -> Csv {
    let mut csv = Csv::new(Row::header(stage.snapshot.latent_dim()));
    stage.now.history.iter().for_each(|row| csv.push(row.fields(), []));
    csv
}

fn posteriors(stage: &Stage<'_>, selection: &Selection) -> Outcome {
    let chosen = selection.observation.filter(|i| *i < stage.snapshot.encodings.columns());
    let observation = chosen.or(stage.focus.nearest).ok_or("there is no observation")?;
    let question = PosteriorsQuestion { observation, plane: selection.axes };
    let answer = stage.ask(Topic::Posteriors(question)).ok_or(NOT_YET)?;
    let Answer::Posteriors(found) = &*answer else { return Err(NOT_YET) };
    let m = stage.snapshot.latent_dim();
    let pairs = (1..=m).flat_map(|i| (1..=i).map(move |j| format!("cov_{i}_{j}")));
    let names = ["posterior", "observation", "kl_from_optimal", "elbo"].map(str::to_owned);
    let mut csv = Csv::new(names.into_iter().chain((1..=m).map(|i| format!("mean_{i}"))).chain(pairs));
    for (k, q) in found.all().into_iter().enumerate() {
        let sigma = q.covariance();
        let lower = (0..m).flat_map(|i| (0..=i).map(move |j| (i, j))).map(|place| sigma[place]);
        let terms = [found.divergences()[k], found.elbos[k]];
        let labels = [posterior::KINDS[k].0.to_owned(), found.observation.to_string()];
        csv.push(labels, terms.into_iter().chain(q.mean.iter().copied()).chain(lower));
    }
    Ok(csv)
}

/// The objective over the angle, at whole degrees in [0°, 90°); what is not known is NaN.
fn turned(stage: &Stage<'_>, selection: &Selection) -> Outcome {
    if stage.snapshot.latent_dim() < 2 {
        return Err("one latent has no other to be turned towards");
    }
    let answer = stage.ask(Topic::Turned(TurnedQuestion { plane: selection.turned })).ok_or(NOT_YET)?;
    let Answer::Turned(found) = &*answer else { return Err(NOT_YET) };
    let mut csv = Csv::new(["degrees", "full", "best_diagonal", "second_order", "at_optimum"]);
    for degrees in (0..90).map(f64::from) {
        let full = found.full();
        let diagonal = if found.searched.is_empty() { f64::NAN } else { full - found.loss(degrees) };
        let optimum = found.price_at_optimum(degrees).map_or(f64::NAN, |price| full - price);
        csv.push([], [degrees, full, diagonal, full - found.price(degrees), optimum]);
    }
    Ok(csv)
}

/// The history of every seed.
fn seeds(stage: &Stage<'_>) -> Outcome {
    let strip = stage.background.strip.as_ref().ok_or("no other seed has been trained")?;
    let tables = strip.runs().filter_map(|(seed, newest, _)| {
        let newest = newest?;
        let snapshot = newest.as_ref().as_ref().ok()?;
        let mut csv = Csv::new(Row::header(snapshot.latent_dim()));
        snapshot.history.iter().for_each(|row| csv.push(row.fields(), []));
        Some((seed.to_string(), csv))
    });
    Ok(Csv::stacked("seed", tables))
}

/// What is predicted, and what was measured as far as that is done.
fn certified(stage: &Stage<'_>) -> Outcome {
    let scene = stage.snapshot.config.origin.scene().ok_or("nothing is predicted about data of one's own")?;
    let certifier = stage.background.certifier.as_ref().filter(|certifier| certifier.scene == scene.name);
    let done = certifier.and_then(|certifier| match certifier.progress() {
        Progress::Done(certificates) => Some(certificates),
        Progress::Running(..) => None,
    });
    let mut csv = Csv::new(["quantity", "standing", "claim", "passed", "low", "high", "measured"]);
    for (k, prediction) in predictions(scene, SEEDS).into_iter().enumerate() {
        let found = done.as_ref().map(|done| &done[k]);
        let [low, high] = match prediction.expected {
            Expected::Near { value, tolerance } => [value - tolerance, value + tolerance],
            Expected::Below(limit) => [f64::NEG_INFINITY, limit],
            Expected::Above(limit) => [limit, f64::INFINITY],
        };
        let passed = found.map_or(String::new(), |found| found.passed.to_string());
        let labels = [prediction.measured(), prediction.standing.to_string(), prediction.claim, passed];
        csv.push(labels, [low, high, found.map_or(f64::NAN, |found| found.measured)]);
    }
    Ok(csv)
}
