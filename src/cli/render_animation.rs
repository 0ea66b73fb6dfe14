//! Renders an animation into a file.

use std::ops::ControlFlow;
use std::path::Path;

use super::error::CliError;
use super::progress::bar;
use crate::figure::animation::AnimationSpec;
use crate::figure::still::{Figure, show};
use crate::paint::{Canvas, MovieFormat};

/// The format of a movie file, or of a folder of pictures.
pub(super) fn movie_format(out: &Path) -> Result<MovieFormat, CliError> {
    let extension = out.extension().map(|e| e.to_string_lossy().into_owned()).unwrap_or_default();
    MovieFormat::of_extension(&extension).ok_or_else(|| {
        let sentence = "an animation must end in .gif, .apng or .mp4, or be a folder without extension";
        CliError::Input(format!("{sentence}: {}", out.display()))
    })
}

/// Makes the movie, with a bar on standard error. Only a complete movie is written.
pub(super) fn render_animation(
    spec: &AnimationSpec,
    out: &Path,
    figure: &mut Figure,
    canvas: &Canvas,
    session: Option<&str>,
) -> Result<(), CliError> {
    let count = spec.check(figure, canvas).map_err(CliError::Input)?;
    let mut made = 0;
    let say = |done| {
        // While a run is repeated the number stays the same.
        if done > made {
            made = done;
            bar(done.into(), count.into(), "pictures");
        }
        ControlFlow::Continue(())
    };
    if let Some(movie) = spec.make(figure, canvas, session, show(spec.animation.usual()), say).map_err(CliError::Run)? {
        movie.stage(out)?.commit()?;
    }
    Ok(())
}
