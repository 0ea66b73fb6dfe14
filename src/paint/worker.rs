//! A render thread: the newest job wins, and a picture that stays is refined.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle, available_parallelism};
use std::time::Duration;

/// Draws a picture `P` with the given number of samples along each side of a pixel, on the given number of threads.
type RenderJob<P> = Box<dyn Fn(usize, usize) -> P + Send>;

/// A picture without a newer job after this time is drawn again with more samples. While a camera moves or a run goes
/// on, refining every picture would cost more than drawing it and delay the next one.
const REFINE_AFTER: Duration = Duration::from_millis(80);

/// A thread that renders pictures of any kind. Dropping it ends the thread.
#[derive(Debug)]
pub struct Worker<P> {
    channel: Arc<RenderChannel<P>>,
    thread: Option<JoinHandle<()>>,
}

/// The mailbox between the window and the thread that renders.
struct RenderChannel<P> {
    mailbox: Mutex<RenderMailbox<P>>,
    changed: Condvar,
}

/// A job on its way to the thread, and a picture on its way back. A newer one replaces an older one.
struct RenderMailbox<P> {
    job: Option<RenderJob<P>>,
    picture: Option<P>,
    closed: bool,
}

impl<P> std::fmt::Debug for RenderChannel<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RenderChannel").finish_non_exhaustive()
    }
}

impl<P: Send + 'static> Worker<P> {
    /// Starts the thread. `wake` is called whenever a picture is ready.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub fn spawn(wake: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let mailbox = Mutex::new(RenderMailbox { job: None, picture: None, closed: false });
        let channel = Arc::new(RenderChannel { mailbox, changed: Condvar::new() });
        let own = Arc::clone(&channel);
        let thread = Builder::new().name("painter".to_owned()).spawn(move || own.serve(&wake))?;
        Ok(Self { channel, thread: Some(thread) })
    }

    /// Requests a picture. A waiting job is dropped. `job` is called first with few samples, and again with many if no
    /// newer job has come.
    pub fn submit(&self, job: impl Fn(usize, usize) -> P + Send + 'static) {
        self.channel.mailbox().job = Some(Box::new(job));
        self.channel.changed.notify_one();
    }

    /// Takes the newest picture.
    pub fn take(&self) -> Option<P> {
        self.channel.mailbox().picture.take()
    }
}

impl<P> Drop for Worker<P> {
    fn drop(&mut self) {
        self.channel.mailbox().closed = true;
        self.channel.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed already.
            drop(thread.join());
        }
    }
}

impl<P> RenderChannel<P> {
    fn mailbox(&self) -> MutexGuard<'_, RenderMailbox<P>> {
        self.mailbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, wake: &dyn Fn()) {
        let threads = available_parallelism().map_or(1, |n| n.get().min(4));
        let mut unrefined: Option<RenderJob<P>> = None;
        loop {
            let mut mailbox = self.mailbox();
            while mailbox.job.is_none() && unrefined.is_none() && !mailbox.closed {
                mailbox = self.changed.wait(mailbox).unwrap_or_else(PoisonError::into_inner);
            }
            if unrefined.is_some() {
                let nothing_changed = |mailbox: &mut RenderMailbox<P>| mailbox.job.is_none() && !mailbox.closed;
                let waited = self.changed.wait_timeout_while(mailbox, REFINE_AFTER, nothing_changed);
                mailbox = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            if mailbox.closed {
                return;
            }
            let newest = mailbox.job.take();
            drop(mailbox);
            let (job, supersample) = match newest {
                Some(job) => (job, 1),
                None => match unrefined.take() {
                    Some(job) => (job, 2),
                    None => continue,
                },
            };
            let picture = job(supersample, threads);
            unrefined = (supersample == 1).then_some(job);
            self.mailbox().picture = Some(picture);
            wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paint::Picture;
    use eframe::egui::Color32;
    use std::sync::mpsc::channel;

    /// A picture whose width tells the job and whose height tells the samples.
    fn picture(width: usize, height: usize) -> Picture {
        Picture::filled(width, height, Color32::WHITE)
    }

    #[test]
    fn the_newest_job_wins_and_is_refined() {
        let (send, receive) = channel();
        let worker = Worker::spawn(move || send.send(()).unwrap()).unwrap();
        let (release, gate) = channel::<()>();
        let gate = Mutex::new(gate);
        let (begun, first) = channel();
        worker.submit(move |samples, _| {
            // Sent and received once: after that both ends are gone.
            begun.send(()).unwrap_or_default();
            gate.lock().unwrap().recv().unwrap_or_default();
            picture(1, samples)
        });
        first.recv().unwrap();
        // The first job is being drawn: the second is forgotten in favour of the third.
        for width in [2, 3] {
            worker.submit(move |samples, _| picture(width, samples));
        }
        drop(release);
        let mut seen = Vec::new();
        while seen.last() != Some(&(3, 2)) {
            receive.recv().unwrap();
            seen.extend(worker.take().map(|p| (p.width, p.height)));
        }
        assert!(seen.iter().all(|(width, _)| *width != 2), "{seen:?}");
    }
}
