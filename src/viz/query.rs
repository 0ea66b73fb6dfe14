//! Queries: numbers about a snapshot that take longer than a frame. A view asks and gets the last answer at once, which may be
//! older than the snapshot; a thread works on the newest query of each kind. Only queries of visible views are answered, and
//! none twice.

use std::any::{Any, TypeId};
use std::fmt::Debug;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, sleep};
use std::time::{Duration, Instant};

use crate::experiment::Snapshot;
use crate::vae::Vae;

/// A question about a snapshot. Each kind of query is one type, which stands in the folder of the view that asks it.
pub trait Query: Clone + Debug + PartialEq + Send + Sync + 'static {
    /// The answer.
    type Answer: Debug + Send + Sync + 'static;

    /// Computes the answer. `model` is the snapshot's, in double precision.
    fn answer(&self, snapshot: &Snapshot, model: &Vae<f64>) -> Self::Answer;
}

/// An answer whose type only the asking view knows.
type AnyAnswer = Arc<dyn Any + Send + Sync>;

/// A query whose type only the asking view knows.
trait AnyQuery: Any + Debug + Send + Sync {
    fn answer_any(&self, snapshot: &Snapshot, model: &Vae<f64>) -> AnyAnswer;
}

impl<Q: Query> AnyQuery for Q {
    fn answer_any(&self, snapshot: &Snapshot, model: &Vae<f64>) -> AnyAnswer {
        Arc::new(self.answer(snapshot, model))
    }
}

/// A query with its snapshot.
#[derive(Debug)]
struct Asked {
    snapshot: Arc<Snapshot>,
    model: Arc<Vae<f64>>,
    query: Box<dyn AnyQuery>,
}

impl Asked {
    fn is<Q: Query>(&self, snapshot: &Arc<Snapshot>, query: &Q) -> bool {
        let own: &dyn Any = &*self.query;
        Arc::ptr_eq(&self.snapshot, snapshot) && own.downcast_ref() == Some(query)
    }

    /// True if the answer may be shown where `snapshot` is drawn: same data, same number of latents.
    fn suits(&self, snapshot: &Snapshot) -> bool {
        Arc::ptr_eq(&self.snapshot.data, &snapshot.data) && self.snapshot.latent_dim() == snapshot.latent_dim()
    }

    fn answer(&self) -> AnyAnswer {
        self.query.answer_any(&self.snapshot, &self.model)
    }
}

/// The newest query of one kind and the newest answer.
#[derive(Debug)]
struct Slot {
    kind: TypeId,
    asked: Arc<Asked>,
    /// No thread has begun with `asked`.
    waiting: bool,
    answer: Option<(Arc<Asked>, AnyAnswer)>,
}

#[derive(Debug, Default)]
struct Slots {
    list: Vec<Slot>,
    /// The slot whose turn it is, so that no kind waits for ever.
    next: usize,
    closed: bool,
}

#[derive(Debug, Default)]
struct SharedSlots {
    slots: Mutex<Slots>,
    news: Condvar,
}

/// The answering thread never rests for longer.
const LONGEST_REST: Duration = Duration::from_millis(500);

/// Answers queries. Dropping it ends its thread after the answer in progress.
#[derive(Debug)]
pub struct QueryCache {
    shared: Arc<SharedSlots>,
    /// Answers come from a thread; otherwise they are computed at once, as figures need them.
    threaded: bool,
}

impl QueryCache {
    /// Answers at once.
    pub fn immediate() -> Self {
        Self { shared: Arc::default(), threaded: false }
    }

    /// Answers on a thread of its own. `wake` is called whenever there is an answer.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub fn threaded(wake: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let shared = Arc::new(SharedSlots::default());
        let own = Arc::clone(&shared);
        Builder::new().name("queries".to_owned()).spawn(move || own.serve(&wake))?;
        Ok(Self { shared, threaded: true })
    }

    /// The newest answer to a query of this type for the run of `snapshot`, and a request for the answer to just this query.
    /// `model` is the snapshot's, in double precision.
    pub fn ask<Q: Query>(&self, snapshot: &Arc<Snapshot>, model: Arc<Vae<f64>>, query: &Q) -> Option<Arc<Q::Answer>> {
        let kind = TypeId::of::<Q>();
        let mut slots = self.shared.slots();
        let place = slots.list.iter().position(|slot| slot.kind == kind);
        if place.is_none_or(|place| !slots.list[place].asked.is(snapshot, query)) {
            let asked = Arc::new(Asked { snapshot: Arc::clone(snapshot), model, query: Box::new(query.clone()) });
            let answered = (!self.threaded).then(|| (Arc::clone(&asked), asked.answer()));
            match place {
                Some(place) => {
                    let slot = &mut slots.list[place];
                    slot.asked = asked;
                    slot.waiting = self.threaded;
                    slot.answer = answered.or_else(|| slot.answer.take());
                }
                None => slots.list.push(Slot { kind, asked, waiting: self.threaded, answer: answered }),
            }
            self.shared.news.notify_one();
        }
        let slot = slots.list.iter().find(|slot| slot.kind == kind)?;
        let (asked, answer) = slot.answer.as_ref()?;
        if asked.suits(snapshot) { Arc::clone(answer).downcast().ok() } else { None }
    }
}

