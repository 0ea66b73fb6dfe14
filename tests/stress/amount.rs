//! How much of the stress regime is run, and with which seed: a few cases in `cargo test`, many in `./check.sh stress`.

use std::env::var;

/// `STRESS_SEED`, any text, as a number.
pub(crate) fn seed() -> u64 {
    hash(&var("STRESS_SEED").unwrap_or_default())
}

/// The 64-bit FNV-1a hash of a text.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(14_695_981_039_346_656_037, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211))
}

/// The number of the variable of this name, or else `usual`.
pub(crate) fn amount(name: &str, usual: u64) -> u64 {
    var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}
