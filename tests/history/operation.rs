//! What happens in a case: writes to the source, and executions of the state machine.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::writers::{Change, End, Savepoint, Table, WRITERS};

/// How many states an execution goes through before it stops, as if it had failed there; none is to its end.
pub(crate) type Stop = Option<usize>;

/// What an execution is asked to read from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    Nothing,
    Sales,
    Everything,
}

/// One operation. Writers and executions are numbered modulo how many there are, so that an operation stays one when others before it go.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    /// A writer writes, in its open transaction or in a new one, perhaps under a savepoint; then it may end the transaction.
    Write { writer: usize, change: Change, savepoint: Savepoint, end: End },
    /// A writer ends its transaction, if it has one.
    End { writer: usize, end: End },
    /// A new execution starts, perhaps one that reads tables from their start.
    Start { stop: Stop, full: Full },
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
    let savepoint = prop_oneof![
        4 => Just(Savepoint::None),
        1 => Just(Savepoint::Released),
        1 => Just(Savepoint::RolledBack),
    ];
    // Most transactions of a busy source are short, but what is hard is what stays open over runs.
    let end = || prop_oneof![5 => Just(End::Commit), 1 => Just(End::RollBack), 4 => Just(End::StayOpen)];
    prop_oneof![
        10 => (writer(), change(), savepoint, end())
            .prop_map(|(writer, change, savepoint, end)| Operation::Write { writer, change, savepoint, end }),
        2 => (writer(), end()).prop_map(|(writer, end)| Operation::End { writer, end }),
        4 => (stop(2), full()).prop_map(|(stop, full)| Operation::Start { stop, full }),
        3 => (0..8_usize, stop(2)).prop_map(|(which, stop)| Operation::Redrive { which, stop }),
        2 => (0..8_usize).prop_map(|which| Operation::Repeat { which }),
    ]
}

fn stop(to_the_end: u32) -> impl Strategy<Value = Stop> {
    prop_oneof![to_the_end => Just(None), 2 => (1..6_usize).prop_map(Some)]
}

fn full() -> impl Strategy<Value = Full> {
    prop_oneof![8 => Just(Full::Nothing), 1 => Just(Full::Sales), 1 => Just(Full::Everything)]
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
        2 => (any_table, keys(), 0..4_i32, minute)
            .prop_map(|(table, keys, value, minute)| Change::Put { table, keys, value, minute }),
        1 => (of_fact, keys()).prop_map(|(table, keys)| Change::Delete { table, keys }),
    ]
}

/// A few keys, or more than a slice has rows.
fn keys() -> impl Strategy<Value = (i32, i32)> {
    let count = prop_oneof![4 => 1..4_i32, 1 => 8..11_i32];
    (1..8_i32, count).prop_map(|(first, count)| (first, first + count - 1))
}
