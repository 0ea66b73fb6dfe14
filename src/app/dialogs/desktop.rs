//! The file dialog of the desktop, asked on a thread of its own.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

use eframe::egui::Context;

/// Nobody cancels a dialog that soon: there was none. (A desktop without one answers as if it was cancelled.)
const SOONEST: Duration = Duration::from_millis(600);

/// The sentence of a dialog on a desktop without a file dialog.
pub(super) const MISSING: &str = "the desktop has no file dialog here: type the path";

/// A dialog that is open.
#[derive(Debug)]
pub(super) struct DesktopDialog(Receiver<DesktopAnswer>);

/// The answer of a dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DesktopAnswer {
    /// With a path.
    Chosen(PathBuf),
    /// Without one.
    Cancelled,
    /// It was never seen.
    Missing,
}

impl DesktopDialog {
    /// Opens one by `pick`, which waits until it is left.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub(super) fn open(ctx: &Context, pick: impl FnOnce() -> Option<PathBuf> + Send + 'static) -> io::Result<Self> {
        let (send, receive) = channel();
        let ctx = ctx.clone();
        Builder::new().name("file dialog".to_owned()).spawn(move || {
            let asked = Instant::now();
            let answer = match pick() {
                Some(path) => DesktopAnswer::Chosen(path),
                None if asked.elapsed() < SOONEST => DesktopAnswer::Missing,
                None => DesktopAnswer::Cancelled,
            };
            // Nobody listens any more if the window was closed meanwhile.
            drop(send.send(answer));
            ctx.request_repaint();
        })?;
        Ok(Self(receive))
    }

    /// Its answer, once it has one.
    pub(super) fn answer(&self) -> Option<DesktopAnswer> {
        match self.0.try_recv() {
            Ok(answer) => Some(answer),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(DesktopAnswer::Cancelled),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;

    use super::*;

    /// The answer to a dialog that is left after this time.
    fn left_after(time: Duration, path: Option<&str>) -> DesktopAnswer {
        let path = path.map(PathBuf::from);
        let dialog = DesktopDialog::open(&Context::default(), move || {
            sleep(time);
            path
        });
        let dialog = dialog.unwrap();
        loop {
            if let Some(answer) = dialog.answer() {
                return answer;
            }
            sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn a_dialog_that_nobody_saw_was_not_cancelled() {
        assert_eq!(left_after(Duration::ZERO, None), DesktopAnswer::Missing);
        assert_eq!(left_after(2 * SOONEST, None), DesktopAnswer::Cancelled);
        assert_eq!(left_after(Duration::ZERO, Some("a.png")), DesktopAnswer::Chosen("a.png".into()));
    }
}
