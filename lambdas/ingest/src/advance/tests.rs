//! Generated histories: writers with transactions that stay open, slices in between, and the comparison of what was read with what is there.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use starlift_lake::Position;

use super::{Stop, advance};

#[derive(Clone, Debug)]
enum Step {
    /// A transaction writes these keys and commits.
    Write(Vec<u8>),
    /// A transaction takes its number, writes these keys and stays open.
    Open(Vec<u8>),
    /// The oldest open transaction commits.
    Commit,
    /// A run reads one slice.
    Slice,
}

/// A table as a set of row versions: the number of the transaction that wrote the visible version of each key.
#[derive(Default)]
struct Table {
    next: u64,
    visible: BTreeMap<u8, u64>,
    open: BTreeMap<u64, Vec<u8>>,
}

impl Table {
    fn begin(&mut self, keys: &[u8]) -> u64 {
        self.next += 1;
        // A row lock keeps two open transactions from writing one key.
        let held: BTreeSet<u8> = self.open.values().flatten().copied().collect();
        self.open.insert(self.next, keys.iter().copied().filter(|key| !held.contains(key)).collect());
        self.next
    }

    fn commit(&mut self, transaction: u64) {
        for key in self.open.remove(&transaction).unwrap_or_default() {
            self.visible.insert(key, transaction);
        }
    }

    fn horizon(&self) -> u64 {
        self.open.keys().next().copied().unwrap_or(self.next + 1)
    }

    /// One slice by the rule, as the statements read it.
    fn read(&self, position: &Position, limit: usize, read: &mut BTreeMap<u8, u64>) -> Position {
        let cursor = position.cursor.as_ref().map(|key| key[0].parse::<u8>().expect("a key"));
        let side = |is_in: &dyn Fn(u8) -> bool, since: Option<u64>, rows: usize| -> Vec<(u8, u64)> {
            let new = self.visible.iter().filter(|(key, version)| is_in(**key) && since.is_none_or(|h| **version >= h));
            new.map(|(key, version)| (*key, *version)).take(rows).collect()
        };
        let below = side(&|key| cursor.is_some_and(|c| key <= c), position.low, limit);
        let above = side(&|key| cursor.is_none_or(|c| key > c), position.high, limit - below.len());
        read.extend(below.iter().chain(&above).copied());
        let text =
            |rows: &[(u8, u64)]| rows.last().map(|(key, _)| vec![key.to_string()]).expect("a full slice has rows");
        let stop = if below.len() == limit {
            Some(Stop::Below(text(&below)))
        } else if below.len() + above.len() == limit {
            Some(Stop::Above(text(&above)))
        } else {
            None
        };
        advance(position, self.horizon(), stop)
    }
}

fn step() -> impl Strategy<Value = Step> {
    let keys = || prop::collection::vec(0_u8..24, 1..12);
    prop_oneof![
        3 => keys().prop_map(Step::Write),
        1 => keys().prop_map(Step::Open),
        1 => Just(Step::Commit),
        3 => Just(Step::Slice),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_row_is_missed_whatever_is_written_between_slices(
        steps in prop::collection::vec(step(), 1..60),
        limit in 1_usize..8,
    ) {
        let mut table = Table::default();
        let mut position = Position::default();
        let mut read = BTreeMap::new();
        for step in steps {
            match step {
                Step::Write(keys) => {
                    let transaction = table.begin(&keys);
                    table.commit(transaction);
                }
                Step::Open(keys) => {
                    table.begin(&keys);
                }
                Step::Commit => {
                    if let Some(oldest) = table.open.keys().next().copied() {
                        table.commit(oldest);
                    }
                }
                Step::Slice => position = table.read(&position, limit, &mut read),
            }
        }
        // A horizon held back by open transactions asks for the same rows again, in vain: they all end at last.
        while let Some(oldest) = table.open.keys().next().copied() {
            table.commit(oldest);
        }
        for _ in 0..100 {
            position = table.read(&position, limit, &mut read);
        }
        prop_assert!(position.is_caught_up());
        prop_assert_eq!(read, table.visible);
    }
}

#[test]
fn a_first_slice_leaves_what_is_above_unread() {
    let next = advance(&Position::default(), 7, Some(Stop::Above(vec!["3".into()])));
    assert_eq!(next, Position { cursor: Some(vec!["3".into()]), low: Some(7), high: None });
}

#[test]
fn a_slice_full_below_the_cursor_forgets_the_younger_horizon() {
    let position = Position { cursor: Some(vec!["9".into()]), low: Some(20), high: Some(10) };
    let next = advance(&position, 30, Some(Stop::Below(vec!["4".into()])));
    assert_eq!(next, Position { cursor: Some(vec!["4".into()]), low: Some(30), high: Some(10) });
}

#[test]
fn a_slice_that_nothing_stopped_is_caught_up() {
    let position = Position { cursor: Some(vec!["9".into()]), low: Some(20), high: None };
    let next = advance(&position, 30, None);
    assert!(next.is_caught_up());
    assert_eq!(next.high, Some(30));
}
