//! Heavy numbers beside the thread of the window. A view asks about a snapshot and gets the last answer at once, which
//! may be a moment old; a thread works on the newest question of each kind. Only what visible views ask for is computed,
//! and nothing twice.

pub(super) mod field;
mod ghosts;
pub(super) mod joint;
pub(super) mod posteriors;
pub(super) mod turned;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, sleep};
use std::time::{Duration, Instant};

use eframe::egui::Context;

pub use field::{Field, FieldQuestion};
pub use ghosts::{Ghost, Ghosts, GhostsQuestion, spread};
pub use joint::{Joint, JointQuestion, Loop, LoopQuestion};
pub use posteriors::{Outline, Posteriors, PosteriorsQuestion};
pub use turned::{Turned, TurnedQuestion};

use super::lookout::Lookout;
use super::{Focus, Selection};
use crate::experiment::Snapshot;
use crate::vae::Vae;

/// What a view may want to know about a snapshot.
#[derive(Clone, Debug, PartialEq)]
pub enum Topic {
    /// The posteriors that an observation could have.
    Posteriors(PosteriorsQuestion),
    /// What turning the latents does to the objective.
    Turned(TurnedQuestion),
    /// The seam densities at other values of the other latents.
    Ghosts(GhostsQuestion),
    /// Whether the density on the manifold factorises.
    Joint(JointQuestion),
    /// Whether arc lengths close around a rectangle.
    Loop(LoopQuestion),
    /// A quantity over the latent plane.
    Field(FieldQuestion),
}

/// What an analyst finds, one kind for each topic.
#[derive(Clone, Debug)]
pub enum Answer {
    /// To [`Topic::Posteriors`].
    Posteriors(Box<Posteriors>),
    /// To [`Topic::Turned`].
    Turned(Turned),
    /// To [`Topic::Ghosts`].
    Ghosts(Ghosts),
    /// To [`Topic::Joint`].
    Joint(Joint),
    /// To [`Topic::Loop`].
    Loop(Loop),
    /// To [`Topic::Field`].
    Field(Field),
}

/// How many kinds of topics there are.
const KINDS: usize = 6;

impl Topic {
    fn kind(&self) -> usize {
        match self {
            Self::Posteriors(_) => 0,
            Self::Turned(_) => 1,
            Self::Ghosts(_) => 2,
            Self::Joint(_) => 3,
            Self::Loop(_) => 4,
            Self::Field(_) => 5,
        }
    }
}

/// The thread of an analyst never rests for longer.
const LONGEST_REST: Duration = Duration::from_millis(500);

/// A topic with the snapshot that it is about.
#[derive(Clone, Debug)]
struct Question {
    snapshot: Arc<Snapshot>,
    model: Arc<Vae<f64>>,
    topic: Topic,
}

impl Question {
    fn is(&self, snapshot: &Arc<Snapshot>, topic: &Topic) -> bool {
        Arc::ptr_eq(&self.snapshot, snapshot) && self.topic == *topic
    }

    /// Whether an answer to this question may be shown for a moment where `snapshot` is drawn.
    fn suits(&self, snapshot: &Snapshot) -> bool {
        Arc::ptr_eq(&self.snapshot.data, &snapshot.data) && self.snapshot.latent_dim() == snapshot.latent_dim()
    }

    fn answer(&self) -> Answer {
        match &self.topic {
            Topic::Posteriors(topic) => {
                Answer::Posteriors(Box::new(Posteriors::new(&self.snapshot, &self.model, topic)))
            }
            Topic::Turned(topic) => Answer::Turned(Turned::new(&self.snapshot, &self.model, topic)),
            Topic::Ghosts(topic) => Answer::Ghosts(Ghosts::new(&self.model, topic)),
            Topic::Joint(topic) => Answer::Joint(Joint::new(&self.model, topic)),
            Topic::Loop(topic) => Answer::Loop(Loop::new(&self.model, topic)),
            Topic::Field(topic) => Answer::Field(Field::new(&self.model, topic)),
        }
    }
}

