//! Everything that a person (or a lesson) can ask for: one enum, one table for menus, keys and help, one queue. The window
//! executes the queue in the order of asking.

use std::cell::RefCell;
use std::path::PathBuf;

use eframe::egui::{Key, KeyboardShortcut, Modifiers, Theme};

use super::preset::Preset;
use super::view::View;
use crate::data::Scene;
use crate::experiment::Command;
use crate::geometry::Rotation;
use crate::io::ModelOptions;
use crate::lesson::course;
use crate::vae::Architecture;

/// A request to the window.
#[derive(Clone, Debug, PartialEq)]
pub enum UiCommand {
    /// Show the dialog that opens files.
    ShowOpenDialog,
    /// Show the dialog that opens a folder of pictures.
    ShowFolderDialog,
    /// Open a session, a figure, a run folder or a scene file, or the dialog that imports your data.
    OpenFile(PathBuf),
    /// Open a model of another program.
    OpenModel(PathBuf, ModelOptions),
    /// Start the run of the import dialog, which has read everything.
    StartImport,
    /// Open the file of this number among the recent ones.
    OpenRecent(usize),
    /// Repeat the run of a recipe line.
    OpenRecipe(String),
    /// Repeat the run of the recipe in the clipboard.
    PasteRecipe,
    /// Copy the run as one line of text.
    CopyRecipe,
    /// Restore the session of a window that closed unexpectedly.
    RestoreSession,
    /// Forget that session.
    ForgetSession,
    /// Save the runs and the view state as a session file.
    SaveSession,
    /// Save the run as a folder.
    SaveRun,
    /// Save a picture of the window.
    SaveScreenshot,
    /// Export one view, or the view that is shown alone, or the whole layout.
    ExportFigure(Option<View>),
    /// Show the dialog that translates the loss of another program.
    AskBeta,
    /// Remember a file that a dialog has written.
    FileSaved(PathBuf),
    /// Show the palette of all commands, or close it.
    TogglePalette,
    /// Close the dialogs.
    CloseDialogs,
    /// Close the notice.
    CloseNotice,
    /// Quit.
    Quit,

    /// Run or pause training.
    RunOrPause,
    /// Run (true) or pause (false) training.
    SetRunning(bool),
    /// Make so many steps, then pause.
    Steps(u64),
    /// Make steps until there are so many in all, then pause.
    StepsTo(u64),
    /// Spread the planned steps over so many seconds; `None`: full speed.
    SetPace(Option<f64>),
    /// Go at full speed, or at the pace before.
    ToggleFullSpeed,
    /// Start the runs again with the settings that the controls show.
    Restart,
    /// Repeat the runs from step 0, with every change at its step.
    Repeat,
    /// Start the runs again with the next seed.
    NextSeed,
    /// Start the active run again with this seed.
    SetSeed(u64),
    /// Start the active run again with this network.
    SetNetwork(Box<Architecture>),
    /// Start a run of this scene in the place of the active one.
    SetScene(Box<Scene>),
    /// Restart the runs on this scene, of which numbers were changed, with the settings that are shown.
    ChangeScene(Box<Scene>),
    /// Change the living active run.
    Change(Command),
    /// Switch the active run between diagonal and full covariance.
    SwitchCovariance,
    /// Rotate the latents of all living runs, so that one sees how fast each of them turns back.
    RotateLatents(Rotation),
    /// Compare two runs, or go back to one.
    Compare,
    /// Compare two runs (true), or show one (false).
    SetCompared(bool),
    /// Swap run A and run B.
    SwapRuns,
    /// Let the controls belong to this run.
    SelectRun(usize),
    /// Branch all runs at the shown step and train on from there.
    RunFromHere,
    /// Switch a run to its branch of this number.
    SwitchBranch(usize, u32),
    /// Close the branch of this number of a run.
    CloseBranch(usize, u32),
    /// Train the experiment for more seeds.
    TrainSeeds,
    /// Make the run of this place among them the active run.
    AdoptSeed(usize),
    /// Forget them.
    CloseSeeds,
    /// Check the predictions about the scene.
    RunChecks,
    /// Stop the checks.
    StopChecks,

