//! The rows of the palette for what was typed.

use super::choices::{regularizers, scenes};
use super::ranking::{folded, rank};
use super::row::{PaletteContext, PaletteRow, RowAction};
use super::typed::{TYPED, TypedSetting, one_latent};
use crate::data::Scene;
use crate::viz::command::{CommandEntry, UiCommand};
use crate::viz::views::command_table;

/// Letters of a word by which a regulariser is found.
const LEAST_WORD: usize = 4;

/// The rows for what was typed, the best first: settings with a value, then commands and settings by their words. `key` writes the key of
/// a command.
pub(super) fn palette_rows(
    typed: &str,
    context: &PaletteContext<'_>,
    key: &dyn Fn(&CommandEntry) -> String,
) -> Vec<PaletteRow> {
    let text = folded(typed);
    let text = text.trim_start();
    let mut rows: Vec<PaletteRow> = Vec::new();
    let split = |c: char| c.is_whitespace() || c == '=';
    if let Some((name, value)) = text.split_once(split)
        && let Some(setting) = TYPED.iter().find(|setting| setting.name == name)
    {
        let value = value.trim().trim_start_matches('=').trim_start();
        if !value.is_empty() || setting.has_choices {
            rows.extend((setting.rows)(context, value));
        } else {
            rows.push(completion(setting, context));
        }
    }
    if let Some((name, value)) = text.split_once(split)
        && let Some(row) = one_latent(context, name, value)
    {
        rows.push(row);
    }
    // A scene is found by its name alone, too.
    if Scene::named(text.trim()).is_some() {
        rows.extend(scenes(context, text.trim()).into_iter().take(1));
    }
    let commands =
        command_table().iter().filter(|entry| !matches!(entry.command, UiCommand::Escape | UiCommand::TogglePalette));
    let commands = commands.map(|entry| {
        let row = context.row(entry.label.clone(), key(entry), entry.help, entry.command.clone());
        (rank(text, &entry.label, entry.help), row)
    });
    // A name alone has its value typed next.
    let is_free = rows.is_empty();
    let settings = TYPED.iter().filter(|_| is_free).map(|setting| {
        let words = if setting.label == setting.name {
            setting.name.to_owned()
        } else {
            format!("{} {}", setting.name, setting.label)
        };
        (rank(text, &words, ""), completion(setting, context))
    });
    let mut found: Vec<(u32, PaletteRow)> =
        settings.chain(commands).filter_map(|(score, row)| Some((score?, row))).collect();
    found.sort_by_key(|(score, _)| *score);
    rows.extend(found.into_iter().map(|(_, row)| row));
    // A regulariser is found by its name alone, too.
    let is_value = text.trim().split_once(split).is_some();
    if !is_value && text.trim().chars().count() >= LEAST_WORD {
        let named = regularizers(context, "").into_iter();
        rows.extend(named.filter(|row| folded(&row.note).contains(text.trim())));
    }
    rows
}

