//! The learning rate of an open-ended run.

/// The share of the learning rate that is used `since` steps after the start or the last change of a setting.
///
/// A short rise lets Adam's moments settle, a plateau moves the parameters to where they belong, and a fall lets the
/// run come to rest: half a cosine down to 2 %, from where it goes on as 1/t, so that the run left alone settles
/// but could still walk any distance. A change of any setting starts again at the top.
pub fn schedule(since: u64) -> f64 {
    let t = since as f64;
    if t < RISE {
        (t + 1.0) / RISE
    } else if t < PLATEAU {
        1.0
    } else if t < REST {
        let phase = (t - PLATEAU) / (REST - PLATEAU);
        FLOOR + (1.0 - FLOOR) * 0.5 * (1.0 + (std::f64::consts::PI * phase).cos())
    } else {
        FLOOR * REST / t
    }
}

const RISE: f64 = 50.0;
const PLATEAU: f64 = 1500.0;
const REST: f64 = 4000.0;
const FLOOR: f64 = 0.02;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_once_then_never_again() {
        let rates: Vec<f64> = (0..20_000).map(schedule).collect();
        assert!((rates[0] - 0.02).abs() < 1e-12 && rates[49] == 1.0);
        assert!(rates[50..].windows(2).all(|w| w[1] <= w[0]), "it falls without a jump up");
        let largest_jump = rates.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f64::max);
        assert!(largest_jump <= 0.02 + 1e-12, "{largest_jump}");
        assert!(rates[19_999] > 0.0);
    }
}