    /// Show one view alone, or all views again.
    ToggleAlone(View),
    /// Show one view alone; `None`: all views.
    SetAlone(Option<View>),
    /// Show the few views of a layout, or those before again.
    TogglePreset(Preset),
    /// Show all views, of a lesson those of its step.
    ShowAllViews,
    /// Arrange views.
    Arrange(Box<Arrangement>),
    /// Reset z\*, camera and layout.
    ResetView,
    /// Move the camera to a fixed pose.
    SetCamera(CameraPose),
    /// Play how the latent plane becomes the manifold.
    PlayMorph,
    /// Play all latents through the prior in phase.
    PlayTraversal,
    /// Move z\* a little.
    Nudge(Direction),
    /// Show the next step of the optimiser slowly, or close it.
    ToggleSlowStep,
    /// Go to the next moment of that step (true), which makes the step at its end, or to the one before (false).
    StepMoment(bool),
    /// Move z\* to a point.
    MoveTo(Vec<f64>),
    /// Show the layer of this name, or hide it.
    ToggleLayer(&'static str),
    /// Turns the dial of φ to so many degrees.
    SetPhi(f64),
    /// Take back the last change of settings or view.
    Undo,
    /// Make the change again that was taken back.
    Redo,
    /// Open a built-in lesson.
    OpenLesson(&'static str),
    /// Go to the next step of the lesson (true), or reveal its outcome first, or to the step before (false).
    StepLesson(bool),
    /// Show the step of the lesson as it began.
    BackToLesson,
    /// Answer the question of the step.
    AnswerLesson(usize),
    /// Show the outcome of the step.
    RevealLesson,
    /// Close the lesson.
    CloseLesson,
    /// Hide the text of the lesson, or show it.
    ToggleLessonText,
    /// Present: views and text alone, large; or go back.
    TogglePresenter,
    /// Make the screen black, or show it again.
    ToggleBlank,
    /// Darken everything but a circle around the pointer, or not.
    ToggleSpotlight,
    /// Hold everything that moves, or let it go on.
    ToggleFreeze,
    /// Show the notes of the speaker in a window of their own, or close it.
    ToggleNotes,
    /// Switch between light and dark.
    SwitchTheme,
    /// Choose light or dark.
    SetTheme(Theme),
    /// Show the keyboard help, or close it.
    ToggleHelp,
    /// Hide the argument above the views, or show it.
    ToggleArgument,
    /// Show the glossary, or close it.
    ToggleGlossary,
    /// Show the entry of this name in the glossary.
    ShowTerm(&'static str),
    /// Hide the side panel, or show it.
    ToggleControls,
    /// Make text and marks larger by this share, or smaller; `None`: as at first.
    Zoom(Option<f32>),
    /// Close the topmost dialog, go back to the newest step, or to all views.
    Escape,
}

/// A fixed pose of the camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CameraPose {
    /// Along the first axis.
    X,
    /// Along the second axis.
    Y,
    /// Along the third axis.
    Z,
    /// Facing the tangent plane at d(z\*).
    Tangent,
    /// As the scene file says.
    Home,
}

/// A direction in the latent view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Against the first axis.
    Left,
    /// Along the first axis.
    Right,
    /// Along the second axis.
    Up,
    /// Against the second axis.
    Down,
}

/// Views in rows, columns and tabs; of which run, where two are compared (0 or 1).
#[derive(Clone, Debug, PartialEq)]
pub enum Arrangement {
    /// A view of a run.
    View(View, usize),
    /// Beside each other, each with its share of the width.
    Row(Vec<(f32, Self)>),
    /// Above each other, each with its share of the height.
    Column(Vec<(f32, Self)>),
    /// Behind each other, the first in front.
    Tabs(Vec<Self>),
}

/// Commands that wait for the window.
#[derive(Debug, Default)]
pub struct CommandQueue(RefCell<Vec<UiCommand>>);

impl CommandQueue {
    /// Appends a command.
    pub fn send(&self, command: UiCommand) {
        self.0.borrow_mut().push(command);
    }

