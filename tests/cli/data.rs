//! Scenes and your data.

use std::fs;

use serde_json::Value;
use unpick::linalg::Matrix;

use super::harness::{FILES, Harness, npy, rows, shape};

#[test]
fn scenes_are_listed_as_text_and_json() {
    let cli = Harness::new();
    let list: Value = serde_json::from_str(&cli.succeed("scenes --json")).unwrap();
    let text = cli.succeed("scenes");
    let scenes = list.as_array().unwrap();
    assert_eq!(text.lines().count(), scenes.len() + 1, "a heading and a line each");
    for (scene, line) in scenes.iter().zip(text.lines().skip(1)) {
        assert_eq!(line.split_whitespace().next(), scene["name"].as_str());
        assert!(line.ends_with(scene["summary"].as_str().unwrap()), "{line}");
        assert!(scene["n"].as_u64().unwrap() >= 1 && !scene["factors"].as_array().unwrap().is_empty());
    }
    let linear = &scenes[0];
    assert_eq!(
        (linear["name"].as_str(), linear["n"].as_u64(), linear["m"].as_u64()),
        (Some("linear"), Some(3), Some(2))
    );
}

#[test]
fn a_scene_file_is_trained_and_replayed() {
    let cli = Harness::new();
    cli.write(
        "tilted.toml",
        "name = 'tilted'\ntitle = ''\nsummary = ''\nlook_for = ''\n[generator]\nsamples = 100\ntest_samples = 20\n\
         map.kind = 'mixing'\n[training]\nhidden = []\nsteps = 15\n",
    );
    cli.succeed("train --scene tilted.toml --out run");
    assert_eq!(shape(&cli.path("run/observations.npy")), [100, 2]);
    assert_eq!(cli.toml("run/config.toml")["optimizer"]["batch"].as_integer(), Some(100), "no more than there are");
    assert!(cli.succeed("replay run").starts_with("identical"));
    cli.write("tilted.toml", "name = 'tilted'\nsides = 3\n");
    let sentence = cli.fail(2, "train --scene tilted.toml --out other");
    assert!(sentence.contains("sides") && sentence.ends_with(": tilted.toml"), "{sentence}");
    assert!(cli.fail(2, "train --scene none.toml --out other").ends_with(": none.toml"));
}

/// Decodings, traversals and reconstructions stand under the names of the columns, so they have their units.
#[test]
fn decodings_are_in_the_units_of_the_file() {
    let cli = Harness::new();
    let row = |i: i32| format!("{},{},{}\n", 5000.0 + f64::from(i).sin(), 0.001 * f64::from(i).cos(), 7 * i % 90);
    cli.write("own.csv", format!("mass,length,count\n{}", (0..60).map(row).collect::<String>()));
    cli.succeed("train --data own.csv --scale columns --hidden 4 --batch 8 --steps 30 --out run");
    cli.succeed("export run --what decodings --out d.csv");
    cli.succeed("export run --what traversals --out t.csv");
    cli.succeed("render run --view traversals --out v.csv");
    cli.succeed("render run --view reconstructions --out r.csv");
    for name in ["d.csv", "t.csv", "v.csv", "r.csv"] {
        let text = cli.read(name);
        let place = text.lines().next().unwrap().split(',').position(|name| name == "mass").unwrap();
        for line in text.lines().skip(1) {
            let number = |k: usize| line.split(',').nth(place + k).unwrap().parse::<f64>().unwrap();
            assert!((number(0) - 5000.0).abs() < 10.0 && number(1).abs() < 0.01, "{name}: {line}");
        }
    }
    let observation = |line: &&str| line.starts_with("observation,");
    let first = cli.read("r.csv").lines().find(observation).unwrap().to_owned();
    let count = first.rsplit(',').next().unwrap().parse::<f64>().unwrap();
    assert!((count - count.round()).abs() < 1e-4, "a number of the file: {first}");
}

