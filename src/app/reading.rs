//! A thread that reads beside the window, with progress; it is cancelled when nobody waits for it any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::Builder;

use eframe::egui::Context;

use crate::io::Watch;

/// A thread that reads. Dropping this cancels it.
#[derive(Debug)]
pub(super) struct Reading<T> {
    news: Receiver<T>,
    /// Per mille of the way.
    progress: Arc<AtomicU32>,
    cancelled: Arc<AtomicBool>,
}

/// Tells the window what was read.
pub(super) struct Teller<T> {
    news: Sender<T>,
    ctx: Context,
}

impl<T> Teller<T> {
    /// Tells something; more may follow.
    pub(super) fn tell(&self, news: T) {
        // Nobody listens any more if the dialog was closed meanwhile.
        drop(self.news.send(news));
        self.ctx.request_repaint();
    }
}

impl<T> Drop for Teller<T> {
    /// A thread that has ended without a word is noticed, too.
    fn drop(&mut self) {
        self.ctx.request_repaint();
    }
}

/// Progress of a reading thread.
pub(super) enum News<T> {
    /// It has told something.
    Told(T),
    /// It goes on.
    None,
    /// It has ended, and everything that it told was taken.
    Over,
}

impl<T: Send + 'static> Reading<T> {
    /// Starts a thread for `job`.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub(super) fn start(
        ctx: &Context,
        job: impl FnOnce(Watch<'_>, &Teller<T>) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (send, news) = channel();
        let (progress, cancelled) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
        let (own, stop, own_ctx) = (Arc::clone(&progress), Arc::clone(&cancelled), ctx.clone());
        let teller = Teller { news: send, ctx: ctx.clone() };
        Builder::new().name("reading".to_owned()).spawn(move || {
            let report = |share: f64| {
                let share = (1000.0 * share) as u32;
                if own.swap(share, Ordering::Relaxed) != share {
                    own_ctx.request_repaint();
                }
            };
            job(Watch::new(&report, &stop), &teller);
        })?;
        Ok(Self { news, progress, cancelled })
    }

    /// The part of the way, from 0 to 1.
    pub(super) fn progress(&self) -> f32 {
        self.progress.load(Ordering::Relaxed) as f32 / 1000.0
    }

    /// The next thing that was told.
    pub(super) fn news(&self) -> News<T> {
        match self.news.try_recv() {
            Ok(told) => News::Told(told),
            Err(TryRecvError::Empty) => News::None,
            Err(TryRecvError::Disconnected) => News::Over,
        }
    }
}

impl<T> Drop for Reading<T> {
    fn drop(&mut self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }
}
