//! Opening the window, and one clear sentence where that can't be.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use eframe::egui::{ViewportBuilder, vec2};
use eframe::{NativeOptions, Renderer};

use super::state::{App, FirstRun};
use crate::experiment::has_latent_axes;
use crate::launch::{PreparedRun, RunSource};
use crate::lesson::course_lesson;
use crate::viz::workers::Workers;

/// The name under which the desktop knows the program and keeps its files.
const APP_ID: &str = "unpick";

/// Why there is no window, in one sentence.
#[derive(Debug, thiserror::Error)]
#[error("cannot open a window: {0}; without one, use the commands that `unpick --help` lists")]
pub struct NoWindow(String);

/// The first content of a window.
#[derive(Debug)]
pub struct WindowStart {
    /// Its run.
    pub prepared: PreparedRun,
    /// The run is a saved one, to be repeated.
    pub is_saved: bool,
    /// Your data for the import dialog; until it is confirmed, the run stands still.
    pub import: Option<RunSource>,
    /// The name of a built-in lesson, or the path of a lesson file.
    pub lesson: Option<String>,
}

/// Opens the window on a run that is training, or repeats a saved one, and returns when it is closed.
///
/// # Errors
/// If there is no display, or it cannot show a window.
pub fn window(start: WindowStart) -> Result<(), NoWindow> {
    let WindowStart { prepared, is_saved: repeated, import, lesson } = start;
    if !has_display() {
        return Err(no_window("there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)"));
    }
    let viewport = ViewportBuilder::default()
        .with_title("Unpick")
        .with_app_id(APP_ID)
        .with_inner_size(vec2(1280.0, 720.0))
        .with_min_inner_size(vec2(800.0, 500.0));
    let options =
        NativeOptions { viewport, renderer: Renderer::Glow, system_font_fallback: false, ..NativeOptions::default() };
    let create: eframe::AppCreator<'_> = Box::new(move |creation| {
        let (config, data) = (prepared.config.clone(), Arc::clone(&prepared.data));
        let workers = Workers::threaded(&creation.egui_ctx)?;
        let running = !repeated && import.is_none() && lesson.is_none() && config.origin.model().is_none();
        let singular = !repeated && !has_latent_axes(&config, &data);
        let mut app = App::new(&creation.egui_ctx, FirstRun { config, data, running }, workers);
        app.restore(creation.storage);
        let layers = app.selection().layers;
        app.selection().layers = layers.suited(singular);
        if repeated {
            app.resume(prepared);
        }
        if let Some(source) = import {
            app.import(source);
        }
        if let Some(name) = lesson {
            match course_lesson(&name) {
                Some(lesson) => app.open_lesson(lesson.name),
                None => app.open_lesson_file(Path::new(&name)),
            }
        }
        if let Some(folder) = eframe::storage_dir(APP_ID) {
            app.keep_in(&folder);
        }
        Ok(Box::new(app))
    });
    // Some missing libraries make the window system panic instead of reporting an error.
    match catch_unwind(AssertUnwindSafe(|| eframe::run_native(APP_ID, options, create))) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(no_window(without_place(&error.to_string()))),
        Err(payload) => {
            let message = payload.downcast_ref::<String>().map_or("an unknown reason", String::as_str);
            Err(no_window(message))
        }
    }
}

fn no_window(reason: &str) -> NoWindow {
    NoWindow(reason.to_owned())
}

/// An error of the window system without the line of source that it came from: what stands after `FILE.rs:LINE: `.
fn without_place(reason: &str) -> &str {
    let after = reason.split_once(".rs:").and_then(|(_, rest)| rest.split_once(": "));
    after.map_or(reason, |(_, sentence)| sentence)
}

/// True if the environment names a display. Only Linux and its relatives do that.
fn has_display() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(all(unix, not(target_os = "macos"))) || ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"].into_iter().any(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_places_of_the_window_system_are_cut() {
        assert_eq!(
            without_place("os error at /somewhere/winit/src/x11/mod.rs:312: no such display"),
            "no such display"
        );
        assert_eq!(without_place("no such display: :7"), "no such display: :7");
    }
}
