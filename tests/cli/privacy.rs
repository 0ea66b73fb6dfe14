//! What figures hold of your data.

use unpick::io::{open_session, sha256};

use super::harness::{Harness, rows};

#[test]
fn figures_hold_your_observations_only_if_they_are_asked_to() {
    let cli = Harness::new();
    cli.write("own.csv", rows(','));
    cli.succeed_with_notes("train --data own.csv --hidden 4 --batch 8 --steps 20 --out run");
    assert!(open_session(&cli.path("run/session.unpick")).unwrap().table.is_some(), "sessions hold them");
    for format in ["svg", "png", "pdf"] {
        let plain = cli.succeed(&format!("render run --view latent --size 200x200 --out plain.{format}"));
        assert_eq!(plain, format!("plain.{format}\n"));
        assert_eq!(open_session(&cli.path(&format!("plain.{format}"))).unwrap().table, None);
        let whole =
            cli.succeed(&format!("render run --view latent --size 200x200 --include-data --out whole.{format}"));
        assert!(whole.ends_with("\nyour observations are inside this figure\n"), "{whole}");
        assert!(open_session(&cli.path(&format!("whole.{format}"))).unwrap().table.is_some());
    }
    let sentence = cli.fail(2, "train --session plain.svg --out again");
    let hash = sha256(cli.read("own.csv").as_bytes());
    assert!(sentence.contains("'own.csv'") && sentence.contains(&hash) && sentence.contains("--data"), "{sentence}");
    for source in ["--session plain.svg --data own.csv --out again", "--session whole.svg --out third"] {
        let text = cli.succeed(&format!("train {source}"));
        assert!(text.contains("the weights are those of the session"), "{text}");
    }
}
