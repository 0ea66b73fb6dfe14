//! What moves, as a file.

use std::ops::ControlFlow;

use super::Render;
use crate::app::{Figure, Film, Reel, show};
use crate::cli::{CliError, bar};
use crate::paint::{Canvas, MovieFormat};

/// Makes the movie, with a bar on standard error. Only when it is complete is anything written.
pub(super) fn render(
    request: &Render,
    film: Film,
    figure: &mut Figure,
    canvas: &Canvas,
    session: Option<&str>,
) -> Result<(), CliError> {
    let out = &request.out;
    let extension = out.extension().map(|e| e.to_string_lossy().into_owned()).unwrap_or_default();
    let format = MovieFormat::of_extension(&extension).ok_or_else(|| {
        let endings = "what moves must end in .gif, .apng or .mp4, or be a folder without ending";
        CliError::Input(format!("{endings}: {}", out.display()))
    })?;
    let reel = Reel { film, format, seconds: request.seconds, rate: request.rate };
    let count = reel.check(figure, canvas).map_err(CliError::Input)?;
    let mut made = 0;
    let say = |done| {
        // While a run is repeated it stays the same.
        if done > made {
            made = done;
            bar(done.into(), count.into(), "pictures");
        }
        ControlFlow::Continue(())
    };
    if let Some(movie) = reel.make(figure, canvas, session, show(film.usual()), say).map_err(CliError::Run)? {
        movie.stage(out)?.commit()?;
    }
    Ok(())
}