/// What is known and asked of one kind.
#[derive(Debug, Default)]
struct Slot {
    asked: Option<Arc<Question>>,
    /// Nobody has begun with what was asked.
    open: bool,
    answer: Option<(Arc<Question>, Arc<Answer>)>,
}

#[derive(Debug, Default)]
struct Desk {
    slots: [Slot; KINDS],
    /// Whose turn it is, so that no kind waits for ever.
    next: usize,
    closed: bool,
}

#[derive(Debug, Default)]
struct Shared {
    desk: Mutex<Desk>,
    news: Condvar,
}

/// Answers questions. Dropping it ends its thread after the answer that it is at.
#[derive(Debug)]
pub struct Analyst {
    shared: Arc<Shared>,
    /// Looks at z*. `None`: everything is answered at once, as pictures without a window need it.
    lookout: Option<Lookout>,
}

impl Analyst {
    /// Answers at once.
    pub fn immediate() -> Self {
        Self { shared: Arc::default(), lookout: None }
    }

    /// Answers on threads of its own and asks the window to look when something is found.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub fn threaded(ctx: &Context) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (own, wake) = (Arc::clone(&shared), ctx.clone());
        Builder::new().name("analyst".to_owned()).spawn(move || own.serve(&|| wake.request_repaint()))?;
        let ctx = ctx.clone();
        Ok(Self { shared, lookout: Some(Lookout::spawn(move || ctx.request_repaint())?) })
    }

    /// One more of the same kind.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub fn another(&self, ctx: &Context) -> std::io::Result<Self> {
        if self.lookout.is_some() { Self::threaded(ctx) } else { Ok(Self::immediate()) }
    }

    /// What is computed at z*, or what was a moment ago, and a request for a newer one.
    pub(super) fn focus(
        &mut self,
        known: Option<&Arc<Focus>>,
        snapshot: &Arc<Snapshot>,
        selection: &Selection,
    ) -> Arc<Focus> {
        match (known, &mut self.lookout) {
            (Some(known), Some(lookout)) => lookout.look(known, snapshot, selection),
            (Some(known), None) => known.renewed(snapshot, selection),
            (None, _) => Arc::new(Focus::new(snapshot, selection)),
        }
    }

    /// The newest answer of this kind for the run that `snapshot` is of, and a request for the one to this question if
    /// that is another. `model` is that of the snapshot in double precision.
    pub fn ask(&self, snapshot: &Arc<Snapshot>, model: Arc<Vae<f64>>, topic: Topic) -> Option<Arc<Answer>> {
        let kind = topic.kind();
        let mut desk = self.shared.desk();
        let slot = &mut desk.slots[kind];
        if slot.asked.as_ref().is_none_or(|asked| !asked.is(snapshot, &topic)) {
            let question = Arc::new(Question { snapshot: Arc::clone(snapshot), model, topic });
            slot.asked = Some(Arc::clone(&question));
            if self.lookout.is_none() {
                slot.answer = Some((Arc::clone(&question), Arc::new(question.answer())));
            } else {
                slot.open = true;
                self.shared.news.notify_one();
            }
        }
        let (question, answer) = desk.slots[kind].answer.as_ref()?;
        question.suits(snapshot).then(|| Arc::clone(answer))
    }
}

impl Drop for Analyst {
    fn drop(&mut self) {
        // Not joined: nobody should wait for an answer that nobody wants any more.
        self.shared.desk().closed = true;
        self.shared.news.notify_one();
    }
}

