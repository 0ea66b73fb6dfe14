//! Renders an animation into a file.

use std::ops::ControlFlow;

use super::CliError;
use super::progress::bar;
use super::render::Render;
use crate::figure::animation::{Animation, AnimationSpec};
use crate::figure::still::{Figure, show};
use crate::paint::{Canvas, MovieFormat};

/// Makes the movie, with a bar on standard error. Only when it is complete is anything written.
pub(super) fn render_animation(
    request: &Render,
    animation: Animation,
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
    let spec = AnimationSpec { animation, format, seconds: request.seconds, rate: request.rate };
    let count = spec.check(figure, canvas).map_err(CliError::Input)?;
    let mut made = 0;
    let say = |done| {
        // While a run is repeated it stays the same.
        if done > made {
            made = done;
            bar(done.into(), count.into(), "pictures");
        }
        ControlFlow::Continue(())
    };
    if let Some(movie) = spec.make(figure, canvas, session, show(animation.usual()), say).map_err(CliError::Run)? {
        movie.stage(out)?.commit()?;
    }
    Ok(())
}
