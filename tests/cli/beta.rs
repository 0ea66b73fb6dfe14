//! `unpick beta`.

use serde_json::Value;

use super::harness::{Harness, rows};

fn json(cli: &Harness, arguments: &str) -> Value {
    serde_json::from_str(&cli.succeed(&format!("beta --json {arguments}"))).unwrap()
}

#[test]
fn losses_of_other_programs_have_a_b() {
    let cli = Harness::new();
    for (arguments, b) in [
        ("--kld-weight 0.00025 --n 28x28", 0.098),
        ("--kld-weight 0.00025 --n 64x64x3", 1.536),
        ("--loss mse-mean --kl 0.00025 --n 784", 0.098),
        ("--loss mse-sum --kl 3 --n 10", 1.5),
        ("--loss half-mse-sum --sigma2 0.02 --kl 4 --n 10", 0.08),
        ("--loss half-mse-sum --sigma2 0.1 --beta-norm 0.5 --latents 2 --n 8", 0.2),
    ] {
        let found = json(&cli, arguments)["b"].as_f64().unwrap();
        assert!((found - b).abs() < 1e-12, "{arguments}: {found}");
    }
    let entropy = json(&cli, "--loss bce-mean --kl 0.01 --n 100");
    assert_eq!((entropy["beta"].as_f64(), &entropy["b"]), (Some(1.0), &Value::Null));
    let text = cli.succeed("beta --kld-weight 0.00025 --n 784");
    assert!(text.contains("b                  0.098 = beta sigma2"), "{text}");
}

#[test]
fn b_is_compared_with_the_principal_variances_of_the_data() {
    let cli = Harness::new();
    // The linear scene has the eigenvalues 2.05, 1.05 and 0.05.
    let found = json(&cli, "--scene linear --loss half-mse-sum --sigma2 0.5 --kl 3");
    let lambda: Vec<f64> =
        found["principal_variances"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    for (lambda, exact) in lambda.iter().zip([2.05, 1.05, 0.05]) {
        assert!((lambda - exact).abs() < 0.1 * exact, "{lambda}");
    }
    assert_eq!(found["directions_above"], 1);
    let kl = found["kl_expected"].as_f64().unwrap();
    assert!((kl - 0.5 * (lambda[0] / 1.5).ln()).abs() < 1e-12);
    let text = cli.succeed("beta --scene linear --loss half-mse-sum --sigma2 0.5 --kl 3");
    assert!(text.contains("collapses") && text.contains("1 principal directions have a variance above 1.5"), "{text}");
    // A table is divided by its scale, and σ² by its square.
    cli.write("ten.csv", rows(','));
    let table = json(&cli, "--data ten.csv --loss mse-sum --kl 1");
    let scale = table["scale"].as_f64().unwrap();
    assert!((table["sigma2_here"].as_f64().unwrap() * scale * scale - 0.5).abs() < 1e-9);
    assert!(cli.fail(2, "beta --data ten.csv --loss bce-sum").contains("outside 0 to 1"));
}

/// The file is read as by `train`, and what was decided is said.
#[test]
fn data_are_imported_as_for_training() {
    let cli = Harness::new();
    let row =
        |i: u32| format!("{:.3},{:.3},{}\n", f64::from(i).sin(), 0.1 * f64::from(i).cos(), ["u", "v"][i as usize % 2]);
    cli.write("own.csv", format!("a,b,kind\n{}", (0..120).map(row).collect::<String>()));
    let (text, notes) = cli.succeed_with_notes("beta own.csv --kl 0.1");
    assert!(text.contains("n                  2\n") && text.contains("own.csv, 96 training observations"), "{text}");
    assert_eq!(notes, ["'kind' is a label: it holds text"]);
    assert_eq!(cli.succeed_with_notes("beta --data own.csv --kl 0.1"), (text, notes));
    let (part, _) = cli.succeed_with_notes("beta own.csv --kl 0.1 --columns a --rows 40 --held-out 0.5");
    assert!(part.contains("n                  1\n") && part.contains("own.csv, 20 training observations"), "{part}");
    let sentence = cli.fail(2, "beta --scene linear --scale columns");
    assert!(sentence.starts_with("--scale is for your data"), "{sentence}");
    assert!(cli.fail(2, "beta own.csv --scene linear").contains("cannot be used with"));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let cli = Harness::new();
    for (arguments, words) in [
        ("", "give --n, or data"),
        ("--n 0", "give a number as 784"),
        ("--n 99999999999x99999999999", "give a number as 784"),
        ("--n 10 --kl -1", "the coefficient of the KL = -1 must be a positive number"),
        ("--n 10 --beta-norm 1", "--beta-norm needs --latents"),
        ("--n 10 --loss mse-mean --beta-norm 1 --latents 2", "β_norm belongs to a loss that is summed"),
        ("--n 10 --kl 1e308 --loss mse-mean", "beta = inf must be a positive number"),
        ("--n 10 --kl 1e308 --loss half-mse-sum --sigma2 1e10", "b = inf must be a positive number"),
        ("--n 10 --sigma2 0.1", "--sigma2 belongs to"),
        ("--n 10 --scene linear", "--n is 10, but an observation of these data has 3 numbers"),
        ("--scene blobb", "there is no scene"),
    ] {
        let sentence = cli.fail(2, &format!("beta {arguments}"));
        assert!(sentence.contains(words), "{arguments}: {sentence}");
    }
}