impl Shared {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, wake: &dyn Fn()) {
        while let Some((kind, question)) = self.wait() {
            let start = Instant::now();
            let answer = Arc::new(question.answer());
            self.desk().slots[kind].answer = Some((question, answer));
            wake();
            // Rests as long as it has worked: while a run is training, every snapshot raises the question again.
            sleep(start.elapsed().min(LONGEST_REST));
        }
    }

    /// The next question, whenever it comes; `None` when there will be no more.
    fn wait(&self) -> Option<(usize, Arc<Question>)> {
        let mut desk = self.desk();
        loop {
            if desk.closed {
                return None;
            }
            let kind = (0..KINDS).map(|k| (desk.next + k) % KINDS).find(|kind| desk.slots[*kind].open);
            if let Some(kind) = kind {
                desk.next = (kind + 1) % KINDS;
                let slot = &mut desk.slots[kind];
                slot.open = false;
                if let Some(question) = &slot.asked {
                    return Some((kind, Arc::clone(question)));
                }
            }
            desk = self.news.wait(desk).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::data::{Scene, generate};
    use crate::experiment::{Config, Experiment, Origin};

    /// A scene after some steps, with its model in double precision.
    pub(in crate::app) fn trained(scene: &str, steps: usize) -> (Arc<Snapshot>, Arc<Vae<f64>>) {
        let scene = Scene::named(scene).unwrap().clone();
        let data = Arc::new(generate(&scene, 0));
        let config = Config::new(Origin::Scene(Box::new(scene)), 0, data.train.samples());
        let mut run = Experiment::new(config, data).unwrap();
        for _ in 0..steps {
            run.step().unwrap();
        }
        let snapshot = Arc::new(Snapshot::of(&run));
        let model = Arc::new(snapshot.vae.cast());
        (snapshot, model)
    }

    fn around(corner: f64) -> Topic {
        Topic::Loop(LoopQuestion { z: vec![0.0; 2], plane: [0, 1], corners: [[0.0; 2], [corner; 2]] })
    }

    fn integrals(answer: &Answer) -> Loop {
        let Answer::Loop(around) = answer else { panic!("{answer:?}") };
        *around
    }

    #[test]
    fn the_same_question_is_answered_once() {
        let (snapshot, model) = trained("cylinder", 0);
        let analyst = Analyst::immediate();
        let ask = |topic| analyst.ask(&snapshot, Arc::clone(&model), topic).unwrap();
        let first = ask(around(1.0));
        assert!(Arc::ptr_eq(&first, &ask(around(1.0))));
        let other = ask(around(2.0));
        assert_ne!(integrals(&first), integrals(&other));
        // Another kind of question leaves this one's answer alone.
        let ghosts = GhostsQuestion { z: vec![0.0; 2], latents: vec![0], values: vec![1.0] };
        assert!(matches!(*ask(Topic::Ghosts(ghosts)), Answer::Ghosts(_)));
        assert!(Arc::ptr_eq(&other, &ask(around(2.0))));
    }

    #[test]
    fn an_answer_about_other_data_is_not_shown() {
        let (first, model) = trained("cylinder", 0);
        let (second, other) = trained("polar", 0);
        let analyst = Analyst::threaded(&Context::default()).unwrap();
        wait(|| analyst.ask(&first, Arc::clone(&model), around(1.0)));
        assert!(analyst.ask(&first, Arc::clone(&model), around(2.0)).is_some(), "the last one serves meanwhile");
        assert!(analyst.ask(&second, Arc::clone(&other), around(1.0)).is_none());
        wait(|| analyst.ask(&second, Arc::clone(&other), around(1.0)));
    }

    #[test]
    fn the_thread_finds_what_is_found_at_once() {
        let (snapshot, model) = trained("cylinder", 20);
        let analyst = Analyst::threaded(&Context::default()).unwrap();
        // Questions of before are overtaken.
        for k in 1..50 {
            analyst.ask(&snapshot, Arc::clone(&model), around(f64::from(k)));
        }
        let exact = Analyst::immediate().ask(&snapshot, Arc::clone(&model), around(50.0)).unwrap();
        wait(|| {
            let answer = analyst.ask(&snapshot, Arc::clone(&model), around(50.0))?;
            (integrals(&answer) == integrals(&exact)).then_some(answer)
        });
    }

    fn wait(answer: impl Fn() -> Option<Arc<Answer>>) {
        let start = Instant::now();
        while answer().is_none() {
            assert!(start.elapsed() < Duration::from_mins(1), "no answer came");
            sleep(Duration::from_millis(1));
        }
    }
}
