//! The fence of a cursor column: no row that the snapshot misses has an earlier time in it, so that the next run finds all by an index.
//!
//! A transaction writes the time of its own start, or a later one. Those that the snapshot misses were open when the fence was read, before
//! the snapshot, or began later: so the start of the oldest open one, or else the clock, lies below all that they write. Where the open ones
//! are not to be seen, a declared overlap says how long they last at most. A fence that lies too low costs time and nothing else: the horizon
//! keeps out what was read before. So every doubt lowers it, and where nothing is known there is none, and the horizon reads alone.
//!
//! Proven by the tests of `tests/ingest/fence.rs`.

use jiff::{SignedDuration, Timestamp};
use starlift_definition::{Column, SourceTable};
use starlift_failure::Failure;
use starlift_lake::{Fences, Position};
use starlift_postgres::{PostgresError, above_fence, quote};
use tokio_postgres::Client;

use crate::statement::FENCE;

const OLDEST_TRANSACTION: &str = include_str!("../../../sql/engine/ingest/oldest_transaction.sql");
const PREPARED_TRANSACTIONS: &str = include_str!("../../../sql/engine/ingest/prepared_transactions.sql");

/// A session takes its start a moment before others can see it, a column may round it, and clocks are nudged.
const MARGIN: SignedDuration = SignedDuration::from_secs(10);

/// How far the source's clock may fall behind that of this machine before it counts as set back, whichever of the two has jumped. Below the margin,
/// which covers it.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_secs(5);

/// How often a source is looked at on which a session hides.
const LOOKS: u32 = 3;

/// What the source says of time and of open transactions, before the snapshot of a run.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    in_recovery: bool,
    sees_all: bool,
    /// Why transactions may be open of which nobody knows since when, if so.
    unknown: Option<&'static str>,
    /// None on a standby that has replayed nothing since its start.
    clock: Option<Timestamp>,
    oldest: Option<Timestamp>,
    /// This machine's clock before and after the source's was read.
    own: (Timestamp, Timestamp),
}

impl Moment {
    /// Asks the source; outside a transaction, and before the snapshot is taken.
    pub(crate) async fn read(client: &Client) -> Result<Self, Failure> {
        let failed = |error| PostgresError::new("looking for the oldest transaction of the source", &error);
        let mut looks = 1;
        let (row, own) = loop {
            let before = Timestamp::now();
            let row = client.query_one(OLDEST_TRANSACTION, &[]).await.map_err(failed)?;
            // Each look is as good as another, and most sessions hide for a moment only.
            if looks == LOOKS || !row.get::<_, bool>("is_hidden") {
                break (row, (before, Timestamp::now()));
            }
            looks += 1;
        };
        let prepared = client.query_one(PREPARED_TRANSACTIONS, &[]).await.map_err(failed)?;
        let time = |name: &str| {
            let text: Option<String> = row.get(name);
            let time: Option<Result<Timestamp, _>> = text.map(|text| text.parse());
            time.transpose().map_err(|_| Failure::internal(format!("the source's {name} is not a time")))
        };
        let in_recovery: bool = row.get("in_recovery");
        let unknown = match (prepared.get("is_prepared"), row.get("is_hidden")) {
            // Nobody writes on a standby.
            _ if in_recovery => None,
            (true, _) => Some("a transaction is prepared"),
            (false, true) => Some(
                "a session does not show since when its transaction is open; it runs or ran with track_activities = off",
            ),
            (false, false) => None,
        };
        Ok(Self {
            in_recovery,
            sees_all: row.get("sees_all"),
            unknown,
            clock: time("clock")?,
            oldest: time("oldest")?,
            own,
        })
    }

    fn sees_open_transactions(&self) -> bool {
        self.sees_all && !self.in_recovery
    }

    /// Why the source's clock may not go on from where it was when these fences were read, if so.
    fn was_set_back(&self, fences: &Fences) -> Option<&'static str> {
        let clock = self.clock?;
        let is_ahead = |fence: &String| fence.parse().is_ok_and(|fence: Timestamp| fence > clock);
        if [&fences.low, &fences.high].into_iter().flatten().any(is_ahead) {
            return Some("the source's clock is behind the fence, so it was set back");
        }
        // A clock that was set back may have caught up with the fence: only another clock shows it then, and cannot be told from one that jumped.
        let lost =
            self.own.1.duration_since(clock) - SignedDuration::from_millis(fences.lag.filter(|_| !self.in_recovery)?);
        (lost > CLOCK_TOLERANCE)
            .then_some("the source's clock was set back, or the clock of this function jumped ahead")
    }
}

