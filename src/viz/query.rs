//! Queries: numbers about a snapshot that take longer than a frame. A view asks and gets the last answer at once, which may be
//! older than the snapshot; a thread works on the newest query of each kind. Only queries of visible views are answered, and
//! none twice.

use std::any::{Any, TypeId};
use std::fmt::Debug;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{Builder, sleep};
use std::time::{Duration, Instant};

use crate::data::Dataset;
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

/// A query with its snapshot, to be answered.
#[derive(Debug)]
struct Asked {
    snapshot: Arc<Snapshot>,
    model: Arc<Vae<f64>>,
    query: Arc<dyn AnyQuery>,
}

impl Asked {
    fn answer(&self) -> Answered {
        let Self { snapshot, model, query } = self;
        let (data, latents) = (Arc::clone(&snapshot.data), snapshot.latent_dim());
        Answered { data, latents, answer: query.answer_any(snapshot, model) }
    }
}

/// An answer with what tells whether it suits a snapshot. Snapshots and models of large images would fill the memory.
#[derive(Debug)]
struct Answered {
    data: Arc<Dataset>,
    latents: usize,
    answer: AnyAnswer,
}

impl Answered {
    /// True if the answer may be shown where `snapshot` is drawn: same data, same number of latents.
    fn suits(&self, snapshot: &Snapshot) -> bool {
        Arc::ptr_eq(&self.data, &snapshot.data) && self.latents == snapshot.latent_dim()
    }
}

/// The newest query of one kind and the newest answer.
#[derive(Debug)]
struct Slot {
    kind: TypeId,
    /// The snapshot and the query that were asked about last.
    snapshot: Weak<Snapshot>,
    query: Arc<dyn AnyQuery>,
    /// The same, as long as no thread has begun with it.
    waiting: Option<Asked>,
    answer: Option<Answered>,
}

impl Slot {
    fn is_of<Q: Query>(&self, snapshot: &Arc<Snapshot>, query: &Q) -> bool {
        let own: &dyn Any = &*self.query;
        std::ptr::eq(self.snapshot.as_ptr(), Arc::as_ptr(snapshot)) && own.downcast_ref() == Some(query)
    }
}

#[derive(Debug, Default)]
struct Slots {
    list: Vec<Slot>,
    /// The slot whose turn it is, so that no kind waits for ever.
    next: usize,
    closed: bool,
}

impl Slots {
    fn newest<Q: Query>(&self, snapshot: &Snapshot) -> Option<Arc<Q::Answer>> {
        let slot = self.list.iter().find(|slot| slot.kind == TypeId::of::<Q>())?;
        let answered = slot.answer.as_ref().filter(|answered| answered.suits(snapshot))?;
        Arc::clone(&answered.answer).downcast().ok()
    }
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
        if place.is_none_or(|place| !slots.list[place].is_of(snapshot, query)) {
            let query: Arc<dyn AnyQuery> = Arc::new(query.clone());
            let asked = Asked { snapshot: Arc::clone(snapshot), model, query: Arc::clone(&query) };
            let answer = (!self.threaded).then(|| asked.answer());
            let waiting = self.threaded.then_some(asked);
            let snapshot = Arc::downgrade(snapshot);
            match place {
                Some(place) => {
                    let slot = &mut slots.list[place];
                    (slot.snapshot, slot.query, slot.waiting) = (snapshot, query, waiting);
                    slot.answer = answer.or_else(|| slot.answer.take());
                }
                None => slots.list.push(Slot { kind, snapshot, query, waiting, answer }),
            }
            self.shared.news.notify_one();
        }
        slots.newest::<Q>(snapshot)
    }

    /// The newest answer to a query of this type for the run of `snapshot`, without asking for another.
    pub fn newest<Q: Query>(&self, snapshot: &Snapshot) -> Option<Arc<Q::Answer>> {
        self.shared.slots().newest::<Q>(snapshot)
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
            drop(asked);
            self.slots().list[place].answer = Some(answer);
            wake();
            // Rests as long as it has worked: while a run is training, every snapshot raises the query again.
            sleep(start.elapsed().min(LONGEST_REST));
        }
    }

    /// The next query and its slot, whenever it comes; `None` once the cache is dropped.
    fn wait(&self) -> Option<(usize, Asked)> {
        let mut slots = self.slots();
        loop {
            if slots.closed {
                return None;
            }
            let (count, next) = (slots.list.len(), slots.next);
            let place = (0..count).map(|k| (next + k) % count).find(|place| slots.list[*place].waiting.is_some());
            if let Some(place) = place {
                slots.next = (place + 1) % count;
                return slots.list[place].waiting.take().map(|asked| (place, asked));
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
