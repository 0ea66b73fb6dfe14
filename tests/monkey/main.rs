//! A monkey at the window: random deeds of pointer, keys and controls, in every dialog, view and size. Nothing panics, every frame ends,
//! every number stays finite, and at the end the window still answers.
//!
//! `STRESS_EVENTS` deeds are done in lives of 200, each in a new window. A failure names its life; `STRESS_LIFE` lives it alone.

#![cfg(feature = "gui")]

#[path = "../stress/amount.rs"]
mod amount;
mod deed;
mod files;
mod hand;
#[expect(dead_code, reason = "a monkey waits for nothing and names nothing")]
#[path = "../window/harness.rs"]
mod harness;
mod life;

use std::fmt::Write as _;
use std::sync::mpsc::RecvTimeoutError::{Disconnected, Timeout};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, current};
use std::time::{Duration, Instant};

use amount::amount;
use files::Files;

/// Deeds in all, unless `STRESS_EVENTS` says how many.
const DEEDS: u64 = 300;

/// Deeds in one window.
const DEEDS_IN_A_LIFE: u64 = 200;

/// The longest time without a frame: a person has given up long before.
const PATIENCE: Duration = Duration::from_secs(90);

/// The last deeds that a failure tells.
const TOLD: usize = 12;

/// What has been done, for the sentence of a failure.
static DIARY: Mutex<Diary> = Mutex::new(Diary { life: 0, deeds: Vec::new(), last: None, panics: Vec::new() });

struct Diary {
    life: u64,
    deeds: Vec<String>,
    /// The end of the last frame.
    last: Option<Instant>,
    /// Those of any thread.
    panics: Vec<String>,
}

fn with_diary<T>(act: impl FnOnce(&mut Diary) -> T) -> T {
    act(&mut DIARY.lock().unwrap_or_else(PoisonError::into_inner))
}

/// One line with which a failure can be repeated.
fn told(fault: &str) -> String {
    with_diary(|diary| {
        let seed = std::env::var("STRESS_SEED").unwrap_or_default();
        let (life, count) = (diary.life, diary.deeds.len());
        let mut line = format!(
            "{fault}; again: STRESS_SEED={seed} STRESS_LIFE={life} cargo test --test monkey; after {count} deeds:"
        );
        for deed in diary.deeds.iter().rev().take(TOLD).rev() {
            let shown: String = deed.chars().take(160).collect();
            write!(line, " {shown};").expect("a String takes everything");
        }
        line
    })
}

/// Lives on a thread of its own; says what went wrong.
fn watch(life: u64, deeds: u64, files: &Arc<Files>) -> Result<(), String> {
    with_diary(|diary| *diary = Diary { life, deeds: Vec::new(), last: Some(Instant::now()), panics: Vec::new() });
    let (send, receive) = channel();
    let files = Arc::clone(files);
    let monkey = Builder::new().name("monkey".to_owned()).spawn(move || {
        let outcome = life::live(life, deeds, &files);
        // The one who waits may have given up.
        drop(send.send(outcome));
    });
    let monkey = monkey.expect("there is a thread to give");
    loop {
        match receive.recv_timeout(Duration::from_millis(200)) {
            Ok(outcome) => {
                // The window is closed by the end of its thread.
                let closed = monkey.join();
                let fault = with_diary(|diary| diary.panics.first().cloned());
                return match (outcome, fault, closed) {
                    (_, Some(panic), _) => Err(panic),
                    (Err(fault), None, _) => Err(fault),
                    (Ok(()), None, closed) => match closed {
                        Ok(()) => Ok(()),
                        Err(_) => Err("the window cannot be closed".to_owned()),
                    },
                };
            }
            Err(Timeout) => {
                if with_diary(|diary| diary.last.is_some_and(|last| last.elapsed() > PATIENCE)) {
                    return Err(format!("no frame has ended for {} s", PATIENCE.as_secs()));
                }
            }
            Err(Disconnected) => {
                return Err(with_diary(|diary| diary.panics.first().cloned()).unwrap_or("a panic".to_owned()));
            }
        }
    }
}

#[test]
fn a_window_survives_a_monkey() {
    let files = Arc::new(Files::new());
    // Names without a folder, which a monkey writes into the fields of paths, mean files there.
    std::env::set_current_dir(files.path("work")).expect("the folder is there");
    let usual = std::panic::take_hook();
    let test = current().id();
    std::panic::set_hook(Box::new(move |about| {
        if current().id() != test {
            let thread = current().name().unwrap_or("a thread").to_owned();
            with_diary(|diary| diary.panics.push(format!("{thread}: {about}").replace('\n', " ")));
        }
        usual(about);
    }));
    let deeds = amount("STRESS_EVENTS", DEEDS);
    let lives = deeds.div_ceil(DEEDS_IN_A_LIFE);
    let lives = match std::env::var("STRESS_LIFE").ok().and_then(|text| text.parse().ok()) {
        Some(life) => life..life + 1,
        None => 0..lives,
    };
    for life in lives {
        let deeds = DEEDS_IN_A_LIFE.min(deeds.saturating_sub(life * DEEDS_IN_A_LIFE));
        let deeds = if deeds == 0 { DEEDS_IN_A_LIFE } else { deeds };
        if let Err(fault) = watch(life, deeds, &files) {
            panic!("{}", told(&fault));
        }
    }
    std::env::set_current_dir(env!("CARGO_MANIFEST_DIR")).expect("the tests run there");
}
