//! Reads a lesson file again when it changes, on a thread of its own.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::Builder;
use std::time::Duration;

use eframe::egui::Context;

use crate::io::read_text;

/// Watches a file. Dropping it ends the thread.
#[derive(Debug)]
pub(super) struct Reload {
    news: Receiver<String>,
    _open: Sender<()>,
}

/// The time between two looks at the file.
const INTERVAL: Duration = Duration::from_millis(400);

impl Reload {
    /// Watches a file that was read as `text`.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub(super) fn start(path: &Path, text: String, ctx: &Context) -> std::io::Result<Self> {
        let ((send, news), (open, closed)) = (channel(), channel::<()>());
        let (path, ctx) = (path.to_owned(), ctx.clone());
        Builder::new().name("lesson file".to_owned()).spawn(move || watch(&path, text, &send, &closed, &ctx))?;
        Ok(Self { news, _open: open })
    }

    /// The newest text of the file, if it has changed.
    pub(super) fn changed(&self) -> Option<String> {
        self.news.try_iter().last()
    }
}

fn watch(path: &Path, mut text: String, send: &Sender<String>, closed: &Receiver<()>, ctx: &Context) {
    while closed.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
        // A file that an editor is just replacing is there again at the next look.
        let Ok(now) = read_text(path, "the lesson") else { continue };
        if now != text && send.send(now.clone()).is_ok() {
            text = now;
            ctx.request_repaint();
        }
    }
}
