//! When the state of the base run is not to be trusted: then a table is read from its start, and equal rows make no version.
//!
//! The rules are about identity (is it the same server, database, table?), about time (has the server gone back?), and about meaning (do the
//! same rows give the same result?). Each has a test here and one against a real server.

use starlift_definition::{Column, Read};
use starlift_failure::Failure;
use starlift_lake::{ReadState, SourcePosition, TableState};
use starlift_postgres::CatalogTable;

/// How far a horizon may lie behind: row versions are compared within 2^31 transactions, and the server goes on while it is read.
const HORIZON_REACH: u64 = 1 << 30;

/// Refuses a standby that has not yet replayed what the base run has read.
pub(crate) fn check_standby(base: Option<&SourcePosition>, now: &SourcePosition) -> Result<(), Failure> {
    match base {
        // On a later timeline the positions do not compare, and everything is read from its start.
        Some(base)
            if now.in_recovery
                && is_same_server(base, now)
                && now.timeline <= base.timeline
                && now.wal_position < base.wal_position =>
        {
            let behind = base.wal_position - now.wal_position;
            let message =
                format!("the source is a standby that lags {behind} bytes of WAL behind the run published last");
            Err(Failure::transient(message))
        }
        _ => Ok(()),
    }
}

/// Why no state of the base run holds, if so.
pub(crate) fn source_reason(base: Option<&SourcePosition>, now: &SourcePosition) -> Option<String> {
    let Some(base) = base else {
        return Some("nothing was published before".to_owned());
    };
    if base.system_identifier != now.system_identifier {
        return Some("the source is another server".to_owned());
    }
    if base.database != now.database {
        return Some("the source is another database".to_owned());
    }
    // A standby that was rewound to a promoted server may have lost transactions whose numbers others have now.
    if base.timeline != now.timeline {
        return Some("the source is on another timeline".to_owned());
    }
    if now.in_recovery {
        return None;
    }
    if now.wal_position < base.wal_position {
        return Some("the source has gone back in time".to_owned());
    }
    // A restore keeps the identifier, but it takes a new start.
    (base.started_at != now.started_at).then(|| "the source was restarted or restored".to_owned())
}

/// What the state of a table is held against.
pub(crate) struct TableNow<'a> {
    /// What the source's catalog says.
    pub(crate) table: &'a CatalogTable,
    /// How the definition has it read.
    pub(crate) read: Read,
    /// The server's next transaction.
    pub(crate) next_transaction: u64,
    /// A model over the table that gives something else than it gave in the base run.
    pub(crate) changed_model: Option<&'a str>,
    /// A column that a model uses and that has another type than in the base run.
    pub(crate) retyped_column: Option<&'a str>,
}

/// Why the state of a table does not hold, if so.
pub(crate) fn table_reason(base: Option<&TableState>, now: &TableNow<'_>) -> Option<String> {
    let Some(base) = base else {
        return Some("the table was not read before".to_owned());
    };
    if base.oid != now.table.oid {
        return Some("the name belongs to another table".to_owned());
    }
    if now.table.leaves.iter().any(|leaf| !base.leaves.contains(leaf)) {
        return Some("the table has a new partition".to_owned());
    }
    if base.primary_key != now.table.primary_key {
        return Some("the primary key is another".to_owned());
    }
    let type_in = |columns: &[Column], name: &String| {
        columns.iter().find(|column| column.name == *name).map(|column| column.column_type.clone())
    };
    // Keys that are kept as text are read back with the type of now.
    let is_retyped = |name: &&String| type_in(&base.columns, name) != type_in(&now.table.columns, name);
    if let Some(column) = base.primary_key.iter().find(is_retyped) {
        return Some(format!("column {column} of the primary key has another type"));
    }
    if let Some(model) = now.changed_model {
        return Some(format!("model {model}, a seed or its target changed"));
    }
    if let Some(column) = now.retyped_column {
        return Some(format!("column {column} has another type"));
    }
    let position = match (&base.read, now.read) {
        (ReadState::Full { .. }, Read::Full) => return None,
        (ReadState::Incremental { position }, Read::Incremental) => position,
        _ => return Some("the table is read in another way".to_owned()),
    };
    // Neither dropping, adding nor renaming a column writes a row, nor does another collation, which orders keys otherwise.
    let is_another =
        |(name, id): &(&String, &String)| now.table.column_ids.get(*name).is_some_and(|of_now| of_now != *id);
    if let Some((column, _)) = base.column_ids.iter().find(is_another) {
        return Some(format!("column {column} is another column of that name, or has another collation"));
    }
    for horizon in [position.low, position.high].into_iter().flatten() {
        if horizon > now.next_transaction {
            return Some("the horizon is ahead of the server".to_owned());
        }
        if now.next_transaction - horizon > HORIZON_REACH {
            return Some("the horizon is too far behind the server".to_owned());
        }
    }
    None
}

fn is_same_server(base: &SourcePosition, now: &SourcePosition) -> bool {
    base.system_identifier == now.system_identifier && base.database == now.database
}

#[cfg(test)]
mod tests;
