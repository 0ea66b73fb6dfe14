//! MP4, encoded by the program ffmpeg.

use std::io::{self, Read, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread::{Builder, JoinHandle};

use crate::io::TemporaryFile;

/// The name of the program.
pub(super) const FFMPEG: &str = "ffmpeg";

/// A running ffmpeg. It writes into a temporary file, where it can go back: the table of the pictures, which is known last, stands
/// first, and the movie is whole and not in fragments, which some players cannot wind. Dropping it ends the program.
#[derive(Debug)]
pub(super) struct Ffmpeg {
    /// `None` after the last picture.
    pictures: Option<ChildStdin>,
    said: PipeReader,
    child: KillOnDrop,
    movie: TemporaryFile,
}

/// A thread that reads a pipe to its end.
type PipeReader = Option<JoinHandle<io::Result<Vec<u8>>>>;

/// True if the program can be started.
pub(super) fn is_installed(program: &str) -> bool {
    let mut version = Command::new(program);
    version.arg("-version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    version.status().is_ok_and(|status| status.success())
}

impl Ffmpeg {
    /// Starts the program on a stream of PNG files, `rate` a second.
    pub(super) fn start(program: &str, rate: u16) -> Result<Self, String> {
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
            Ok((pictures, read(said)?, child))
        };
        let (pictures, said, child) = start().map_err(|error: io::Error| failed(&error.to_string()))?;
        Ok(Self { pictures: Some(pictures), said: Some(said), child, movie })
    }

    /// Sends the next picture, a PNG file.
    pub(super) fn push(&mut self, picture: &[u8]) -> Result<(), String> {
        let taken = self.pictures.as_mut().is_some_and(|pictures| pictures.write_all(picture).is_ok());
        // A closed pipe means that the program has ended; it says why.
        if taken { Ok(()) } else { self.finish().map(drop) }
    }

    /// The bytes of the movie.
    pub(super) fn finish(&mut self) -> Result<Vec<u8>, String> {
        self.pictures = None;
        let said = self.said.take().and_then(|pipe| pipe.join().ok()?.ok()).unwrap_or_default();
        if self.child.0.wait().is_ok_and(|status| status.success()) {
            let movie = self.movie.bytes().map_err(|error| failed(&error.to_string()))?;
            if !movie.is_empty() {
                return Ok(movie);
            }
        }
        Err(failed(String::from_utf8_lossy(&said).lines().next().unwrap_or("it does not say why")))
    }
}

fn failed(why: &str) -> String {
    format!("ffmpeg has not made the movie ({why}); make a GIF or APNG")
}

fn read(mut pipe: impl Read + Send + 'static) -> io::Result<JoinHandle<io::Result<Vec<u8>>>> {
    Builder::new().name("ffmpeg".to_owned()).spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).map(|_| bytes)
    })
}

/// A child process that is killed when dropped.
#[derive(Debug)]
struct KillOnDrop(Child);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        // Both fail if the process has ended already.
        let _ended = self.0.kill().and_then(|()| self.0.wait().map(drop));
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
}
