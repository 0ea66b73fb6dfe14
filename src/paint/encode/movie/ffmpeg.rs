//! MP4, encoded by the program ffmpeg.

use std::io::{self, Read, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle, sleep};
use std::time::{Duration, Instant};

use crate::io::TemporaryFile;

/// The name of the program.
pub(super) const FFMPEG: &str = "ffmpeg";

/// How long the program may stand still.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running ffmpeg. It writes into a temporary file, where it can go back: the table of the pictures, which is known last, stands
/// first, and the movie is whole and not in fragments, which some players cannot wind. Dropping it ends the program, and so does a
/// while without progress.
#[derive(Debug)]
pub(super) struct Ffmpeg {
    /// `None` after the last picture.
    pictures: Option<PictureWriter>,
    said: Option<PipeReader>,
    child: KillOnDrop,
    movie: TemporaryFile,
    patience: Duration,
}

/// A thread that reads a pipe to its end.
type PipeReader = JoinHandle<io::Result<Vec<u8>>>;

/// A thread that writes pictures, for a pipe that nobody reads holds the writer up.
#[derive(Debug)]
struct PictureWriter {
    pictures: Sender<Vec<u8>>,
    /// Whether the last picture was taken.
    taken: Receiver<bool>,
}

impl PictureWriter {
    fn start(mut pipe: ChildStdin) -> io::Result<Self> {
        let ((pictures, arriving), (tell, taken)) = (channel::<Vec<u8>>(), channel());
        Builder::new().name("ffmpeg pictures".to_owned()).spawn(move || {
            for picture in arriving {
                let is_taken = pipe.write_all(&picture).is_ok();
                // Nobody waits for the answer of a program that was ended.
                if tell.send(is_taken).is_err() {
                    break;
                }
            }
        })?;
        Ok(Self { pictures, taken })
    }
}

/// True if the program can be started.
pub(super) fn is_installed(program: &str) -> bool {
    let mut version = Command::new(program);
    version.arg("-version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut child) = version.spawn().map(KillOnDrop) else { return false };
    // It has nothing to do.
    child.end_within(Duration::from_secs(10), || 0).is_some_and(|success| success)
}

impl Ffmpeg {
    /// Starts the program on a stream of PNG files, `rate` a second.
    pub(super) fn start(program: &str, rate: u16) -> Result<Self, String> {
        Self::start_with(program, rate, PATIENCE)
    }

    fn start_with(program: &str, rate: u16, patience: Duration) -> Result<Self, String> {
        let movie = TemporaryFile::new(".mp4").map_err(|error| failed(&error.to_string()))?;
        let start = || {
            let mut child = Command::new(program)
                .args(["-loglevel", "error", "-f", "image2pipe", "-framerate", &rate.to_string(), "-i", "-"])
                // Players want sides that are even and colours at half the resolution: a last odd row or column of the margin goes.
                .args(["-vf", "crop=trunc(iw/2)*2:trunc(ih/2)*2", "-pix_fmt", "yuv420p", "-f", "mp4"])
                .args(["-movflags", "+faststart", "-y"])
                .arg(movie.path())
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .map(KillOnDrop)?;
            let pipes = (child.0.stdin.take(), child.0.stderr.take());
            let (Some(pictures), Some(said)) = pipes else { return Err(io::ErrorKind::BrokenPipe.into()) };
            Ok((PictureWriter::start(pictures)?, read(said)?, child))
        };
        let (pictures, said, child) = start().map_err(|error: io::Error| failed(&error.to_string()))?;
        Ok(Self { pictures: Some(pictures), said: Some(said), child, movie, patience })
    }

    /// Sends the next picture, a PNG file.
    pub(super) fn push(&mut self, picture: &[u8]) -> Result<(), String> {
        let Some(writer) = &self.pictures else { return self.finish().map(drop) };
        let taken = match writer.pictures.send(picture.to_owned()) {
            Ok(()) => writer.taken.recv_timeout(self.patience),
            Err(_) => Ok(false),
        };
        match taken {
            Ok(true) => Ok(()),
            Err(RecvTimeoutError::Timeout) => Err(self.stop()),
            // A closed pipe means that the program has ended; it says why.
            _ => self.finish().map(drop),
        }
    }

    /// The bytes of the movie.
    pub(super) fn finish(&mut self) -> Result<Vec<u8>, String> {
        self.pictures = None;
        let movie = &self.movie;
        let Some(success) = self.child.end_within(self.patience, || movie.changes()) else { return Err(self.stop()) };
        let said = self.said.take().and_then(|pipe| pipe.join().ok()?.ok()).unwrap_or_default();
        if success {
            let movie = self.movie.bytes().map_err(|error| failed(&error.to_string()))?;
            if !movie.is_empty() {
                return Ok(movie);
            }
        }
        Err(failed(String::from_utf8_lossy(&said).lines().next().unwrap_or("it does not say why")))
    }

    /// Ends a program that stands still. Gives the error.
    fn stop(&mut self) -> String {
        (self.pictures, self.said) = (None, None);
        self.child.kill();
        failed(&format!("it has made no progress for {:.0} seconds", self.patience.as_secs_f64()))
    }
}

fn failed(why: &str) -> String {
    format!("ffmpeg has not made the movie ({why}); make a GIF or APNG")
}

fn read(mut pipe: impl Read + Send + 'static) -> io::Result<PipeReader> {
    Builder::new().name("ffmpeg".to_owned()).spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).map(|_| bytes)
    })
}

