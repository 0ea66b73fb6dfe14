//! Options that say nothing about what is asked for are refused.

use super::harness::{Harness, SHORT, rows};

#[test]
fn options_that_would_do_nothing_are_refused() {
    let cli = Harness::new();
    cli.write("own.csv", rows(','));
    cli.succeed(SHORT);
    for (arguments, words) in [
        ("render run --view latent --rate 30 --out x.svg", "--rate is for animations"),
        ("render run --view latent --seconds 3 --out x.svg", "--seconds is for animations"),
        ("render run --view latent --thumbnails --out x.svg", "--thumbnails is for the data view"),
        ("render run --view data --thumbnails --out x.svg", "--thumbnails is for observations that are images"),
        ("render run --view training --at 0,0 --out x.svg", "--at is for views at z*"),
        ("render run --view training --pair 1,2 --out x.svg", "--pair is for views of one or two latents"),
        ("render run --view data --pair all --out x.svg", "--pair is for the latent view"),
        ("render run --view training --colour u --out x.svg", "--colour is for views of observations"),
        ("render run --view checks --singular-curves --out x.svg", "--singular-curves is for curves"),
        ("render run --view checks --ellipses --out x.svg", "--ellipses is for ellipses"),
        ("render run --view training --scale 3 --out x.svg", "--scale is for pixels"),
        ("render run --view training --scale 3 --out x.pdf", "--scale is for pixels"),
        ("render run --view latent --scale 3 --out x.csv", "--scale is for pictures"),
        ("render run --view latent --caption --out x.csv", "--caption is for pictures"),
        ("render run --view latent --theme dark --out x.csv", "--theme is for pictures"),
        ("render run --view latent --size 300x200 --out x.csv", "--size is for pictures"),
        ("render run --view latent --no-provenance --out x.csv", "--no-provenance is for pictures"),
        ("render run --view latent --include-data --out x.svg", "--include-data is for figures of your data"),
        ("export run --what densities --split all --out x.csv", "--split is for what is written at observations"),
        ("export run --what jacobians --at 0,0 --split all --out x.csv", "--split is for what is written at"),
        ("export run --what latents --at 0,0 --out x.csv", "--at is for one latent"),
        ("train --scene linear --activation relu --out x", "--activation is for hidden layers"),
        ("sweep --scene linear --seeds 0..2 --activation relu --out x", "--activation is for hidden layers"),
        ("train --scene linear --optimizer lbfgs --lr 0.3 --out x", "--lr is for adam"),
        ("train --scene linear --optimizer lbfgs --batch 9 --out x", "--batch is for adam"),
        ("train --data own.csv --rows 999 --out x", "--rows 999 is more than the 30"),
        ("train --data own.csv --leave-out 99 --out x", "there is no row of data at line 99"),
        ("compare --covariance full --out x", "--covariance is for both runs"),
        ("make shapes --seed 3 --out x.npz", "--seed is for a part of the pictures"),
        ("beta --n 784 --seed 3", "--seed is for data"),
        ("beta --n 784 --latents 3", "--latents is for data"),
    ] {
        let sentence = cli.fail(2, arguments);
        assert!(
            sentence.contains(words) && sentence.contains("leave it out") || words.contains("line 99"),
            "{sentence}"
        );
    }
    assert_eq!(cli.names("."), ["own.csv", "run"], "nothing was written");
}

#[test]
fn options_that_do_something_are_not() {
    let cli = Harness::new();
    cli.write("own.csv", rows(','));
    cli.succeed(SHORT);
    // The data of the cylinder have three dimensions: their picture consists of pixels in SVG, too.
    cli.succeed("render run --view data --scale 3 --at 0.5,0.5 --pair 1,2 --size 200x200 --out a.svg");
    cli.succeed("render run --view latent --scale 3 --at 0.5,0.5 --size 200x200 --out a.png");
    cli.succeed("export run --what decodings --split all --out a.csv");
    cli.succeed("beta --n 784 --latents 3 --beta-norm 1");
    cli.succeed_with_notes("beta own.csv --latents 3 --seed 4");
    cli.succeed("train --scene linear --optimizer lbfgs --lr 0.01 --at 3:optimizer=sgd --steps 6 --out b");
    let (_, notes) = cli.succeed_with_notes("train --data own.csv --missing drop --steps 3 --out c");
    assert!(notes.contains(&"no value is missing, so no row is left out".to_owned()), "{notes:?}");
}
