//! Generated histories: writers with transactions that stay open, slices in between, and the comparison of what was read with what is there.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::prelude::*;
use starlift_lake::{Fences, Position};

use super::{AsOf, Stop, advance, stands_still};
use crate::fence::Fence;

#[derive(Clone, Debug)]
enum Step {
    /// A transaction begins. It takes its number when it writes.
    Begin,
    /// A transaction writes these keys and commits.
    Write(Vec<u8>),
    /// A transaction takes its number, writes these keys and stays open.
    Open(Vec<u8>),
    /// The oldest open transaction commits.
    Commit,
    /// A run reads one slice.
    Slice,
}

/// A table as a set of row versions: the number of the transaction that wrote the visible version of each key. Its cursor column holds the time
/// at which that transaction began.
#[derive(Default)]
struct Table {
    next: u64,
    clock: u64,
    visible: BTreeMap<u8, u64>,
    open: BTreeMap<u64, Vec<u8>>,
    began: BTreeMap<u64, u64>,
    without_number: VecDeque<u64>,
}

impl Table {
    /// A transaction writes: one that has begun without a number, if there is one, or a new one.
    fn write(&mut self, keys: &[u8]) -> u64 {
        self.next += 1;
        self.began.insert(self.next, self.without_number.pop_front().unwrap_or(self.clock));
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

    fn fence(&self) -> String {
        let with_number = self.open.keys().map(|open| self.began[open]);
        time(with_number.chain(self.without_number.iter().copied()).min().unwrap_or(self.clock))
    }

    /// One slice by the rule, as the statements read it.
    fn read(&self, position: &Position, limit: usize, read: &mut BTreeMap<u8, u64>) -> Position {
        let cursor = position.cursor.as_ref().map(|key| key[0].parse::<u8>().expect("a key"));
        let (low, high) = position.fences.clone().map(|fences| (fences.low, fences.high)).unwrap_or_default();
        let side = |is_in: &dyn Fn(u8) -> bool, since: Option<u64>, fence: Option<&String>, rows: usize| {
            let is_fenced = |version: &u64| fence.is_none_or(|fence| time(self.began[version]) >= *fence);
            let is_new = |version: &u64| since.is_none_or(|h| *version >= h && is_fenced(version));
            let new = self.visible.iter().filter(|(key, version)| is_in(**key) && is_new(version));
            new.map(|(key, version)| (*key, *version)).take(rows).collect::<Vec<(u8, u64)>>()
        };
        let is_below = |key| cursor.is_some_and(|c| key <= c);
        let is_last = stands_still(position, self.horizon());
        let below = if is_last { Vec::new() } else { side(&is_below, position.low, low.as_ref(), limit) };
        let above = side(&|key| !is_below(key), position.high, high.as_ref(), limit - below.len());
        if is_last && above.len() < limit {
            read.extend(side(&is_below, position.low, low.as_ref(), usize::MAX));
        }
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
        let fence = Fence { column: "c".into(), at: Some(self.fence()), lag: None };
        advance(position, AsOf { horizon: self.horizon(), fence: Some(fence) }, stop)
    }
}

/// A time whose text compares as it does.
fn time(at: u64) -> String {
    format!("{at:06}")
}

fn step() -> impl Strategy<Value = Step> {
    let keys = || prop::collection::vec(0_u8..24, 1..12);
    prop_oneof![
        1 => Just(Step::Begin),
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
        for (n, step) in steps.into_iter().enumerate() {
            table.clock = n as u64 / 2;
            match step {
                Step::Begin => table.without_number.push_back(table.clock),
                Step::Write(keys) => {
                    let transaction = table.write(&keys);
                    table.commit(transaction);
                }
                Step::Open(keys) => {
                    table.write(&keys);
                }
                Step::Commit => {
                    if let Some(oldest) = table.open.keys().next().copied() {
                        table.commit(oldest);
                    }
                }
                Step::Slice => position = table.read(&position, limit, &mut read),
            }
        }
        table.without_number.clear();
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

/// A position in mid-slice, with a fence beside each horizon.
fn between(cursor: &str, low: (u64, &str), high: Option<(u64, &str)>) -> Position {
    let fences =
        Fences { column: "c".into(), low: Some(low.1.into()), high: high.map(|(_, fence)| fence.into()), lag: None };
    let high = high.map(|(horizon, _)| horizon);
    Position { cursor: Some(vec![cursor.into()]), low: Some(low.0), high, fences: Some(fences) }
}

fn now(horizon: u64, fence: &str) -> AsOf {
    AsOf { horizon, fence: Some(Fence { column: "c".into(), at: Some(fence.into()), lag: None }) }
}

#[test]
fn a_first_slice_leaves_what_is_above_unread() {
    let next = advance(&Position::default(), now(7, "07:00"), Some(Stop::Above(vec!["3".into()])));
    assert_eq!(next, between("3", (7, "07:00"), None));
}

#[test]
fn a_slice_full_below_the_cursor_forgets_the_younger_horizon_and_fence() {
    let position = between("9", (20, "02:00"), Some((10, "01:00")));
    let next = advance(&position, now(30, "03:00"), Some(Stop::Below(vec!["4".into()])));
    assert_eq!(next, between("4", (30, "03:00"), Some((10, "01:00"))));
}

#[test]
fn keys_that_were_left_out_while_the_horizon_stood_still_keep_their_fence() {
    let position = between("4", (30, "02:00"), Some((10, "01:00")));
    let next = advance(&position, now(30, "03:00"), Some(Stop::Above(vec!["9".into()])));
    assert_eq!(next, between("9", (30, "02:00"), Some((10, "01:00"))));
}

#[test]
fn a_slice_that_nothing_stopped_is_caught_up() {
    let next = advance(&between("9", (20, "02:00"), None), now(30, "03:00"), None);
    assert!(next.is_caught_up());
    assert_eq!((next.high, next.newest_fence().map(String::as_str)), (Some(30), Some("03:00")));
}

#[test]
fn without_a_cursor_column_there_are_no_fences() {
    let next = advance(&between("9", (20, "02:00"), None), AsOf { horizon: 30, fence: None }, None);
    assert_eq!(next.fences, None);
}