/// A linear model of your data takes the optimiser without noise, which ends at the closed form; other models can't take it.
#[test]
fn a_linear_model_of_your_data_settles_at_its_closed_form() {
    let cli = Harness::new();
    cli.write("own.csv", rows(','));
    let linear = "train --data own.csv --decoder linear --latent-dim 2 --sigma2 0.001";
    let text = cli.succeed(&format!("{linear} --until settled --out run"));
    assert!(text.contains("\nsettled since step 6,000\n"), "{text}");
    let (config, metrics) = (cli.toml("run/config.toml"), cli.json("run/metrics.json"));
    assert_eq!(config["optimizer"]["kind"].as_str(), Some("lbfgs"));
    assert!(config["model"]["hidden"].as_array().unwrap().is_empty());
    assert_eq!((metrics["settled"].as_u64(), metrics["step"].as_u64()), (Some(6000), Some(6000)));
    let gap = metrics["optimum_training"]["elbo"].as_f64().unwrap() - metrics["elbo_training"].as_f64().unwrap();
    assert!(gap.abs() < 1e-4, "{gap}");
    let apart = metrics["elbo_training"].as_f64().unwrap() - metrics["elbo"].as_f64().unwrap();
    assert_eq!(metrics["generalisation_gap"].as_f64(), Some(apart));
    assert!(cli.succeed("replay run").starts_with("identical"));
    let text = cli.succeed("metrics run");
    let settled = text.lines().find(|line| line.starts_with("settled")).unwrap();
    assert!(settled.ends_with(" 6000"), "read from the folder: {settled}");

    // With the steps as the limit, and without a verdict.
    let text = cli.succeed("train --data own.csv --hidden 4 --until settled --steps 300 --out short");
    let metrics = cli.json("short/metrics.json");
    assert!(metrics["settled"].is_null() && metrics["undefined"]["settled"].is_string(), "{text}");
    assert_eq!(metrics["step"].as_u64(), Some(300));
    assert_eq!(cli.toml("short/config.toml")["optimizer"]["cycle"].as_integer(), Some(6000), "as without a limit");

    let sentence = cli.fail(2, "train --recipe unpick:scene=linear;steps=5 --until settled --out other");
    assert!(sentence.contains("never judged"), "{sentence}");
    let sentence = cli.fail(2, "train --data own.csv --optimizer lbfgs --out other");
    assert!(sentence.contains("linear encoders and decoders"), "{sentence}");
    let sentence = cli.fail(2, "train --data own.csv --hidden 4 --at 3:optimizer=lbfgs --out other");
    assert!(sentence.contains("at step 3") && sentence.contains("linear encoders and decoders"), "{sentence}");
}

#[test]
fn your_data_are_read_from_text_and_arrays() {
    let cli = Harness::new();
    cli.write("plain.csv", rows(','));
    cli.write("named.csv", format!("left,right\n{}", rows(',')));
    cli.write("semicolon.csv", rows(';'));
    cli.write("tabs.tsv", rows('\t'));
    cli.write(
        "array.npy",
        npy(&Matrix::from_fn(2, 30, |r, c| if r == 0 { (c as f32).sin() } else { (c * c % 7) as f32 })),
    );
    let names = ["plain.csv", "named.csv", "semicolon.csv", "tabs.tsv", "array.npy"];
    for (i, name) in names.into_iter().enumerate() {
        cli.succeed(&format!("train --data {name} --hidden 4 --steps 12 --out {i}"));
        assert_eq!(cli.names(&i.to_string()).len(), FILES.len() - 1, "{name} has no factors, but a split");
        assert_eq!(shape(&cli.path(&format!("{i}/observations.npy"))), [24, 2], "four fifths of {name}");
        let config = cli.toml(&format!("{i}/config.toml"));
        assert_eq!((config["data"]["file"].as_str(), config.get("scene")), (Some(name), None));
        assert_eq!(config["data"]["sha256"].as_str().unwrap().len(), 64);
        let metrics = cli.json(&format!("{i}/metrics.json"));
        assert!(metrics["mcc"].is_null() && metrics["undefined"]["mcc"].is_string());
        assert!(cli.succeed(&format!("replay {i}")).starts_with("identical"), "{name}");
    }
    for text in ["1", "2", "3"] {
        let same =
            |file: &str| fs::read(cli.path("0").join(file)).unwrap() == fs::read(cli.path(text).join(file)).unwrap();
        assert!(same("observations.npy") && same("model.safetensors"), "{text} holds the same numbers as 0");
    }
    // The run does not need the file itself.
    fs::remove_file(cli.path("plain.csv")).unwrap();
    cli.succeed("train --session 0/session.unpick --steps 20 --out more");
    assert!(cli.succeed("replay more").starts_with("identical"));
}

