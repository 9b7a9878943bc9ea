//! Each rule alone: everything else is as the base run left it.

use std::collections::BTreeMap;

use starlift_definition::{Column, ColumnType, Read};
use starlift_failure::FailureKind;
use starlift_lake::{Position, ReadState, SourcePosition, StoredObject, TableState};
use starlift_postgres::CatalogTable;

use super::{HORIZON_REACH, TableNow, check_standby, source_reason, table_reason};

fn source() -> SourcePosition {
    SourcePosition {
        system_identifier: "7000".into(),
        database: 5,
        timeline: 1,
        in_recovery: false,
        started_at: "2026-11-20 08:00:00+00".into(),
        wal_position: 1_000,
        next_transaction: 900,
        horizon: 890,
        taken_at: "2026-11-20T12:00:00Z".into(),
        other_tables: None,
    }
}

fn columns() -> Vec<Column> {
    vec![Column { name: "id".into(), column_type: ColumnType::new("integer"), nullable: false, generated: false }]
}

fn column_ids() -> BTreeMap<String, String> {
    BTreeMap::from([("id".into(), "1:0".into())])
}

fn table() -> CatalogTable {
    CatalogTable {
        oid: 1,
        kind: 'r',
        leaves: Vec::new(),
        is_heap: true,
        has_children: false,
        columns: columns(),
        column_ids: column_ids(),
        virtual_columns: Vec::new(),
        primary_key: vec!["id".into()],
        foreign_keys: Vec::new(),
    }
}

fn state(horizon: u64) -> TableState {
    let read = ReadState::Incremental { position: Position { high: Some(horizon), ..Position::default() } };
    let primary_key = vec!["id".into()];
    TableState {
        oid: 1,
        leaves: Vec::new(),
        columns: columns(),
        column_ids: column_ids(),
        primary_key,
        keys: None,
        read,
    }
}

fn now(table: &CatalogTable) -> TableNow<'_> {
    TableNow { table, read: Read::Incremental, next_transaction: 900, changed_model: None, retyped_column: None }
}

#[test]
fn a_source_that_has_gone_on_is_trusted() {
    let later = SourcePosition { wal_position: 2_000, next_transaction: 950, ..source() };
    assert_eq!(source_reason(Some(&source()), &later), None);
    assert_eq!(table_reason(Some(&state(890)), &now(&table())), None);
}

#[test]
fn without_a_base_everything_is_read() {
    assert!(source_reason(None, &source()).is_some());
    assert!(table_reason(None, &now(&table())).is_some());
}

#[test]
fn another_server_or_database_is_not_trusted() {
    let server = SourcePosition { system_identifier: "7001".into(), ..source() };
    let database = SourcePosition { database: 6, ..source() };
    assert!(source_reason(Some(&source()), &server).is_some());
    assert!(source_reason(Some(&source()), &database).is_some());
}

#[test]
fn a_primary_that_has_gone_back_or_was_restarted_is_not_trusted() {
    let back = SourcePosition { wal_position: 999, ..source() };
    let restarted = SourcePosition { started_at: "2026-11-20 09:00:00+00".into(), ..source() };
    assert!(source_reason(Some(&source()), &back).is_some());
    assert!(source_reason(Some(&source()), &restarted).is_some());
}

#[test]
fn a_restarted_standby_is_trusted_and_a_lagging_one_is_waited_for() {
    let restarted = SourcePosition { in_recovery: true, started_at: "2026-11-20 09:00:00+00".into(), ..source() };
    assert_eq!(source_reason(Some(&source()), &restarted), None);
    assert_eq!(check_standby(Some(&source()), &restarted), Ok(()));
    let lagging = SourcePosition { wal_position: 999, ..restarted };
    let failure = check_standby(Some(&source()), &lagging).expect_err("is refused");
    assert_eq!(failure.kind, FailureKind::Transient);
}

