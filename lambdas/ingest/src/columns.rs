//! Which columns of a table are read, and which changes of a type a model does not notice.

use starlift_definition::{Column, ColumnType, ColumnUse, Definition, Model, TypeKind};

/// The columns to read: those of the base run, when they are given and there is one of them, else all that are not excluded. Types are
/// always those of now.
pub(crate) fn taken(now: &[Column], base: Option<&[Column]>, exclude: &[String]) -> Vec<Column> {
    let allowed = |column: &&Column| !exclude.contains(&column.name);
    // In the order of the base run, so that an unchanged table has unchanged objects.
    let kept = base.unwrap_or_default().iter().filter_map(|known| now.iter().find(|column| column.name == known.name));
    let kept: Vec<Column> = kept.filter(allowed).cloned().collect();
    if kept.is_empty() { now.iter().filter(allowed).cloned().collect() } else { kept }
}

/// The columns that the source has gained since the base run. They are not read until a model over the table changes.
pub(crate) fn gained<'a>(now: &'a [Column], base: &[Column], exclude: &[String]) -> Vec<&'a str> {
    let is_new =
        |column: &&Column| !exclude.contains(&column.name) && !base.iter().any(|known| known.name == column.name);
    now.iter().filter(is_new).map(|column| column.name.as_str()).collect()
}

/// A used column whose type differs from that of the base run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Retyped<'a> {
    /// The column.
    pub(crate) column: &'a str,
    /// Its type in the base run.
    pub(crate) was: &'a ColumnType,
    /// Its type now.
    pub(crate) now: &'a ColumnType,
}

/// The columns of a table that a model uses and that have another type now.
pub(crate) fn retyped<'a>(
    definition: &Definition,
    model: &Model,
    table: &str,
    base: &'a [Column],
    now: &'a [Column],
) -> Vec<Retyped<'a>> {
    let is_used = |name: &str| {
        model.reads.iter().any(|used| match used {
            ColumnUse::Of { table: of, column } => of == table && column == name,
            ColumnUse::Alone(column) => column == name && definition.source_tables(model).any(|(of, _)| of == table),
        })
    };
    let pairs = base.iter().filter_map(|was| Some((was, now.iter().find(|column| column.name == was.name)?)));
    pairs
        .filter(|(was, column)| was.column_type != column.column_type && is_used(&was.name))
        .map(|(was, column)| Retyped { column: &was.name, was: &was.column_type, now: &column.column_type })
        .collect()
}

/// Whether every value of the one type is a value of the other that reads the same.
pub(crate) fn is_widening(was: &ColumnType, now: &ColumnType) -> bool {
    match (was.kind(), now.kind()) {
        (TypeKind::Other, _) | (_, TypeKind::Other) => was == now,
        (TypeKind::Int2, TypeKind::Int4 | TypeKind::Int8) | (TypeKind::Int4, TypeKind::Int8) => true,
        (TypeKind::Text(_), TypeKind::Text(None)) => true,
        (TypeKind::Text(Some(was)), TypeKind::Text(Some(now))) => now >= was,
        (TypeKind::Numeric(Some((was, was_scale))), TypeKind::Numeric(Some((now, now_scale)))) => {
            now >= was && now_scale == was_scale
        }
        (was, now) => was == now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, column_type: &str) -> Column {
        Column { name: name.to_owned(), column_type: ColumnType::new(column_type), nullable: true, generated: false }
    }

    #[test]
    fn a_type_may_widen_and_nothing_else() {
        let cases = [
            ("integer", "bigint", true),
            ("bigint", "integer", false),
            ("character varying(3)", "character varying(10)", true),
            ("character varying(10)", "text", true),
            ("text", "character varying(10)", false),
            ("numeric(10,2)", "numeric(12,2)", true),
            ("numeric(10,2)", "numeric(12,3)", false),
            ("numeric(10,2)", "numeric", false),
            ("integer", "text", false),
            ("jsonb", "json", false),
            ("jsonb", "text", false),
        ];
        for (was, now, expected) in cases {
            assert_eq!(is_widening(&ColumnType::new(was), &ColumnType::new(now)), expected, "{was} to {now}");
        }
    }

    #[test]
    fn a_new_column_is_left_out_while_the_base_counts() {
        let base = [column("id", "integer"), column("name", "text"), column("gone", "text")];
        let now = [column("note", "text"), column("name", "text"), column("id", "bigint")];
        let read = taken(&now, Some(&base), &[]);
        assert_eq!(read, [column("id", "bigint"), column("name", "text")]);
        assert_eq!(gained(&now, &base, &[]), ["note"]);
    }

    #[test]
    fn an_excluded_column_is_never_read() {
        let now = [column("id", "integer"), column("account", "integer")];
        let exclude = ["account".to_owned()];
        assert_eq!(taken(&now, None, &exclude), [column("id", "integer")]);
        assert_eq!(taken(&now, Some(&now), &exclude), [column("id", "integer")]);
        assert!(gained(&now, &[], &exclude).iter().all(|name| *name == "id"));
    }
}