/// A stranger with the CSV, `config.toml` and `split.csv` alone finds the same matrices to the last bit.
#[test]
fn a_run_folder_says_how_your_data_were_prepared() {
    let cli = Harness::new();
    let number = |row: usize, column: usize| 1e3 * column as f64 + ((row * (7 + column) % 31) as f64).sqrt() * 10.0;
    let line = |row: usize| (0..3).map(|c| format!("{}", number(row, c))).collect::<Vec<_>>().join(",");
    let table: Vec<String> = (0..57).map(line).collect();
    cli.write("mine.csv", format!("width,height,\"depth, cm\"\n{}\n", table.join("\n")));
    for seed in [0, 9] {
        let run = format!("run{seed}");
        cli.succeed(&format!("train --data mine.csv --seed {seed} --hidden 4 --steps 5 --out {run}"));
        let config = cli.toml(&format!("{run}/config.toml"));
        let data = config["data"].as_table().unwrap();
        let scale = data["scale"].as_float().unwrap();
        let centre: Vec<f64> = data["centre"].as_array().unwrap().iter().map(|c| c.as_float().unwrap()).collect();
        let names: Vec<&str> = data["names"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        assert_eq!(names, ["width", "height", "depth, cm"]);
        assert_eq!(data["split_seed"].as_integer(), Some(seed));
        let split = cli.read(&format!("{run}/split.csv"));
        let mut all = Vec::new();
        for (part, file, count) in [("train", "observations.npy", 46), ("test", "observations_test.npy", 11)] {
            let rows: Vec<usize> =
                split.lines().filter_map(|line| line.strip_prefix(part)?.strip_prefix(',')?.parse().ok()).collect();
            assert_eq!(rows.len(), count, "a fifth is held out");
            let value = |c: usize, i: usize| {
                let x: f64 = table[rows[i]].split(',').nth(c).unwrap().parse().unwrap();
                ((x - centre[c]) / scale) as f32
            };
            let expected = npy(&Matrix::from_fn(3, count, value));
            assert_eq!(fs::read(cli.path(&run).join(file)).unwrap(), expected, "{file} with seed {seed}");
            all.extend(rows);
        }
        all.sort_unstable();
        assert_eq!(all, (0..57).collect::<Vec<_>>());
        // The same again from the session, without the file.
        cli.succeed(&format!("train --session {run}/session.unpick --out again{seed}"));
        for file in ["split.csv", "config.toml"] {
            assert_eq!(cli.read(&format!("{run}/{file}")), cli.read(&format!("again{seed}/{file}")), "{file}");
        }
    }
    assert_ne!(cli.read("run0/split.csv"), cli.read("run9/split.csv"));
    // Folders of earlier versions say less.
    let text = cli.read("run0/config.toml");
    let known = ["split_seed", "scale", "names", "centre"];
    let old: Vec<&str> = text.lines().filter(|line| !known.iter().any(|key| line.starts_with(key))).collect();
    assert_eq!(old.len() + 4, text.lines().count());
    cli.write("run0/config.toml", old.join("\n"));
    cli.succeed("metrics run0");
}

#[test]
fn errors_in_your_data_name_the_file_and_the_place() {
    let cli = Harness::new();
    let broken = |line: &str| format!("{}{line}\n", rows(','));
    let binary: Vec<u8> = (0..2000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut array = npy(&Matrix::from_fn(2, 30, |r, c| (r + c) as f32));
    cli.write("short.npy", &array[..array.len() - 3]);
    let place = array.len() - 4;
    array[place..].copy_from_slice(&f32::NAN.to_le_bytes());
    cli.write("nan.npy", array);
    cli.write("text.csv", broken("1,two"));
    cli.write("ragged.csv", broken("1,2,3"));
    cli.write("nan.csv", broken("nan,1"));
    cli.write("gap.csv", broken("1,"));
    cli.write("constant.csv", "1,2\n".repeat(20));
    cli.write("short.csv", "1,2\n");
    cli.write("empty.csv", "");
    cli.write("junk.csv", binary);
    cli.write("huge.csv", broken("1e300,1"));
    fs::create_dir(cli.path("folder")).unwrap();
    let before = cli.names(".");
    for (name, words) in [
        ("missing.csv", "cannot read the file"),
        ("folder", "holds no PNG or JPEG pictures"),
        ("text.csv", "line 31, column 2 holds \"two\""),
        ("ragged.csv", "line 31 has 3 cells"),
        ("nan.csv", "1 row has missing values (line 31)"),
        ("gap.csv", "1 row has missing values (line 31)"),
        ("constant.csv", "nothing to learn"),
        ("short.csv", "too few"),
        ("empty.csv", "no numbers"),
        ("junk.csv", "neither text nor .npy"),
        ("huge.csv", "too large"),
        ("short.npy", "ends before"),
        ("nan.npy", "row 29, column 1"),
    ] {
        let sentence = cli.fail(2, &format!("train --data {name} --steps 3 --out run"));
        assert!(sentence.contains(words) && sentence.ends_with(&format!(": {name}")), "{sentence}");
    }
    assert_eq!(cli.names("."), before, "nothing was written");
}

/// The numbers of every file are those of the first; its weights, too, to the last bit.
#[test]
fn tables_of_every_program_give_the_same_weights() {
    let cli = Harness::new();
    let numbers: Vec<[f64; 3]> = (0..60).map(f64::from).map(|t| [t.cos(), t.sin(), (0.37 * t).sin()]).collect();
    let rows = |separator: &str, write: &dyn Fn(f64) -> String| -> Vec<String> {
        numbers.iter().map(|row| row.map(write).join(separator)).collect()
    };
    let (plain, french) = (|x: f64| format!("{x:.4}"), |x: f64| format!("{x:.4}").replace('.', ","));
    let lines = rows(",", &plain);
    let counted: Vec<String> = lines.iter().enumerate().map(|(i, line)| format!("{i},{line}")).collect();
    let file = |header: &str, lines: &[String], end: &str| format!("{header}{}{end}", lines.join(end));
    let scientific = |x: f64| format!("{:.18e}", format!("{x:.4}").parse::<f64>().unwrap());
    let wide = file("\u{feff}width\theight\tduration\r\n", &rows("\t", &french), "\r\n");
    let named: [(&str, Vec<u8>); 8] = [
        ("reference.csv", file("width,height,duration\n", &lines, "\n").into()),
        ("savetxt.txt", file("# width height duration\n", &rows(" ", &scientific), "\n").into()),
        ("savetxt-comma.csv", file("# width,height,duration\n", &rows(",", &scientific), "\n").into()),
        ("french.csv", file("\u{feff}sep=;\r\nwidth;height;duration\r\n", &rows(";", &french), "\r\n").into()),
        ("french-no-sep.csv", file("\u{feff}width;height;duration\r\n", &rows(";", &french), "\r\n").into()),
        ("unicode.txt", wide.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("minus.csv", file("width,height,duration\n", &rows(",", &|x| plain(x).replace('-', "\u{2212}")), "\n").into()),
        ("index.csv", file(",width,height,duration\n", &counted, "\n").into()),
    ];
    let others: [(&str, Vec<u8>, [&str; 3]); 4] = [
        ("pandas.csv", file(",0,1,2\n", &counted, "\n").into(), ["0", "1", "2"]),
        ("columns.csv", file("0,1,2\n", &lines, "\n").into(), ["0", "1", "2"]),
        ("years.csv", file("2019,2020,mean\n", &lines, "\n").into(), ["2019", "2020", "mean"]),
        ("bare.csv", file("", &lines, "\n").into(), ["x1", "x2", "x3"]),
    ];
    let names = ["width", "height", "duration"];
    let mut weights = None;
    for (name, bytes, names) in named.into_iter().map(|(name, bytes)| (name, bytes, names)).chain(others) {
        cli.write(name, bytes);
        let (_, notes) = cli.succeed_with_notes(&format!("train {name} --hidden 4 --steps 10 --out {name}.run"));
        let said: Vec<&String> = notes.iter().filter(|note| note.starts_with("the first line (")).collect();
        assert_eq!(
            said.len(),
            usize::from(["pandas.csv", "columns.csv", "years.csv"].contains(&name)),
            "{name}: {notes:?}"
        );
        let config = cli.toml(&format!("{name}.run/config.toml"));
        let found = config["data"]["names"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
        assert_eq!(found.collect::<Vec<_>>(), names, "{name}");
        let model = cli.json(&format!("{name}.run/session.unpick"))["weights"].clone();
        assert_eq!(*weights.get_or_insert_with(|| model.clone()), model, "{name}");
        // The record is enough to read the file again.
        let session = cli.read(&format!("{name}.run/session.unpick"));
        let mut value: Value = serde_json::from_str(&session).unwrap();
        value.as_object_mut().unwrap().remove("table");
        cli.write("bare.unpick", value.to_string());
        let text = cli.succeed(&format!("train --session bare.unpick --data {name} --out {name}.again"));
        assert!(text.contains("to the last bit"), "{name}: {text}");
    }
}

#[test]
fn labels_factors_and_choices_are_kept_with_the_run() {
    let cli = Harness::new();
    let row = |i: u32| {
        let t = f64::from(i);
        let missing = if i == 17 { String::new() } else { format!("{:.4}", 5e6 + 1e4 * (0.7 * t).sin()) };
        format!(
            "{:.6},{missing},{},{:.3}\n",
            1e-3 * t.cos(),
            ["ada", "bea", "cleo, d"][i as usize % 3].replace("cleo, d", "\"cleo, d\""),
            t / 7.0
        )
    };
    cli.write("own.csv", format!("length,bytes,species,angle\n{}", (0..150).map(row).collect::<String>()));
    let options = "--factors angle --scale columns --missing drop --rows 120 --held-out 0.25 --seed 5";
    let (text, notes) = cli.succeed_with_notes(&format!("train own.csv {options} --hidden 4 --steps 10 --out run"));
    assert!(notes.iter().any(|note| note == "'species' is a label: it holds text"), "{notes:?}");
    assert!(notes.iter().any(|note| note == "1 row is left out for missing values (line 19)"), "{notes:?}");
    assert!(text.contains("mcc"), "{text}");
    let config = cli.toml("run/config.toml");
    let data = config["data"].as_table().unwrap();
    assert_eq!(data["import"].as_table().unwrap()["scale"].as_str(), Some("columns"));
    assert_eq!(data["scale"].as_array().unwrap().len(), 2);
    assert_eq!(shape(&cli.path("run/observations_test.npy")), [30, 2]);
    assert_eq!(shape(&cli.path("run/factors.npy")), [90, 1]);
    // Every row with its label and factor, by its number in the file.
    let split = cli.read("run/split.csv");
    assert_eq!(split.lines().next(), Some("part,row,species"));
    let rows: Vec<(usize, &str)> = split
        .lines()
        .skip(1)
        .map(|line| line.split_once(',').unwrap().1.split_once(',').unwrap())
        .map(|(row, label)| (row.parse().unwrap(), label.trim_matches('"')))
        .collect();
    assert!(
        rows.len() == 120 && rows.iter().all(|(row, label)| *row != 17 && *label == ["ada", "bea", "cleo, d"][row % 3])
    );
    let latents = cli.path("latents.csv");
    cli.succeed("export run --what latents --split train --out latents.npz");
    cli.succeed("export run --what latents --split all --out latents.csv");
    let table = fs::read_to_string(latents).unwrap();
    assert_eq!(table.lines().next(), Some("row,part,z_1,z_2,species,angle"));
    for (line, (row, label)) in table.lines().skip(1).zip(&rows) {
        assert!(line.starts_with(&format!("{row},")) && line.contains(label), "{line}");
        let angle: f64 = line.rsplit(',').next().unwrap().parse().unwrap();
        assert!((angle - (*row as f64 / 7.0)).abs() < 1e-3, "{line}");
    }
    // The numbers of the view are in the units of the file.
    cli.succeed("render run --view data --colour species --out data.csv");
    let bytes = |line: &str| -> f64 { line.rsplit(',').next().unwrap().parse().unwrap() };
    let drawn = cli.read("data.csv");
    assert_eq!(drawn.lines().next(), Some("part,z_1,z_2,length,bytes"));
    let mut points = drawn.lines().filter(|line| line.starts_with("observation,")).map(bytes);
    assert!(points.all(|x| (x - 5e6).abs() < 1.01e4), "{drawn}");
    let sentence = cli.fail(2, "render run --view data --colour kind --out data.png");
    assert_eq!(sentence, "--colour: there is no factor or label 'kind'; choose one of angle, species");
    assert!(cli.succeed("replay run").starts_with("identical"));
    assert!(cli.succeed("train --session run/session.unpick --out again").contains("to the last bit"));
    for file in ["split.csv", "config.toml", "factors_test.npy"] {
        assert_eq!(
            fs::read(cli.path("run").join(file)).unwrap(),
            fs::read(cli.path("again").join(file)).unwrap(),
            "{file}"
        );
    }
    let sentence = cli.fail(2, "train --data own.csv --out other");
    assert!(sentence.contains("1 row has missing values (line 19)"), "{sentence}");
    let sentence = cli.fail(2, "train --scene linear --scale columns --out other");
    assert!(sentence.starts_with("--scale is for new runs on your data"), "{sentence}");
    let sentence = cli.fail(2, "train --session run/session.unpick --rows 50 --out other");
    assert!(sentence.starts_with("--rows is for new runs on your data"), "{sentence}");
}

#[test]
fn a_file_of_held_out_rows_is_measured_on() {
    let cli = Harness::new();
    let rows = |from: u32, count: u32| {
        (from..from + count)
            .map(|i| format!("{:.4},{:.4}\n", f64::from(i).sin(), f64::from(i).cos()))
            .collect::<String>()
    };
    cli.write("own.csv", format!("a,b\n{}", rows(0, 40)));
    cli.write("test.csv", format!("a,b\n{}", rows(40, 25)));
    cli.write("other.csv", format!("a,c\n{}", rows(40, 25)));
    let train = "train --data own.csv --hidden 4 --steps 10";
    let (_, notes) = cli.succeed_with_notes(&format!("{train} --test test.csv --out run"));
    assert!(notes.is_empty(), "{notes:?}");
    assert_eq!(
        (shape(&cli.path("run/observations.npy")), shape(&cli.path("run/observations_test.npy"))),
        (vec![40, 2], vec![25, 2])
    );
    assert!(cli.succeed("replay run").starts_with("identical"));
    let mut value: Value = serde_json::from_str(&cli.read("run/session.unpick")).unwrap();
    value.as_object_mut().unwrap().remove("table");
    cli.write("bare.unpick", value.to_string());
    let again = "train --session bare.unpick --data own.csv";
    assert!(cli.fail(2, &format!("{again} --out again")).contains("give it with --test: test.csv (SHA-256 "));
    assert!(cli.fail(2, &format!("{again} --test other.csv --out again")).contains("other.csv"));
    assert!(cli.succeed(&format!("{again} --test test.csv --out again")).contains("to the last bit"));
    let sentence = cli.fail(2, &format!("{train} --test other.csv --out other"));
    assert!(sentence.starts_with("there is no column 'b'") && sentence.ends_with(": other.csv"), "{sentence}");
    // A label that the training data do not have is left out; an observation of another size is a matter of the test file.
    let labelled: String =
        rows(40, 25).lines().map(|line| format!("{line},{}\n", ["u", "v"][line.len() % 2])).collect();
    cli.write("labelled.csv", format!("a,b,kind\n{labelled}"));
    cli.succeed(&format!("{train} --test labelled.csv --out labelled"));
    let same = ["run", "labelled"].map(|run| fs::read(cli.path(run).join("observations_test.npy")).unwrap());
    assert_eq!(same[0], same[1]);
    cli.write("bare.csv", rows(0, 40));
    cli.write("wide.csv", rows(40, 25).replace('\n', ",1\n"));
    let sentence = cli.fail(2, "train --data bare.csv --hidden 4 --steps 10 --test labelled.csv --out other");
    assert!(sentence.ends_with(": labelled.csv"), "{sentence}");
}

#[test]
fn options_that_say_nothing_about_a_file_are_refused() {
    let cli = Harness::new();
    cli.write("own.csv", rows(','));
    cli.write("own.npy", npy(&Matrix::from_fn(2, 30, |r, c| (r + c * c) as f32)));
    fs::create_dir(cli.path("folder")).unwrap();
    for (arguments, words) in [
        ("own.csv --key a", "--key chooses an array of an archive (.npz); leave it out here: own.csv"),
        ("own.npy --key a", "--key chooses an array of an archive (.npz); leave it out here: own.npy"),
        ("folder --key a", "--key chooses an array of an archive (.npz); leave it out here: folder"),
        ("own.csv --color grey", "--color is for folders of pictures; leave it out here: own.csv"),
        ("own.csv --resize 4x4", "--resize is for folders of pictures; leave it out here: own.csv"),
        ("own.npy --resize 4x4", "--resize is for folders of pictures; leave it out here: own.npy"),
        ("own.npy --header yes", "--header is about the first line of a text; leave it out here: own.npy"),
        ("folder --header no", "--header is about the first line of a text; leave it out here: folder"),
    ] {
        assert_eq!(cli.fail(2, &format!("train --data {arguments} --steps 3 --out run")), words);
    }
}

#[test]
fn wrong_numbers_are_refused_in_plain_words() {
    let cli = Harness::new();
    cli.write("own.csv", rows(','));
    cli.write("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    cli.write(
        "tiny.csv",
        rows(',').lines().map(|line| format!("{}e-200\n", line.replace(',', "e-200,"))).collect::<String>(),
    );
    for (arguments, words) in [
        ("own.csv --rows=-3", "'-3' is no number of rows; give a whole number, at least 10"),
        ("own.csv --rows -3", "'-3' is no number of rows"),
        ("own.csv --held-out 0,5", "'0,5' is no share of the rows; give a number between 0 and 1, as 0.2"),
        ("own.csv --held-out 0.99", "1 row is left to train on; hold out a smaller share: own.csv"),
        ("tiny.csv", "the numbers differ too little to compute with"),
        ("picture.png", "one picture is one sample; give the folder of all pictures: picture.png"),
    ] {
        let sentence = cli.fail(2, &format!("train --data {arguments} --steps 3 --out run"));
        assert!(sentence.contains(words), "{arguments}: {sentence}");
    }
}

#[test]
fn doubtful_tables_are_named() {
    let cli = Harness::new();
    let ring = |i: u32| format!("{:.4},{:.4}\n", f64::from(i).cos(), f64::from(i).sin());
    cli.write("outlier.csv", format!("x,y\n{}1000,1000\n", (0..499).map(ring).collect::<String>()));
    cli.write("ten.csv", format!("x,y\n{}", (0..10).map(ring).collect::<String>()));
    let units = |i: u32| {
        format!(
            "{:.9},{:.9},{:.4}\n",
            1e-3 * f64::from(i).cos(),
            70.0 + f64::from(i).cos(),
            5e6 + 1e4 * f64::from(i).sin()
        )
    };
    cli.write("units.csv", format!("length,mass,bytes\n{}", (0..300).map(units).collect::<String>()));
    for (name, options, words) in [
        ("outlier.csv", "", "line 501 lies far outside all others ('x' is 1000)"),
        ("ten.csv", "", "2 held-out rows measure nothing"),
        ("units.csv", "", "'bytes' holds all but 1.0e-8 of the variance"),
    ] {
        let (_, notes) =
            cli.succeed_with_notes(&format!("train {name} {options} --hidden 4 --steps 3 --out {name}.run"));
        assert!(notes.len() == 1 && notes[0].starts_with(words), "{name}: {notes:?}");
    }
    let (_, notes) = cli.succeed_with_notes("train units.csv --scale columns --hidden 4 --steps 3 --out scaled");
    assert!(notes.is_empty(), "{notes:?}");
    // Active latents are not concluded from two rows.
    let metrics = cli.json("ten.csv.run/metrics.json");
    for name in ["active", "active_units"] {
        assert!(metrics[name].is_null(), "{metrics}");
        assert!(metrics["undefined"][name].as_str().unwrap().contains("held-out"), "{metrics}");
    }
    // The note says how a row is left out.
    let (_, notes) = cli.succeed_with_notes("train outlier.csv --hidden 4 --steps 3 --out far");
    assert!(notes[0].ends_with("leave it out (--leave-out 501)"), "{notes:?}");
    // Where it decides the scale, the latents collapse, and that is said.
    let (text, _) = cli.succeed_with_notes("train outlier.csv --hidden 4 --steps 200 --out collapsed");
    let words = "warning: all latents have collapsed";
    let is_said = text.lines().any(|line| line.starts_with(words) && line.ends_with("try --leave-out 501"));
    assert_eq!(is_said, cli.json("collapsed/metrics.json")["active_units"] == 0, "{text}");
    assert!(is_said, "{text}");
    let (_, notes) = cli.succeed_with_notes("train outlier.csv --leave-out 501 --hidden 4 --steps 3 --out near");
    assert_eq!(notes, [""; 0]);
    let rows: Vec<String> = cli.read("near/split.csv").lines().skip(1).map(str::to_owned).collect();
    assert!(rows.len() == 499 && rows.iter().all(|row| !row.ends_with(",499")), "row 499 is line 501");
    cli.succeed("render near --view latent --size 200x200 --out near.svg");
    let again = cli.succeed("train --session near.svg --data outlier.csv --out again");
    assert!(again.contains("the weights are those of the session"), "{again}");
}

#[test]
fn a_first_line_of_numbers_is_quoted_in_whole_cells() {
    let cli = Harness::new();
    let header: Vec<String> = (0..20).map(|i| i.to_string()).collect();
    let row = |i: u32| (0..20).map(|k| format!("{:.3}", f64::from(i * k).sin() * 0.1)).collect::<Vec<_>>().join(",");
    let rows: Vec<String> = (0..120).map(row).collect();
    cli.write("own.csv", format!("{}\n{}\n", header.join(","), rows.join("\n")));
    let (_, notes) = cli.succeed_with_notes("train own.csv --hidden 4 --steps 3 --out run");
    assert!(notes[0].starts_with("the first line (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …) is read as names"), "{notes:?}");
}

#[test]
fn a_held_out_file_needs_no_labels() {
    let cli = Harness::new();
    let labelled: String =
        rows(',').lines().enumerate().map(|(i, line)| format!("{line},{}\n", ["even", "odd"][i % 2])).collect();
    cli.write("own.csv", format!("a,b,kind\n{labelled}"));
    cli.write("test.csv", format!("a,b\n{}", rows(',')));
    let (_, notes) = cli.succeed_with_notes("train own.csv --test test.csv --hidden 4 --batch 8 --steps 5 --out run");
    let words = "the held-out file has no column 'kind', so its rows have the label '(none)'";
    assert!(notes.iter().any(|note| note == words), "{notes:?}");
    assert!(cli.read("run/split.csv").lines().filter(|line| line.ends_with(",(none)")).count() == 30);
    assert!(cli.succeed("replay run").starts_with("identical"));
    let again = cli.succeed("train --session run/session.unpick --data own.csv --test test.csv --out again");
    assert!(again.contains("the weights are those of the session"), "{again}");
    // A dimension is needed.
    cli.write("short.csv", format!("a\n{}", "1\n2\n".repeat(15)));
    let sentence = cli.fail(2, "train own.csv --test short.csv --hidden 4 --steps 5 --out other");
    assert!(sentence.contains("'b'") && sentence.ends_with(": short.csv"), "{sentence}");
}
