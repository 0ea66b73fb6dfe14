//! Shards: the runs of a sweep shared out among machines.

use std::str::FromStr;

use crate::sentence::quoted;

/// Every `of`-th run, from number `number` on, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shard {
    number: usize,
    of: usize,
}

impl Shard {
    /// The runs of the shard. Neighbours, which differ in the seed alone and take as long, go to different shards.
    pub(super) fn of<T: Clone>(self, runs: &[T]) -> Vec<T> {
        runs.iter().skip(self.number - 1).step_by(self.of).cloned().collect()
    }

    /// The name of its table: shards may write into one folder at the same time.
    pub(super) fn table(self) -> String {
        format!("sweep-{}-of-{}.csv", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let pair = text.split_once('/').and_then(|(k, n)| Some((k.parse::<usize>().ok()?, n.parse::<usize>().ok()?)));
        match pair {
            Some((number, of)) if (1..=of).contains(&number) => Ok(Self { number, of }),
            _ => Err(format!("{} is not K/N with K from 1 to N, as 3/8", quoted(text))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_share_out_all_runs() {
        let runs: Vec<u32> = (0..11).collect();
        let mut all: Vec<u32> = (1..=4).flat_map(|k| format!("{k}/4").parse::<Shard>().unwrap().of(&runs)).collect();
        all.sort_unstable();
        assert_eq!(all, runs);
        assert_eq!("2/4".parse::<Shard>().unwrap().table(), "sweep-2-of-4.csv");
        for wrong in ["0/4", "5/4", "1", "1/0", "a/2", "-1/2"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