    /// Takes all commands, in the order of asking.
    pub fn take(&self) -> Vec<UiCommand> {
        self.0.take()
    }
}

/// A menu of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Menu {
    /// Files, figures, recipes.
    File,
    /// Undo and redo.
    Edit,
    /// The runs.
    Run,
    /// Views, camera, theme.
    View,
    /// Lessons and presenting.
    Lessons,
    /// Help.
    Help,
    /// In no menu: a key only.
    None,
}

/// A command with its words, key and place in the menus.
#[derive(Clone, Debug)]
pub struct CommandEntry {
    /// The command.
    pub command: UiCommand,
    /// The words in menus and in the keyboard help. They end in … if a dialog follows.
    pub label: String,
    /// The key. Keys without Ctrl act only while no text is edited.
    pub shortcut: Option<KeyboardShortcut>,
    /// The menu, and the group in it; groups are separated by lines.
    pub menu: (Menu, u8),
    /// One sentence for the tooltip.
    pub help: &'static str,
}

/// The lesson for newcomers.
pub const FIRST_LESSON: &str = "first-minutes";

/// The table of commands in the order of menus and help; `views` are those that can be shown alone and exported.
pub fn commands(views: &[View]) -> Vec<CommandEntry> {
    use Menu::{Edit, File, Help, Lessons, Run, View as ViewMenu};
    use UiCommand as C;
    let plain = |key| Some(KeyboardShortcut::new(Modifiers::NONE, key));
    let ctrl = |key| Some(KeyboardShortcut::new(Modifiers::COMMAND, key));
    let mut table: Vec<CommandEntry> = Vec::new();
    let mut add = |command, label: &str, shortcut, menu, help| {
        table.push(CommandEntry { command, label: label.to_owned(), shortcut, menu, help });
    };
    add(
        C::ShowOpenDialog,
        "Open…",
        ctrl(Key::O),
        (File, 0),
        "Open a session, a figure of this program, a run folder, a scene file, your data or your model",
    );
    let help = "Open a folder of PNG or JPEG pictures as data";
    add(C::ShowFolderDialog, "Open picture folder…", None, (File, 0), help);
    add(C::SaveSession, "Save session…", ctrl(Key::S), (File, 0), "Save the runs, z*, camera and layout as one file");
    add(C::SaveRun, "Save run as folder…", None, (File, 0), "Save model, data, history and metrics in open formats");
    add(C::CopyRecipe, "Copy recipe", ctrl(Key::L), (File, 1), "Copy the run as one line of text");
    add(C::PasteRecipe, "Paste recipe", ctrl(Key::V), (File, 1), "Repeat the run of a copied recipe");
    add(C::ExportFigure(None), "Export figure…", ctrl(Key::E), (File, 2), "Save SVG, PDF, PNG, CSV or a movie");
    add(
        C::SaveScreenshot,
        "Save screenshot of the window…",
        plain(Key::P),
        (File, 2),
        "Save a picture of the window with its session",
    );
    for view in views {
        let label = format!("Export {}…", view.title);
        add(C::ExportFigure(Some(*view)), &label, None, (File, 2), "Save this view as a figure");
    }
    add(C::Quit, "Quit", ctrl(Key::Q), (File, 3), "Close the window");

    let help = "Take back the last change of a setting, z*, the camera, the layers or the layout; a run trains on";
    add(C::Undo, "Undo", ctrl(Key::Z), (Edit, 0), help);
    let shift_z = Some(KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z));
    add(C::Redo, "Redo", shift_z, (Edit, 0), "Make the change again that was taken back (also Ctrl+Y)");

    add(C::RunOrPause, "Run or pause", plain(Key::Space), (Run, 0), "Train, or stop training");
    add(C::Steps(1), "One step", plain(Key::Period), (Run, 0), "Make one optimiser step");
    add(C::Steps(100), "100 steps", plain(Key::Comma), (Run, 0), "Make 100 optimiser steps");
    let help = "One optimiser step as ten moments, with the numbers of this run";
    add(C::ToggleSlowStep, "Slow step", plain(Key::Q), (Run, 0), help);
    let help = "Train as fast as the machine can, or at the pace before";
    add(C::ToggleFullSpeed, "Full speed, or paced", plain(Key::U), (Run, 0), help);
    let help = "Start again from step 0 with the settings that are shown";
    add(C::Restart, "Restart with the same seed", ctrl(Key::R), (Run, 0), help);
    let help = "Start again from step 0 with the settings of the first start, and every change at its step";
    add(C::Repeat, "Repeat with the changes", None, (Run, 0), help);
    add(C::NextSeed, "Restart with the next seed", ctrl(Key::N), (Run, 0), "Start again with the seed plus one");
    let help = "Branch at the shown step and train on from there";
    add(C::RunFromHere, "Run from the shown step", plain(Key::F), (Run, 0), help);
    let help = "Switch the active run between diagonal and full covariance";
    add(C::SwitchCovariance, "Switch covariance", plain(Key::C), (Run, 1), help);
    let help = "Translate the loss of another program into β and σ², and say what b means for these data";
    add(C::AskBeta, "Which β…", None, (Run, 1), help);
    let help = "Add a second run with the other covariance, or go back to one run";
    add(C::Compare, "Compare two runs, or back to one", plain(Key::B), (Run, 2), help);
    add(C::SwapRuns, "Swap A and B", plain(Key::S), (Run, 2), "Let A become B and B become A");

    for view in views {
        let key = [("data", Key::Num1), ("latent", Key::Num2), ("densities", Key::Num3)];
        let key = key.into_iter().find(|(name, _)| *name == view.name).and_then(|(_, key)| plain(key));
        let label = format!("{} alone, or all views", view.title);
        add(C::ToggleAlone(*view), &label, key, (ViewMenu, 0), "Show this view alone, or all views");
    }
    for preset in Preset::ALL {
        add(C::TogglePreset(preset), preset.title(), plain(preset.key()), (ViewMenu, 1), preset.help());
    }
    let help = "Show all views again; in a lesson those of its step";
    add(C::ShowAllViews, "All views", plain(Key::Num0), (ViewMenu, 1), help);
    let help = "Play how the latent plane becomes the manifold";
    add(C::PlayMorph, "Morph latent plane to manifold", plain(Key::M), (ViewMenu, 2), help);
    let help = "Move all latents through the prior, in phase";
    add(C::PlayTraversal, "Traverse all latents", plain(Key::A), (ViewMenu, 2), help);
    add(C::SwitchTheme, "Light or dark", plain(Key::D), (ViewMenu, 3), "Switch the theme between light and dark");
    let help = "Put z*, camera and layout back as at the start";
    add(C::ResetView, "Reset z*, camera and layout", ctrl(Key::Home), (ViewMenu, 3), help);
    for (pose, key, label) in [
        (CameraPose::X, Key::X, "Look along the x axis"),
        (CameraPose::Y, Key::Y, "Look along the y axis"),
        (CameraPose::Z, Key::Z, "Look along the z axis"),
        (CameraPose::Tangent, Key::T, "Face the tangent plane"),
        (CameraPose::Home, Key::Home, "Camera home"),
    ] {
        add(C::SetCamera(pose), label, plain(key), (Menu::None, 0), "Orbit the camera in 3-D data space");
    }
    for (direction, key, axis) in [
        (Direction::Left, Key::ArrowLeft, "first"),
        (Direction::Right, Key::ArrowRight, "first"),
        (Direction::Up, Key::ArrowUp, "second"),
        (Direction::Down, Key::ArrowDown, "second"),
    ] {
        let label = format!("Move z* along the {axis} axis");
        add(C::Nudge(direction), &label, plain(key), (Menu::None, 0), "Move z* by a tenth of a standard deviation");
    }
    add(C::ToggleControls, "Side panel", plain(Key::K), (ViewMenu, 2), "Hide the side panel, or show it");
    let help = "Hide the links of the argument above the views, or show them where there is room";
    add(C::ToggleArgument, "Argument", plain(Key::G), (ViewMenu, 2), help);
    add(
        C::Zoom(Some(0.1)),
        "Zoom in",
        ctrl(Key::Plus),
        (ViewMenu, 4),
        "Make text and marks larger; they also grow with the window",
    );
    add(C::Zoom(Some(-0.1)), "Zoom out", ctrl(Key::Minus), (ViewMenu, 4), "Make text and marks smaller");
    add(C::Zoom(None), "Reset zoom", ctrl(Key::Num0), (ViewMenu, 4), "Text and marks as the window is large");
    for lesson in course() {
        let key = if lesson.name == FIRST_LESSON { plain(Key::F3) } else { None };
        add(C::OpenLesson(lesson.name), &lesson.numbered_title(), key, (Lessons, 0), lesson.title_and_aim().1);
    }
    add(
        C::StepLesson(true),
        "Next step",
        plain(Key::PageDown),
        (Lessons, 1),
        "Reveal the outcome, or go to the next step",
    );
    add(C::StepLesson(false), "Step before", plain(Key::PageUp), (Lessons, 1), "Go to the step before");
    add(C::BackToLesson, "Back to the step", plain(Key::Backspace), (Lessons, 1), "Show the step as it began");
    add(C::ToggleLessonText, "Lesson text", plain(Key::I), (Lessons, 1), "Hide the text of the lesson, or show it");
    add(C::CloseLesson, "Close lesson", None, (Lessons, 1), "Close the lesson; its runs stay");
    let help = "Views and text alone, large enough for the last row; Escape goes back";
    add(C::TogglePresenter, "Presenter mode", plain(Key::F11), (Lessons, 2), help);
    let help = "Presenter mode: make the screen black, or show it again (also B)";
    add(C::ToggleBlank, "Blank screen", Some(KeyboardShortcut::new(Modifiers::SHIFT, Key::B)), (Lessons, 2), help);
    add(
        C::ToggleSpotlight,
        "Spotlight",
        plain(Key::L),
        (Lessons, 2),
        "Darken everything but a circle around the pointer",
    );
    add(C::ToggleFreeze, "Freeze", plain(Key::W), (Lessons, 2), "Hold training and motion, or let them go on");
    let help = "Notes of the speaker, the next step and a clock in a window of their own";
    add(C::ToggleNotes, "Speaker notes", plain(Key::N), (Lessons, 2), help);
    let help = "Find a command by its words, or type a setting with its value: beta 4";
    add(C::TogglePalette, "Command palette…", ctrl(Key::K), (Help, 0), help);
    add(C::ToggleHelp, "Keyboard help", plain(Key::F1), (Help, 0), "List keys and mouse gestures");
    let help = "What every quantity and mark is, with its formula, its source and a lesson";
    add(C::ToggleGlossary, "Glossary", plain(Key::F2), (Help, 0), help);
    let help = "Close the topmost dialog, go back to the newest step, or to all views";
    add(C::Escape, "Close, newest step, or all views", plain(Key::Escape), (Menu::None, 0), help);
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viz::views::VIEWS;

    fn table() -> Vec<CommandEntry> {
        commands(&VIEWS.map(|spec| spec.view))
    }

    #[test]
    fn no_key_means_two_things() {
        let mut seen = Vec::new();
        for entry in table() {
            let Some(shortcut) = entry.shortcut else { continue };
            assert!(!seen.contains(&shortcut), "{:?} shares its key", entry.command);
            seen.push(shortcut);
        }
    }

    #[test]
    fn every_command_is_listed_once_and_named() {
        let table = table();
        for (i, entry) in table.iter().enumerate() {
            assert!(!entry.label.is_empty() && !entry.help.is_empty());
            assert!(table[..i].iter().all(|before| before.command != entry.command));
        }
    }

    #[test]
    fn commands_come_out_in_the_order_of_asking() {
        let queue = CommandQueue::default();
        queue.send(UiCommand::Restart);
        queue.send(UiCommand::RunOrPause);
        queue.send(UiCommand::Restart);
        assert_eq!(queue.take(), [UiCommand::Restart, UiCommand::RunOrPause, UiCommand::Restart]);
        assert!(queue.take().is_empty());
    }
}