#[test]
fn another_timeline_is_not_trusted_also_on_a_standby_that_was_rewound() {
    let promoted = SourcePosition { timeline: 2, ..source() };
    assert!(source_reason(Some(&source()), &promoted).is_some());
    let rewound = SourcePosition { in_recovery: true, wal_position: 999, ..promoted };
    assert_eq!(check_standby(Some(&source()), &rewound), Ok(()), "its position is of another history");
    assert!(source_reason(Some(&source()), &rewound).is_some());
    let behind = SourcePosition { timeline: 1, ..rewound };
    let base = SourcePosition { timeline: 2, ..source() };
    assert!(check_standby(Some(&base), &behind).is_err(), "it has not yet followed");
}

#[test]
fn another_column_under_the_name_is_not_trusted_where_row_versions_count() {
    let table = CatalogTable { column_ids: BTreeMap::from([("id".into(), "3:0".into())]), ..table() };
    assert!(table_reason(Some(&state(890)), &now(&table)).is_some_and(|reason| reason.contains("id")));
    let object = StoredObject { key: "k".into(), rows: 0, bytes: 0, sha256: String::new() };
    let whole = TableState { read: ReadState::Full { object }, ..state(890) };
    assert_eq!(table_reason(Some(&whole), &TableNow { read: Read::Full, ..now(&table) }), None);
}

#[test]
fn another_table_under_the_name_is_not_trusted() {
    let renamed_in = CatalogTable { oid: 2, ..table() };
    assert!(table_reason(Some(&state(890)), &now(&renamed_in)).is_some());
}

#[test]
fn a_new_partition_is_not_trusted_and_a_dropped_one_does_not_matter() {
    let base = TableState { leaves: vec![11, 12], ..state(890) };
    let attached = CatalogTable { leaves: vec![11, 12, 13], ..table() };
    let dropped = CatalogTable { leaves: vec![12], ..table() };
    assert!(table_reason(Some(&base), &now(&attached)).is_some());
    assert_eq!(table_reason(Some(&base), &now(&dropped)), None);
}

#[test]
fn another_primary_key_is_not_trusted() {
    let rekeyed = CatalogTable { primary_key: vec!["code".into()], ..table() };
    assert!(table_reason(Some(&state(890)), &now(&rekeyed)).is_some());
    let mut retyped = table();
    retyped.columns.iter_mut().for_each(|column| column.column_type = ColumnType::new("uuid"));
    let reason = table_reason(Some(&state(890)), &now(&retyped));
    assert!(reason.is_some_and(|reason| reason.contains("primary key has another type")));
}

#[test]
fn a_changed_model_or_type_is_read_again() {
    let table = table();
    let model = TableNow { changed_model: Some("fact_sale"), ..now(&table) };
    let column = TableNow { retyped_column: Some("id"), ..now(&table) };
    assert!(table_reason(Some(&state(890)), &model).is_some_and(|reason| reason.contains("fact_sale")));
    assert!(table_reason(Some(&state(890)), &column).is_some_and(|reason| reason.contains("id")));
}

#[test]
fn a_table_read_in_another_way_is_read_again() {
    let table = table();
    let full = TableNow { read: Read::Full, ..now(&table) };
    assert!(table_reason(Some(&state(890)), &full).is_some());
    let object = StoredObject { key: "k".into(), rows: 0, bytes: 0, sha256: String::new() };
    let was_full = TableState { read: ReadState::Full { object }, ..state(890) };
    assert!(table_reason(Some(&was_full), &now(&table)).is_some());
    assert_eq!(table_reason(Some(&was_full), &full), None);
}

#[test]
fn a_horizon_out_of_reach_is_not_trusted() {
    let table = table();
    assert!(table_reason(Some(&state(901)), &now(&table)).is_some(), "ahead");
    let late = TableNow { next_transaction: 890 + HORIZON_REACH, ..now(&table) };
    assert_eq!(table_reason(Some(&state(890)), &late), None, "just within reach");
    let too_late = TableNow { next_transaction: 891 + HORIZON_REACH, ..now(&table) };
    assert!(table_reason(Some(&state(890)), &too_late).is_some(), "behind");
}

#[test]
fn a_forgotten_horizon_below_the_cursor_counts_too() {
    let read = ReadState::Incremental {
        position: Position { cursor: Some(vec!["5".into()]), low: Some(901), ..Position::default() },
    };
    let base = TableState { read, ..state(890) };
    assert!(table_reason(Some(&base), &now(&table())).is_some());
}