/// A row that puts the name of a setting into the text, to be followed by its value.
fn completion(setting: &TypedSetting, context: &PaletteContext<'_>) -> PaletteRow {
    let now = (setting.now)(context);
    PaletteRow {
        label: format!("{} …", setting.label),
        note: if now.is_empty() { setting.wanted.to_owned() } else { format!("{}; now {now}", setting.wanted) },
        help: format!("Type {} and {}", setting.name, setting.wanted),
        action: RowAction::Complete(format!("{} ", setting.name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Command, Config, Origin};
    use crate::vae::Covariance;

    /// The rows in a run of the linear scene at step 100, with z* = (0.5, 1).
    fn rows(typed: &str) -> Vec<PaletteRow> {
        let scene = Scene::named("linear").unwrap().clone();
        let samples = scene.generator.samples;
        let config = Config::new(Origin::Scene(Box::new(scene)), 7, samples);
        let context = PaletteContext {
            settings: &config.settings(),
            architecture: &config.architecture,
            threads: config.threads,
            samples,
            step: 100,
            seed: config.seed,
            z: &[0.5, 1.0],
            phi: 10.0,
            pace: None,
            refusal: &|command| matches!(command, UiCommand::NextSeed).then(|| "not now".to_owned()),
        };
        palette_rows(typed, &context, &|_| String::new())
    }

    fn first(typed: &str) -> RowAction {
        rows(typed).into_iter().next().unwrap_or_else(|| panic!("nothing for {typed}")).action
    }

    fn change(command: Command) -> RowAction {
        RowAction::Send(UiCommand::Change(command))
    }

    #[test]
    fn settings_are_typed_with_their_values() {
        for typed in ["beta 4", "BETA=4", "β 4", "beta = 4"] {
            assert_eq!(first(typed), change(Command::Beta(4.0)), "{typed}");
        }
        assert_eq!(first("σ² 0,1"), change(Command::Sigma2(0.1)));
        assert_eq!(first("lr 0.001"), change(Command::Lr(0.001)));
        assert_eq!(first("covariance full"), change(Command::Covariance(Covariance::Full)));
        assert_eq!(first("steps 5000"), RowAction::Send(UiCommand::StepsTo(5000)));
        assert_eq!(first("theme dark"), RowAction::Send(UiCommand::SetTheme(eframe::egui::Theme::Dark)));
        assert_eq!(first("seed 3"), RowAction::Send(UiCommand::SetSeed(3)));
        assert_eq!(first("z 1 -0.5"), RowAction::Send(UiCommand::MoveTo(vec![1.0, -0.5])));
        assert_eq!(first("z2 -0.5"), RowAction::Send(UiCommand::MoveTo(vec![0.5, -0.5])));
        assert_eq!(first("phi -20"), RowAction::Send(UiCommand::SetPhi(-20.0)));
        assert!(matches!(first("phi 200"), RowAction::Refuse(_)));
        assert_eq!(first("z −2"), RowAction::Send(UiCommand::MoveTo(vec![-2.0, 1.0])));
        assert_eq!(first("speed full"), RowAction::Send(UiCommand::SetPace(None)));
        assert!(matches!(first("rotate 30"), RowAction::Send(UiCommand::RotateLatents(r)) if r.degrees == 30.0));
        assert!(matches!(first("scene sph"), RowAction::Send(UiCommand::SetScene(s)) if s.name == "sphere"));
        assert!(matches!(first("twist"), RowAction::Send(UiCommand::SetScene(s)) if s.name == "twist"));
        assert!(matches!(first("lesson first"), RowAction::Send(UiCommand::OpenLesson("first-minutes"))));
        assert_eq!(first("layer ell"), RowAction::Send(UiCommand::ToggleLayer("ellipses")));
        assert!(matches!(first("view lat"), RowAction::Send(UiCommand::SetAlone(Some(v))) if v.name == "latent"));
        assert_eq!(first("view all"), RowAction::Send(UiCommand::SetAlone(None)));
    }

    #[test]
    fn what_cannot_be_set_says_why() {
        for (typed, word) in [
            ("beta x", "number"),
            ("beta -1", "between"),
            ("sigma2 0", "between"),
            ("batch 100000", "between"),
            ("covariance round", "no covariance"),
            ("optimizer qqq", "no optimiser"),
            ("rotate 400", "360"),
            ("z 1 2 3", "2 latents"),
            ("z3 1", "2 latents"),
            ("z1 x", "not a number"),
            ("z 100", "between"),
            ("z a", "number"),
            ("seed -1", "whole number"),
            ("steps 50", "100 steps already"),
            ("speed slow", "seconds"),
            ("scene qqq", "no scene"),
            ("lesson qqq", "no lesson"),
            ("layer qqq", "no layer"),
        ] {
            let RowAction::Refuse(reason) = first(typed) else { panic!("{typed} is not refused") };
            assert!(reason.contains(word), "{typed}: {reason}");
        }
        let refused = rows("next seed").into_iter().find(|row| row.label.contains("next seed")).unwrap();
        assert_eq!(refused.action, RowAction::Refuse("not now".to_owned()));
    }

    #[test]
    fn a_name_alone_waits_for_its_value() {
        assert_eq!(first("bet"), RowAction::Complete("beta ".to_owned()));
        assert_eq!(first("beta "), RowAction::Complete("beta ".to_owned()));
        assert!(rows("beta")[0].note.contains("now "), "{:?}", rows("beta")[0]);
        for typed in ["FactorVAE", "regularizer factor:5", "autoencoder", "regularizer lapl"] {
            let is_regularizer =
                |row: &PaletteRow| matches!(row.action, RowAction::Send(UiCommand::Change(Command::Regularizer(_))));
            // One is the name of a scene, too.
            assert!(rows(typed).iter().take(2).any(is_regularizer), "{typed} finds {:?}", rows(typed).first());
        }
        assert_eq!(
            rows("scene ").iter().filter(|row| row.label.starts_with("scene ")).count(),
            Scene::built_in().len()
        );
    }

    #[test]
    fn every_command_of_the_table_is_found_by_its_words() {
        let all = rows("");
        for entry in command_table() {
            let is_listed = all.iter().any(|row| row.label == entry.label);
            let is_key_alone = matches!(entry.command, UiCommand::Escape | UiCommand::TogglePalette);
            assert_eq!(is_listed, !is_key_alone, "{}", entry.label);
            if !is_key_alone {
                let found = rows(&entry.label);
                let place = found.iter().position(|row| row.label == entry.label);
                assert!(place.is_some_and(|place| place < 4), "{}: {place:?}", entry.label);
            }
        }
    }
}