/// The cursor column of a table, in one run.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    column: &'a Column,
    identity: String,
    overlap: SignedDuration,
    moment: &'a Moment,
    /// The fences of the base run, as far as they hold.
    fences: Option<Fences>,
}

/// The fence of one run, for one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fence {
    /// The column, by its identity.
    pub(crate) column: String,
    /// None when nothing is known.
    pub(crate) at: Option<String>,
    /// By how many milliseconds this machine's clock was ahead of the source's, at least; none on a standby.
    pub(crate) lag: Option<i64>,
}

impl<'a> Cursor<'a> {
    /// The cursor `column` of a table that is read as `wanted`, with its number and collation.
    ///
    /// # Errors
    /// The start of open transactions is not to be had, and no overlap is declared.
    pub(crate) fn new(
        name: &str,
        wanted: &SourceTable,
        (column, id): (&'a Column, &str),
        (moment, secret): (&'a Moment, &str),
    ) -> Result<Self, Failure> {
        let overlap = wanted.overlap_minutes;
        let what =
            format!("pipeline.toml: [tables] {name}: cursor needs the start of every open transaction of the source");
        let advice = "set overlap_minutes to more than the longest transaction takes";
        match (overlap, moment.sees_open_transactions()) {
            (None, false) if moment.in_recovery => {
                return Err(Failure::invalid_definition(format!(
                    "{what}, which a standby does not know: {advice}, or read from the primary"
                )));
            }
            (None, false) => {
                return Err(Failure::denied(format!(
                    "{what}: run: grant pg_read_all_stats to the role of secret {secret}; or {advice}"
                )));
            }
            (Some(minutes), false) => tracing::warn!(
                table = name,
                minutes,
                is_standby = moment.in_recovery,
                "the start of open transactions is not to be had: what one writes that takes longer than overlap_minutes may be missed"
            ),
            (_, true) => {}
        }
        if let Some(reason) = moment.unknown {
            tracing::warn!(table = name, reason, "the fence of the table stays where it is");
        }
        let identity = Fences::identity(column, id, overlap);
        let overlap = SignedDuration::from_mins(overlap.unwrap_or_default().into());
        Ok(Self { column, identity, overlap, moment, fences: None })
    }

    /// The cursor with the fences of the base run, if they hold; without them the horizon reads alone.
    pub(crate) fn since(self, name: &str, base: Option<&Fences>) -> Self {
        let fences = base.filter(|fences| fences.column == self.identity);
        if let Some(reason) = fences.and_then(|fences| self.moment.was_set_back(fences)) {
            tracing::warn!(table = name, reason, "the table is read by row versions alone");
            return self;
        }
        Self { fences: fences.cloned(), ..self }
    }

    /// The fences of the base run, as far as they hold.
    pub(crate) fn fences(&self) -> Option<&Fences> {
        self.fences.as_ref()
    }

    /// The fence of this run, for a table that is read from this position on.
    pub(crate) fn fence(&self, position: &Position) -> Fence {
        let Moment { clock, oldest, unknown, in_recovery, own, .. } = self.moment;
        let oldest = oldest.filter(|_| self.moment.sees_open_transactions());
        let bound = clock.map(|clock| oldest.map_or(clock, |oldest| oldest.min(clock)) - MARGIN - self.overlap);
        let at = bound.map(|bound| format!("{bound:.6}"));
        // Whatever may have been open for longer was covered by the fence before.
        let at = if unknown.is_some() { at.min(position.newest_fence().cloned()) } else { at };
        let lag = clock.filter(|_| !in_recovery).map(|clock| own.0.duration_since(clock));
        let lag = lag.and_then(|lag| i64::try_from(lag.as_millis()).ok());
        Fence { column: self.identity.clone(), at, lag }
    }

    /// Whether a row may be above the fence that was set for the transaction.
    pub(crate) fn condition(&self) -> String {
        above_fence(self.column, &quote(&self.column.name), &format!("current_setting('{FENCE}')"))
    }
}
