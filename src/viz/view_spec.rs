//! The specification of a view: its names, functions, and place in the default layout.

use eframe::egui::Ui;

use crate::experiment::Snapshot;
use crate::io::Csv;
use crate::viz::context::ViewContext;
use crate::viz::selection::Selection;
use crate::viz::view::View;

/// A view's table, or the reason why there is nothing to tabulate.
pub type Table = Result<Csv, &'static str>;

/// Everything the program knows of a view.
#[derive(Debug)]
pub struct ViewSpec {
    /// Its names.
    pub view: View,
    /// Names that older files and command lines use.
    pub old_names: &'static [&'static str],
    /// One picture shows both of two compared runs.
    pub is_shared: bool,
    /// Its needs, which a model from a file may not meet: an encoder, or training.
    pub needs: Needs,
    /// Its place in the default layout.
    pub region: Region,
    /// The usual size of a figure of one run, in points.
    pub figure_size: (f32, f32),
    /// The least one, below which its legend and numbers have no room.
    pub least_size: (f32, f32),
    /// The parts of the state that change the picture; animations move one of them.
    pub depends_on: &'static [Dependency],
    /// Draws the view into all of the given space. It may change the selection and send commands.
    pub ui: fn(&mut Ui, &ViewContext<'_>, &mut Selection),
    /// Draws tools into the header.
    pub tools: fn(&mut Ui, &ViewContext<'_>, &mut Selection),
    /// Draws a legend into the header of a figure, which has no tools.
    pub figure_legend: fn(&mut Ui, &ViewContext<'_>),
    /// True if the drawing reaches the edges of its tile.
    pub is_full_bleed: fn(&ViewContext<'_>) -> bool,
    /// The shown numbers of one run, or of both where a picture shows both.
    pub table: fn(&ViewContext<'_>, &Selection) -> Table,
}

/// The part of a run that a view is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// The decoder alone.
    Decoder,
    /// The decoder and b = βσ².
    Objective,
    /// Posteriors of observations.
    Encoder,
    /// Training.
    Training,
}

/// A region of the default layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// Data space, upper left.
    Data,
    /// Latent space, beside it.
    Latent,
    /// Tabs of measurements at z\* and over the data, upper right.
    Measurements,
    /// Tabs of densities and factors, lower left.
    Densities,
    /// Tabs of the whole experiment, lower right.
    Experiment,
}

/// A part of the state that changes a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dependency {
    /// z\*.
    Latent,
    /// The step.
    Step,
    /// The camera.
    Camera,
    /// τ, the morph from latent plane to manifold.
    Morph,
    /// The phase of the rows of the traversal.
    Rows,
}

impl ViewSpec {
    /// Why the view has nothing to show of a model from a file, if it has not.
    pub fn refusal(&self, snapshot: &Snapshot) -> Option<&'static str> {
        let model = snapshot.config.origin.model()?;
        match self.needs {
            Needs::Encoder if !model.vae.has_encoder => {
                Some("– (the model has no encoder, so observations have no posteriors)")
            }
            Needs::Objective if snapshot.settings.objective.b() == 0.0 => {
                Some("– (the file of the model does not say β and σ²; set them, or give --beta and --sigma2)")
            }
            Needs::Training => Some("– (a model from a file is shown, not trained)"),
            _ => None,
        }
    }

    /// No tools in the header.
    pub const fn no_tools(_: &mut Ui, _: &ViewContext<'_>, _: &mut Selection) {}

    /// No legend in the header of a figure.
    pub const fn no_legend(_: &mut Ui, _: &ViewContext<'_>) {}

    /// True if one table holds the numbers of all runs.
    pub fn has_one_table(&self) -> bool {
        self.is_shared && !self.depends_on.contains(&Dependency::Step)
    }

    /// A margin between the drawing and the edges of its tile.
    pub const fn with_margin(_: &ViewContext<'_>) -> bool {
        false
    }
}

/// The names z_1, z_2 … of latent columns.
pub fn latent_columns(context: &ViewContext<'_>) -> impl Iterator<Item = String> {
    (1..=context.snapshot.latent_dim()).map(|i| format!("z_{i}"))
}

/// The reason for an empty table while a query is answered.
pub const NOT_YET: &str = "this is being computed; try again in a moment";
