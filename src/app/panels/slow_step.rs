//! The panel of a step that is shown slowly: its moments with their numbers.

use eframe::egui::{Button, RichText, Ui};

use crate::viz::command::{CommandQueue, UiCommand};
use crate::viz::draw::number::number;
use crate::viz::slow_step::{SlowStep, StepMoment};

/// A step of the first run, and the shown moment.
#[derive(Debug)]
pub(in crate::app) struct ShownStep {
    pub(in crate::app) step: SlowStep,
    /// The shown moment.
    pub(in crate::app) moment: StepMoment,
    /// The objective of its observation once it is made.
    pub(in crate::app) after: Option<f64>,
}

impl ShownStep {
    /// Its numbers and the shown moment, for views.
    pub(in crate::app) fn marks(&self) -> (&SlowStep, StepMoment) {
        (&self.step, self.moment)
    }
}

/// The height of the panel, in points: two lines of numbers below the moments.
pub(in crate::app) const HEIGHT: f32 = 88.0;

/// Draws the moments of a step. `run` names its run where there are two.
pub(in crate::app) fn show(ui: &mut Ui, shown: &ShownStep, run: &str, commands: &CommandQueue) {
    let ShownStep { step, moment, after } = shown;
    let (moment, after) = (*moment, *after);
    ui.horizontal(|ui| {
        ui.strong(format!("{run}Step {}, slowly", step.step + 1));
        let last = moment == StepMoment::Update;
        if ui.add_enabled(moment > StepMoment::Take, Button::new("◀")).on_hover_text("Moment before (←)").clicked()
        {
            commands.send(UiCommand::StepMoment(false));
        }
        let (text, help) = match (last, after) {
            (false, _) => ("▶", "Next moment (→)"),
            (true, None) => ("Make the step", "Make this step of the optimiser (→)"),
            (true, Some(_)) => ("Next step", "Show the next step slowly (→)"),
        };
        if ui.button(text).on_hover_text(help).clicked() {
            commands.send(UiCommand::StepMoment(true));
        }
        if ui.button("✖").on_hover_text("Close").clicked() {
            commands.send(UiCommand::ToggleSlowStep);
        }
        for other in StepMoment::ALL {
            let text = RichText::new(other.title());
            ui.label(match other.cmp(&moment) {
                std::cmp::Ordering::Less => text,
                std::cmp::Ordering::Equal => text.strong().underline(),
                std::cmp::Ordering::Greater => text.weak(),
            });
        }
    });
    ui.label(RichText::new(caption(step, moment, after)).size(15.0));
}

/// Caption of a moment, with its numbers. `after` is the objective once the step is made.
fn caption(step: &SlowStep, moment: StepMoment, after: Option<f64>) -> String {
    let SlowStep { posterior, next, reconstruction, kl, gradient, beta, .. } = step;
    let deviations: Vec<f64> = posterior.covariance().diagonal().iter().map(|v| v.sqrt()).collect();
    match moment {
        StepMoment::Take => {
            format!(
                "Take x, training observation {}: {}. It is the first of the next minibatch.",
                next.index,
                list(&step.x)
            )
        }
        StepMoment::Encode => format!("The encoder gives the mean μ = {}.", list(posterior.mean.as_slice())),
        StepMoment::Posterior => {
            format!("And the posterior q(z|x) around it, with standard deviations {}.", list(&deviations))
        }
        StepMoment::Draw => {
            let noise: Vec<f64> = next.noise.iter().map(|x| f64::from(*x)).collect();
            format!("Draw noise from N(0, I): ε = {}.", list(&noise))
        }
        StepMoment::Sample => format!("z = μ + Aε with AAᵀ = Σ, a sample of the posterior: z = {}.", list(&step.z)),
        StepMoment::Decode => format!("The decoder gives x̂ = d(z) = {}.", list(&step.decoded)),
        StepMoment::Error => {
            format!("How likely is x around x̂? Reconstruction log p(x|z) = {} nats.", number(*reconstruction, 3))
        }
        StepMoment::Kl => format!(
            "The price of the posterior: KL(q‖p) = {} nats, weighted by β = {}. Objective: {} nats.",
            number(*kl, 3),
            number(*beta, 2),
            number(step.objective(), 3)
        ),
        StepMoment::Gradient => format!(
            "Data pull z by {}, the prior pulls μ by {}. Backward through both networks: a gradient of length {}.",
            list(&step.data_pull),
            list(&step.prior_pull),
            number(*gradient, 3)
        ),
        StepMoment::Update => match after {
            None => format!(
                "The optimiser averages over the minibatch and moves all weights, at learning rate {}. Make the step.",
                number(step.rate, 5)
            ),
            Some(after) => format!(
                "The step is made. For this x and ε the objective went from {} to {} nats; the step was for the whole minibatch.",
                number(step.objective(), 3),
                number(after, 3)
            ),
        },
    }
}

/// The first numbers of a vector.
fn list(values: &[f64]) -> String {
    const MOST: usize = 4;
    let shown: Vec<String> = values.iter().take(MOST).map(|x| number(*x, 2)).collect();
    let more = if values.len() > MOST { format!(", … ({} numbers)", values.len()) } else { String::new() };
    format!("({}{more})", shown.join(", "))
}
