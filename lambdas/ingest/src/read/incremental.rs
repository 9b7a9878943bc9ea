//! One slice of a table: the rows written since it was read last, in key order, up to a limit.

use std::pin::pin;

use bytes::Bytes;
use futures_util::StreamExt;
use starlift_failure::Failure;
use starlift_lake::{ManifestTable, ReadState};
use starlift_postgres::{PostgresError, Session, copy_out};

use crate::advance::{AsOf, Stop, advance, stands_still};
use crate::plan::TablePlan;
use crate::raw::RawObjects;
use crate::read::Reading;
use crate::statement::{self, Keys, New, Rows};

const SET_VALUE: &str = include_str!("../../../../sql/engine/ingest/set_value.sql");

/// PostgreSQL's bigint has no larger number.
const NO_LIMIT: u64 = i64::MAX.cast_unsigned();

/// What one statement of a slice is to give.
struct Wanted {
    keys: Keys,
    since: Since,
    /// Whether the rows with held keys are wanted, instead of those that are new.
    held: bool,
    limit: u64,
}

/// Since when a row counts as new.
#[derive(Clone)]
struct Since {
    /// None is everything.
    horizon: Option<u64>,
    fence: Option<String>,
}

/// What one statement of a slice gave.
struct Side {
    rows: u64,
    last: Bytes,
}