/// A child process that is killed when dropped.
#[derive(Debug)]
struct KillOnDrop(Child);

impl KillOnDrop {
    /// Waits for the end of the process. Gives its success, or `None` once `progress` stays the same so long.
    fn end_within<T: PartialEq>(&mut self, patience: Duration, progress: impl Fn() -> T) -> Option<bool> {
        let (mut seen, mut since) = (progress(), Instant::now());
        loop {
            match self.0.try_wait() {
                Ok(None) => {}
                ended => return Some(ended.is_ok_and(|status| status.is_some_and(|status| status.success()))),
            }
            let now = progress();
            if now != seen {
                (seen, since) = (now, Instant::now());
            } else if since.elapsed() > patience {
                return None;
            }
            sleep(Duration::from_millis(5));
        }
    }

    fn kill(&mut self) {
        // Both fail if the process has ended already.
        let _ended = self.0.kill().and_then(|()| self.0.wait().map(drop));
    }
}

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    /// A program in the place of ffmpeg: a script for the shell.
    fn program(folder: &Path, script: &str) -> String {
        let path = folder.join("program");
        let write = || {
            std::fs::write(&path, format!("#!/bin/sh\n{script}\n"))?;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700))
        };
        write().map(|()| path.display().to_string()).expect("a temporary folder can be written to")
    }

    #[test]
    fn a_movie_is_what_the_program_makes_of_the_pictures() {
        let folder = tempfile::tempdir().unwrap();
        let script =
            "[ \"$1\" = -version ] && exit; for last; do :; done; { printf '%s;' \"$6\" \"$7\"; cat; } > \"$last\"";
        let program = program(folder.path(), script);
        assert!(is_installed(&program) && !is_installed("no such program"));
        let mut ffmpeg = Ffmpeg::start(&program, 20).unwrap();
        ffmpeg.push(b"first,").unwrap();
        ffmpeg.push(b"second").unwrap();
        assert_eq!(ffmpeg.finish().unwrap(), b"20;-i;first,second");
    }

    #[test]
    fn a_program_that_fails_is_quoted_and_one_that_is_not_needed_ends() {
        let folder = tempfile::tempdir().unwrap();
        let failing = program(folder.path(), "echo 'no such encoder' >&2; echo 'second line' >&2; exit 1");
        let mut ffmpeg = Ffmpeg::start(&failing, 20).unwrap();
        let error = (0..).find_map(|_| ffmpeg.push(&[0; 4096]).err()).unwrap();
        assert!(error.contains("no such encoder") && !error.contains("second line"), "{error}");
        assert!(Ffmpeg::start("no such program", 20).unwrap_err().contains("GIF"));
        let endless = program(folder.path(), "exec sleep 1000");
        let ffmpeg = Ffmpeg::start(&endless, 20).unwrap();
        let process = format!("/proc/{}", ffmpeg.child.0.id());
        let known = Path::new(&process).exists();
        drop(ffmpeg);
        assert!(!known || !Path::new(&process).exists(), "it was ended and waited for");
    }

    #[test]
    fn a_program_that_stands_still_is_ended_with_a_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let patience = Duration::from_millis(300);
        // It reads nothing, so the pipe is full after some pictures; or it reads all and never ends.
        for script in ["exec sleep 1000", "cat > /dev/null; exec sleep 1000"] {
            let mut ffmpeg = Ffmpeg::start_with(&program(folder.path(), script), 20, patience).unwrap();
            let start = Instant::now();
            let picture = vec![0; 100_000];
            let pushed = (0..8).try_for_each(|_| ffmpeg.push(&picture));
            let error = pushed.err().unwrap_or_else(|| ffmpeg.finish().unwrap_err());
            assert!(error.contains("no progress for 0 seconds") && error.contains("GIF"), "{error}");
            assert!(start.elapsed() > patience && start.elapsed() < Duration::from_secs(20));
        }
        // Progress is what the movie grows by.
        let slow =
            "for last; do :; done; cat > /dev/null; for i in 1 2 3 4 5 6; do sleep 0.4; echo $i >> \"$last\"; done";
        let mut ffmpeg = Ffmpeg::start_with(&program(folder.path(), slow), 20, Duration::from_secs(2)).unwrap();
        ffmpeg.push(b"picture").unwrap();
        assert_eq!(ffmpeg.finish().unwrap(), b"1\n2\n3\n4\n5\n6\n");
    }
}
