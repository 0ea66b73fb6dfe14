//! Everything a menu or a key can do, in one table: menus, keys, help and tests read it.

use eframe::egui::{Key, KeyboardShortcut, Modifiers};

use super::views::{Pane, View};

/// Something a person can do that is not the turning of one control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Run or pause training.
    RunOrPause,
    /// One step.
    Step,
    /// A hundred steps.
    ManySteps,
    /// The same run from step 0.
    Restart,
    /// Another seed, from step 0.
    NewSeed,
    /// Diagonal to full covariance and back.
    SwitchCovariance,
    /// Two runs side by side, or one again.
    Compare,
    /// A becomes B and B becomes A.
    SwapSides,
    /// A session, a figure, or data of one's own.
    Open,
    /// The file of this number among those that were opened last.
    OpenRecent(usize),
    /// The run and what is looked at, as a file.
    SaveSession,
    /// The folder of a run.
    SaveRun,
    /// The run as one line of text.
    CopyRecipe,
    /// The run of such a line.
    PasteRecipe,
    /// A figure of the view that is shown alone, or of all.
    Export,
    /// A picture of the window.
    SaveWindow,
    /// A figure of one view.
    SaveView(Pane),
    /// One view alone, and back.
    Maximise(View),
    /// z*, camera and layout as at the start.
    ResetView,
    /// Look along an axis, at the tangent plane, or from home.
    Look(Key),
    /// The latent plane becomes the manifold.
    Morph,
    /// All latents run through the prior in phase.
    TraverseAll,
    /// Move z*.
    Nudge(Key),
    /// Light or dark.
    SwitchTheme,
    /// The list of keys.
    Help,
    /// Train on from the moment that is looked at.
    RunFromHere,
    /// Close what is open.
    Escape,
    /// Leave.
    Quit,
}

impl Action {
    /// The actions that have a key or stand in a menu.
    pub const ALL: [Self; 37] = [
        Self::RunOrPause,
        Self::Step,
        Self::ManySteps,
        Self::Restart,
        Self::NewSeed,
        Self::SwitchCovariance,
        Self::Compare,
        Self::SwapSides,
        Self::Open,
        Self::SaveSession,
        Self::SaveRun,
        Self::CopyRecipe,
        Self::PasteRecipe,
        Self::Export,
        Self::SaveWindow,
        Self::SaveView(Pane { view: View::Data, side: 0 }),
        Self::SaveView(Pane { view: View::Latent, side: 0 }),
        Self::Maximise(View::Data),
        Self::Maximise(View::Latent),
        Self::Maximise(View::Densities),
        Self::ResetView,
        Self::Look(Key::X),
        Self::Look(Key::Y),
        Self::Look(Key::Z),
        Self::Look(Key::T),
        Self::Look(Key::Home),
        Self::Morph,
        Self::TraverseAll,
        Self::Nudge(Key::ArrowLeft),
        Self::Nudge(Key::ArrowRight),
        Self::Nudge(Key::ArrowUp),
        Self::Nudge(Key::ArrowDown),
        Self::SwitchTheme,
        Self::RunFromHere,
        Self::Help,
        Self::Escape,
        Self::Quit,
    ];

    /// The words in menus and in the help.
    pub fn label(self) -> String {
        match self {
            Self::RunOrPause => "Run or pause".to_owned(),
            Self::Step => "One step".to_owned(),
            Self::ManySteps => "100 steps".to_owned(),
            Self::Restart => "Restart with the same seed".to_owned(),
            Self::NewSeed => "Restart with the next seed".to_owned(),
            Self::SwitchCovariance => "Switch covariance".to_owned(),
            Self::Open => "Open…".to_owned(),
            Self::OpenRecent(number) => format!("Open the recent file {}", number + 1),
            Self::SaveSession => "Save session…".to_owned(),
            Self::SaveRun => "Save run as folder…".to_owned(),
            Self::CopyRecipe => "Copy recipe".to_owned(),
            Self::PasteRecipe => "Paste recipe".to_owned(),
            Self::Export => "Export figure…".to_owned(),
            Self::SaveWindow => "Save screenshot of the window…".to_owned(),
            Self::SaveView(pane) => format!("Export {}…", pane.view.title().to_lowercase()),
            Self::Compare => "Compare two runs, or back to one".to_owned(),
            Self::SwapSides => "Swap A and B".to_owned(),
            Self::Maximise(view) => format!("{} alone, or all views", view.title()),
            Self::ResetView => "Reset z*, camera and layout".to_owned(),
            Self::Look(Key::T) => "Face the tangent plane".to_owned(),
            Self::Look(Key::Home) => "Camera home".to_owned(),
            Self::Look(key) => format!("Look along the {} axis", key.name().to_lowercase()),
            Self::Morph => "Latent plane becomes manifold".to_owned(),
            Self::TraverseAll => "All latents through the prior in phase".to_owned(),
            Self::Nudge(Key::ArrowLeft | Key::ArrowRight) => "Move z* along the first axis".to_owned(),
            Self::Nudge(_) => "Move z* along the second axis".to_owned(),
            Self::SwitchTheme => "Light or dark".to_owned(),
            Self::Help => "Keyboard help".to_owned(),
            Self::RunFromHere => "Run from the moment that is shown".to_owned(),
            Self::Escape => "Close, back to now, or to all views".to_owned(),
            Self::Quit => "Quit".to_owned(),
        }
    }

    /// The key. Those without a modifier act only while no text is being edited.
    pub fn shortcut(self) -> Option<KeyboardShortcut> {
        let plain = |key| Some(KeyboardShortcut::new(Modifiers::NONE, key));
        let command = |key| Some(KeyboardShortcut::new(Modifiers::COMMAND, key));
        match self {
            Self::RunOrPause => plain(Key::Space),
            Self::Step => plain(Key::Period),
            Self::ManySteps => plain(Key::Comma),
            Self::Restart => command(Key::R),
            Self::NewSeed => command(Key::N),
            Self::SwitchCovariance => plain(Key::C),
            Self::Compare => plain(Key::B),
            Self::SwapSides => plain(Key::S),
            Self::Open => command(Key::O),
            Self::SaveSession => command(Key::S),
            Self::CopyRecipe => command(Key::L),
            Self::PasteRecipe => command(Key::V),
            Self::Export => command(Key::E),
            Self::SaveWindow => plain(Key::P),
            Self::Maximise(View::Data) => plain(Key::Num1),
            Self::Maximise(View::Latent) => plain(Key::Num2),
            Self::Maximise(View::Densities) => plain(Key::Num3),
            Self::Maximise(_) | Self::SaveView(_) | Self::SaveRun | Self::OpenRecent(_) => None,
            Self::ResetView => command(Key::Home),
            Self::Look(key) | Self::Nudge(key) => plain(key),
            Self::Morph => plain(Key::M),
            Self::TraverseAll => plain(Key::A),
            Self::SwitchTheme => plain(Key::D),
            Self::Help => plain(Key::F1),
            Self::RunFromHere => plain(Key::F),
            Self::Escape => plain(Key::Escape),
            Self::Quit => command(Key::Q),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things() {
        let mut seen = Vec::new();
        for action in Action::ALL {
            let Some(shortcut) = action.shortcut() else { continue };
            assert!(!seen.contains(&shortcut), "{action:?} shares its key");
            seen.push(shortcut);
        }
    }

    #[test]
    fn every_action_is_listed_once_and_named() {
        for (i, action) in Action::ALL.into_iter().enumerate() {
            assert!(!action.label().is_empty());
            assert!(!Action::ALL[..i].contains(&action));
        }
    }
}
