//! What happens in a case: writes to the source, and executions of the state machine.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::writers::{Change, Table, WRITERS};

/// How many states an execution goes through before it stops, as if it had failed there; none is to its end.
pub(crate) type Stop = Option<usize>;

/// One operation. Writers and executions are numbered modulo how many there are, so that an operation stays one when others before it go.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    /// A writer writes: in its open transaction, or in one of its own.
    Write { writer: usize, change: Change },
    /// The same under a savepoint, which is released or rolled back.
    WriteNested { writer: usize, change: Change, released: bool },
    /// A writer opens a transaction, unless it has one.
    Open { writer: usize },
    /// A writer ends its transaction, if it has one.
    End { writer: usize, committed: bool },
    /// A new execution starts.
    Start { stop: Stop },
    /// An execution that stopped goes on.
    Redrive { which: usize, stop: Stop },
    /// The last call of an execution is made again.
    Repeat { which: usize },
}

/// The operations of a case.
pub(crate) fn list() -> impl Strategy<Value = Vec<Operation>> {
    vec(operation(), 6..24)
}

fn operation() -> impl Strategy<Value = Operation> {
    let writer = || 0..WRITERS;
    prop_oneof![
        8 => (writer(), change()).prop_map(|(writer, change)| Operation::Write { writer, change }),
        2 => (writer(), change(), any::<bool>())
            .prop_map(|(writer, change, released)| Operation::WriteNested { writer, change, released }),
        2 => writer().prop_map(|writer| Operation::Open { writer }),
        2 => (writer(), prop::bool::weighted(0.7)).prop_map(|(writer, committed)| Operation::End { writer, committed }),
        4 => stop(2).prop_map(|stop| Operation::Start { stop }),
        3 => (0..8_usize, stop(2)).prop_map(|(which, stop)| Operation::Redrive { which, stop }),
        2 => (0..8_usize).prop_map(|which| Operation::Repeat { which }),
    ]
}

fn stop(to_the_end: u32) -> impl Strategy<Value = Stop> {
    prop_oneof![to_the_end => Just(None), 2 => (1..6_usize).prop_map(Some)]
}

fn change() -> impl Strategy<Value = Change> {
    let any_table = prop_oneof![
        1 => Just(Table::Product),
        2 => Just(Table::Customer),
        4 => Just(Table::Sale),
        3 => Just(Table::Line),
    ];
    let of_fact = prop_oneof![Just(Table::Sale), Just(Table::Line)];
    let minute = prop::option::of(0..3_i32);
    prop_oneof![
        2 => (any_table, keys(), 0..3_i32, minute)
            .prop_map(|(table, keys, value, minute)| Change::Put { table, keys, value, minute }),
        1 => (of_fact, keys()).prop_map(|(table, keys)| Change::Delete { table, keys }),
    ]
}

/// A few keys, or more than a slice has rows.
fn keys() -> impl Strategy<Value = (i32, i32)> {
    let count = prop_oneof![4 => 1..4_i32, 1 => 8..11_i32];
    (1..8_i32, count).prop_map(|(first, count)| (first, first + count - 1))
}
