//! Damages files in ways that programs, people and disks do.

use rand::{Rng, RngExt as _};

/// Numbers at the borders of types and formats.
const NUMBERS: [&str; 22] = [
    "0",
    "-0",
    "-1",
    "1",
    "64",
    "65",
    "255",
    "256",
    "65536",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "18446744073709551616",
    "1e308",
    "1e309",
    "-1e308",
    "5e-324",
    "1e-320",
    "NaN",
    "inf",
    "1,5",
    "10000000",
];

/// Bytes with a meaning in one of the formats.
const BYTES: [u8; 16] = *b"\0\x7f\x80\xff\n\r\"',{}[]=- ";

/// Larger files are cut.
const LARGEST: usize = 1 << 20;

/// One of these files with one to ten things wrong. `words` mean something to its reader.
pub(crate) fn damaged(rng: &mut impl Rng, whole: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    let mut file = whole[rng.random_range(0..whole.len())].clone();
    let faults = if rng.random_bool(0.8) { rng.random_range(1..=3) } else { rng.random_range(4..=10) };
    for _ in 0..faults {
        damage(rng, &mut file, whole, words);
        file.truncate(LARGEST);
    }
    file
}

/// A number from 1 to `most`.
fn few(rng: &mut impl Rng, most: usize) -> usize {
    rng.random_range(1..=most)
}

fn damage(rng: &mut impl Rng, file: &mut Vec<u8>, whole: &[Vec<u8>], words: &[&str]) {
    if file.is_empty() {
        file.push(0);
    }
    let at = rng.random_range(0..file.len());
    match rng.random_range(0..11) {
        0 => file[at] ^= 1 << rng.random_range(0..8),
        1 => file[at] = BYTES[rng.random_range(0..BYTES.len())],
        2 => drop(file.drain(at..(at + few(rng, 40)).min(file.len()))),
        3 => file.truncate(at),
        4 => {
            let part = file[at..(at + few(rng, 200)).min(file.len())].repeat(few(rng, 5));
            drop(file.splice(at..at, part));
        }
        5 if !words.is_empty() => {
            let word = words[rng.random_range(0..words.len())];
            drop(file.splice(at..at, word.bytes()));
        }
        6 => {
            let other = &whole[rng.random_range(0..whole.len())];
            let from = rng.random_range(0..other.len().max(1)).min(other.len());
            let part = other[from..(from + few(rng, 300)).min(other.len())].to_vec();
            drop(file.splice(at..at, part));
        }
        7 if file.len() >= 4 => {
            let at = at.min(file.len() - 4);
            let value = [0, 1, 0x7fff_ffff, 0x8000_0000, u32::MAX, file.len() as u32, 1 << 24][rng.random_range(0..7)];
            let bytes = if rng.random_bool(0.5) { value.to_le_bytes() } else { value.to_be_bytes() };
            file[at..at + 4].copy_from_slice(&bytes);
        }
        8 => {
            let mut lines: Vec<Vec<u8>> = file.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
            let [a, b] = [0, 1].map(|_| rng.random_range(0..lines.len()));
            lines.swap(a, b);
            if rng.random_bool(0.5) {
                let again = lines[b].clone();
                lines.insert(a, again);
            }
            *file = lines.join(&b'\n');
        }
        _ => number(rng, file),
    }
}

/// Replaces a number of a text.
fn number(rng: &mut impl Rng, file: &mut Vec<u8>) {
    let is_start = |k: &usize| file[*k].is_ascii_digit() && (*k == 0 || !file[*k - 1].is_ascii_alphanumeric());
    let starts: Vec<usize> = (0..file.len()).filter(is_start).collect();
    let Some(start) = (!starts.is_empty()).then(|| starts[rng.random_range(0..starts.len())]) else { return };
    let length = file[start..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    let other = NUMBERS[rng.random_range(0..NUMBERS.len())];
    drop(file.splice(start..start + length, other.bytes()));
}