impl Reading<'_> {
    /// Reads one slice: first the keys up to the cursor, then, with what is left of the limit, those above it.
    ///
    /// After it a table is caught up only if the slice holds, with those before it, every row as the snapshot shows it
    /// (`a_table_is_caught_up_only_with_what_changed_below_the_cursor_while_the_horizon_stood_still`).
    pub(super) async fn read_incremental(
        &self,
        session: &Session,
        plan: &TablePlan<'_>,
    ) -> Result<ManifestTable, Failure> {
        let settings = &self.context.definition.pipeline.settings;
        let mut objects = RawObjects::new(self.place(plan.name), settings.part_rows);
        let position = plan.position();
        let mut left = settings.slice_rows;
        let mut stop = None;
        // While a transaction stays open the horizon stands still, and the same rows would be read again and again before any key above the
        // cursor: so those above come first.
        let stands_still = stands_still(&position, self.horizon);
        let (low_fence, high_fence) =
            position.fences.clone().map(|fences| (fences.low, fences.high)).unwrap_or_default();
        let low = Since { horizon: position.low, fence: low_fence };
        let high = Since { horizon: position.high, fence: high_fence };
        if let Some(cursor) = &position.cursor {
            for (n, value) in cursor.iter().enumerate() {
                self.set(session, plan, &statement::cursor_setting(n + 1), value).await?;
            }
            if !stands_still {
                let wanted = Wanted { keys: Keys::UpToCursor, since: low.clone(), held: false, limit: left };
                let below = self.read_side(session, plan, &wanted, &mut objects).await?;
                left -= below.rows;
                if left == 0 {
                    stop = Some(Stop::Below(key_of(plan, &below.last)?));
                }
            }
        }
        let held = plan.held_keys();
        if let Some(keys) = &held {
            self.set(session, plan, statement::HELD, &keys.setting()).await?;
        }
        if left > 0 {
            let keys = if position.cursor.is_some() { Keys::AboveCursor } else { Keys::All };
            let wanted = Wanted { keys, since: high.clone(), held: false, limit: left };
            let above = self.read_side(session, plan, &wanted, &mut objects).await?;
            if above.rows == left {
                stop = Some(Stop::Above(key_of(plan, &above.last)?));
            }
        }
        if stands_still && stop.is_none() {
            // The table is caught up only with what has changed below. A limit would bring the same rows again and never all of them.
            let wanted = Wanted { keys: Keys::UpToCursor, since: low.clone(), held: false, limit: NO_LIMIT };
            self.read_side(session, plan, &wanted, &mut objects).await?;
        }
        if held.is_some() && stop.is_none() {
            let whole = [(Keys::UpToCursor, low), (Keys::AboveCursor, high.clone())];
            let sides = if position.cursor.is_some() { &whole[..] } else { &[(Keys::All, high)] };
            // Where nothing was read before, all of it has been read by now.
            for (keys, since) in sides.iter().filter(|(_, since)| since.horizon.is_some()) {
                let wanted = Wanted { keys: *keys, since: since.clone(), held: true, limit: NO_LIMIT };
                self.read_side(session, plan, &wanted, &mut objects).await?;
            }
        }
        let fence = plan.cursor.as_ref().map(|cursor| cursor.fence(&position));
        let next = advance(&position, AsOf { horizon: self.horizon, fence }, stop);
        let written = objects.finish().await?;
        let is_caught_up = next.is_caught_up();
        let (known, new) = if is_caught_up { self.read_keys(session, plan).await? } else { (plan.keys(), None) };
        let totals = match &known {
            Some(keys) if keys.age == 0 && self.is_added_up(plan, keys) => {
                Some(self.total(session, plan, held.is_some()).await?)
            }
            _ => None,
        };
        let state = plan.state(ReadState::Incremental { position: next }, known);
        let retried = match &held {
            Some(keys) if is_caught_up => Some(keys.outcome(&self.are_there(session, plan).await?)),
            _ => None,
        };
        Ok(ManifestTable { state, objects: written, keys: new, totals, retried, reset: plan.reset.clone() })
    }

    async fn read_side(
        &self,
        session: &Session,
        plan: &TablePlan<'_>,
        wanted: &Wanted,
        objects: &mut RawObjects<'_>,
    ) -> Result<Side, Failure> {
        self.set(session, plan, statement::LIMIT, &wanted.limit.to_string()).await?;
        if let Some(horizon) = wanted.since.horizon {
            self.set(session, plan, statement::SINCE, &horizon.to_string()).await?;
        }
        if let Some(fence) = &wanted.since.fence {
            self.set(session, plan, statement::FENCE, fence).await?;
        }
        let new = if wanted.since.fence.is_some() { New::Fenced } else { New::Since };
        let which = match (wanted.since.horizon, wanted.held) {
            (None, _) => Rows::All,
            (Some(_), false) => Rows::New(new),
            (Some(_), true) => Rows::Held(new),
        };
        let doing = format!("reading table {}", plan.name);
        let rows = copy_out(&session.client, &statement::slice(plan, wanted.keys, which), &doing).await;
        let mut rows = pin!(rows.map_err(|error| self.refused(plan, error))?);
        if let Some(header) = rows.next().await {
            objects.set_header(header.map_err(|error| self.refused(plan, error))?);
        }
        let mut side = Side { rows: 0, last: Bytes::new() };
        while let Some(row) = rows.next().await {
            let row = row.map_err(|error| self.refused(plan, error))?;
            objects.write(&row).await?;
            side = Side { rows: side.rows + 1, last: row };
        }
        Ok(side)
    }

    /// Of each held key, in order, whether the table has it.
    async fn are_there(&self, session: &Session, plan: &TablePlan<'_>) -> Result<Vec<bool>, Failure> {
        let doing = || format!("looking for held rows of table {}", plan.name);
        let rows = session.client.query(&statement::are_held_there(plan), &[]).await;
        let rows = rows.map_err(|error| self.refused(plan, PostgresError::new(doing(), &error)))?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    async fn set(&self, session: &Session, plan: &TablePlan<'_>, name: &str, value: &str) -> Result<(), Failure> {
        let doing = || format!("preparing to read table {}", plan.name);
        let set = session.client.execute(SET_VALUE, &[&name, &value]).await;
        set.map_err(|error| self.refused(plan, PostgresError::new(doing(), &error)))?;
        Ok(())
    }
}

/// The key in a row of CSV, a value per primary key column.
fn key_of(plan: &TablePlan<'_>, row: &[u8]) -> Result<Vec<String>, Failure> {
    let unreadable = || Failure::internal(format!("the last row of table {} is not CSV with its key", plan.name));
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(row);
    let record = reader.records().next().and_then(Result::ok).ok_or_else(unreadable)?;
    let place = |name: &String| plan.columns.iter().position(|column| column.name == *name);
    let value = |name: &String| record.get(place(name)?).map(str::to_owned);
    plan.source.primary_key.iter().map(|name| value(name).ok_or_else(unreadable)).collect()
}