impl Drop for QueryCache {
    fn drop(&mut self) {
        // Not joined: nobody should wait for an answer that nobody wants any more.
        self.shared.slots().closed = true;
        self.shared.news.notify_one();
    }
}

impl SharedSlots {
    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, wake: &dyn Fn()) {
        while let Some((place, asked)) = self.wait() {
            let start = Instant::now();
            let answer = asked.answer();
            self.slots().list[place].answer = Some((asked, answer));
            wake();
            // Rests as long as it has worked: while a run is training, every snapshot raises the query again.
            sleep(start.elapsed().min(LONGEST_REST));
        }
    }

    /// The next query and its slot, whenever it comes; `None` once the cache is dropped.
    fn wait(&self) -> Option<(usize, Arc<Asked>)> {
        let mut slots = self.slots();
        loop {
            if slots.closed {
                return None;
            }
            let (count, next) = (slots.list.len(), slots.next);
            let place = (0..count).map(|k| (next + k) % count).find(|place| slots.list[*place].waiting);
            if let Some(place) = place {
                slots.next = (place + 1) % count;
                let slot = &mut slots.list[place];
                slot.waiting = false;
                return Some((place, Arc::clone(&slot.asked)));
            }
            slots = self.news.wait(slots).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::data::{Scene, generate};
    use crate::experiment::{Config, Experiment, Origin};

    /// A scene after some steps, with its model in double precision.
    pub(crate) fn trained(scene: &str, steps: usize) -> (Arc<Snapshot>, Arc<Vae<f64>>) {
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

    /// The first weights, times a factor.
    #[derive(Clone, Debug, PartialEq)]
    struct Scaled(f64);

    impl Query for Scaled {
        type Answer = f64;

        fn answer(&self, _: &Snapshot, model: &Vae<f64>) -> f64 {
            self.0 * model.parameters[0]
        }
    }

    #[derive(Clone, Debug, PartialEq)]
    struct Steps;

    impl Query for Steps {
        type Answer = u64;

        fn answer(&self, snapshot: &Snapshot, _: &Vae<f64>) -> u64 {
            snapshot.step
        }
    }

    #[test]
    fn the_same_query_is_answered_once() {
        let (snapshot, model) = trained("cylinder", 3);
        let queries = QueryCache::immediate();
        let ask = |factor| queries.ask(&snapshot, Arc::clone(&model), &Scaled(factor)).unwrap();
        let first = ask(1.0);
        assert!(Arc::ptr_eq(&first, &ask(1.0)));
        let other = ask(2.0);
        assert_eq!(*other, 2.0 * *first);
        // Another kind of query leaves this one's answer alone.
        assert_eq!(queries.ask(&snapshot, Arc::clone(&model), &Steps).as_deref(), Some(&3));
        assert!(Arc::ptr_eq(&other, &ask(2.0)));
    }

    #[test]
    fn an_answer_about_other_data_is_not_shown() {
        let (first, model) = trained("cylinder", 0);
        let (second, other) = trained("polar", 0);
        let queries = QueryCache::threaded(|| ()).unwrap();
        wait(|| queries.ask(&first, Arc::clone(&model), &Scaled(1.0)));
        assert!(queries.ask(&first, Arc::clone(&model), &Scaled(2.0)).is_some(), "the last one serves meanwhile");
        assert!(queries.ask(&second, Arc::clone(&other), &Scaled(1.0)).is_none());
        wait(|| queries.ask(&second, Arc::clone(&other), &Scaled(1.0)));
    }

    #[test]
    fn the_thread_finds_the_immediate_answer_of_the_newest_query() {
        let (snapshot, model) = trained("cylinder", 20);
        let queries = QueryCache::threaded(|| ()).unwrap();
        // Older queries are overtaken.
        for k in 1..50 {
            queries.ask(&snapshot, Arc::clone(&model), &Scaled(f64::from(k)));
        }
        let exact = QueryCache::immediate().ask(&snapshot, Arc::clone(&model), &Scaled(50.0)).unwrap();
        wait(|| queries.ask(&snapshot, Arc::clone(&model), &Scaled(50.0)).filter(|answer| *answer == exact));
    }

    fn wait<T>(answer: impl Fn() -> Option<T>) {
        let start = Instant::now();
        while answer().is_none() {
            assert!(start.elapsed() < Duration::from_mins(1), "no answer came");
            sleep(Duration::from_millis(1));
        }
    }
}
