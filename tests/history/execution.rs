//! Executions of the state machine: which call follows which.

use std::collections::VecDeque;

use crate::case::Case;
use crate::operation::{Full, Stop};
use crate::worker::Fallible;

/// More rounds than any case can need: an execution that makes more does not end.
const ROUNDS: u32 = 40;

/// One round of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Round {
    /// The execution's number, from 0.
    pub(crate) execution: u32,
    /// From 1.
    pub(crate) number: u32,
}

impl Round {
    /// The name of the run, as the state machine makes it.
    pub(crate) fn run(self) -> String {
        let hash = self.execution.wrapping_add(1).wrapping_mul(0x9e37_79b9);
        format!("20261120T{:06}Z-{hash:08x}-{:03}", self.execution, self.number)
    }

    /// The round after it.
    pub(crate) fn next(self) -> Fallible<Self> {
        if self.number == ROUNDS {
            return Err(format!("{} leaves something over, and so did all rounds before", self.run()).into());
        }
        Ok(Self { number: self.number + 1, ..self })
    }
}

/// A call of a handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) round: Round,
    /// What the execution has still to read from its start.
    pub(crate) full: Full,
    pub(crate) state: State,
}

/// The state that makes a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Begin,
    Ingest,
    /// One part.
    Transform(String),
    Load,
}

/// One execution.
pub(crate) struct Execution {
    /// The calls that are to come, as far as they are known.
    left: VecDeque<Call>,
    /// The last call, and what followed from it.
    last: Option<(Call, Vec<Call>)>,
}

impl Execution {
    /// An execution that has started and made no call yet.
    pub(crate) fn new(number: u32, full: Full) -> Self {
        let first = Call { round: Round { execution: number, number: 1 }, full, state: State::Begin };
        Self { left: VecDeque::from([first]), last: None }
    }

    /// Whether it has succeeded.
    pub(crate) fn has_ended(&self) -> bool {
        self.left.is_empty()
    }

    /// Goes on, to its end or until it stops.
    pub(crate) async fn go_on(&mut self, case: &mut Case, stop: Stop) -> Fallible<()> {
        let mut calls = 0;
        while stop.is_none_or(|most| calls < most) {
            let Some(call) = self.left.front().cloned() else {
                break;
            };
            let following = case.make(&call).await?;
            self.left.pop_front();
            self.left.extend(following.iter().cloned());
            self.last = Some((call, following));
            calls += 1;
        }
        Ok(())
    }

    /// Makes the last call once more, as the state machine does when the answer was lost.
    ///
    /// # Errors
    /// The second answer is another one.
    pub(crate) async fn repeat(&self, case: &mut Case) -> Fallible<()> {
        let Some((call, following)) = &self.last else {
            return Ok(());
        };
        let again = case.make(call).await?;
        if again != *following {
            return Err(format!("{call:?} was followed by {following:?}, and repeated by {again:?}").into());
        }
        Ok(())
    }
}
