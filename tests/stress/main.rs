//! Every reader of files against damaged ones: none panics, takes long, takes much memory, or says something that a terminal would
//! obey. `STRESS_SEED` (any text) and `STRESS_CASES` (for each reader) choose others than the few of the suite.
#![expect(unsafe_code, reason = "a counting allocator implements an unsafe trait")]

mod amount;
mod counting;
mod damage;
mod readers;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use rustix::time::{ClockId, clock_gettime};
use unpick::rng::{Purpose, stream};
use unpick::sentence::sentence;

use amount::{amount, hash, seed};
use damage::damaged;
use readers::{READERS, Reader};

/// Damaged files for each reader, unless `STRESS_CASES` says how many.
const CASES: u64 = 400;

/// Seconds of processor time that a reader may take.
const MOST_SECONDS: f64 = 1.0;

/// Bytes that a reader may take, and how many more for each byte of the file.
const MOST_BYTES: usize = 64 << 20;
const BYTES_PER_BYTE: usize = 40;

/// Characters of a sentence.
const MOST_CHARACTERS: usize = 300;

/// The folder of files that were found to break a reader, which are tried first: `READER-….bin`.
fn found_before(reader: &Reader) -> impl Iterator<Item = Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/damaged");
    let prefix = format!("{}-", reader.name);
    let files = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let own = files.filter(move |file| file.file_name().to_string_lossy().starts_with(&prefix));
    own.filter_map(|file| fs::read(file.path()).ok())
}

fn processor_seconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + 1e-9 * time.tv_nsec as f64
}

/// What is wrong with how a file was read, if anything is.
fn fault(reader: &Reader, file: &[u8]) -> Option<String> {
    counting::begin();
    let before = processor_seconds();
    let outcome = catch_unwind(AssertUnwindSafe(|| (reader.read)(file)));
    let (seconds, bytes) = (processor_seconds() - before, counting::most());
    match outcome {
        Err(_) => return Some("a panic".to_owned()),
        Ok(Err(said)) => {
            let shown = sentence(&said);
            if shown.is_empty() || shown.chars().any(char::is_control) || shown.chars().count() > MOST_CHARACTERS {
                return Some(format!("a sentence of {} characters: {shown:?}", shown.chars().count()));
            }
        }
        Ok(Ok(())) => {}
    }
    if seconds > MOST_SECONDS {
        return Some(format!("{seconds:.1} s"));
    }
    (bytes > MOST_BYTES + BYTES_PER_BYTE * file.len()).then(|| format!("{} MB", bytes >> 20))
}

/// Fails with the file kept below `target`, so that it can become a fixture.
fn judge(reader: &Reader, file: &[u8]) {
    if let Some(fault) = fault(reader, file) {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let path = folder.join(format!("{}-{}.bin", reader.name, &unpick::io::sha256(file)[..12]));
        let kept = fs::write(&path, file).is_ok();
        panic!(
            "{}: {fault}; the file ({}) is {}",
            reader.name,
            file.len(),
            if kept { path.display() } else { folder.display() }
        );
    }
}

#[test]
fn readers_refuse_damaged_files_in_a_sentence() {
    // The gate damages files in another way at every commit, and repeats the rest.
    let seed = std::env::var("STRESS_READER_SEED").map_or_else(|_| seed(), |text| hash(&text));
    let cases = amount("STRESS_CASES", CASES);
    for (number, reader) in READERS.iter().enumerate() {
        let whole = (reader.whole)();
        assert!(!whole.is_empty(), "{}", reader.name);
        for file in &whole {
            assert_eq!(fault(reader, file), None, "{}: a whole file", reader.name);
            assert!((reader.read)(file).is_ok(), "{}: a whole file is refused: {:?}", reader.name, (reader.read)(file));
        }
        found_before(reader).for_each(|file| judge(reader, &file));
        let mut rng = stream(seed, Purpose::Analysis, number as u64);
        for _ in 0..cases {
            judge(reader, &damaged(&mut rng, &whole, reader.words));
        }
    }
}
