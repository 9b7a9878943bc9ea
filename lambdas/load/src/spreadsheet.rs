//! Text that a spreadsheet would run as a formula, made harmless.

use starlift_definition::{Column, TypeKind};
use starlift_postgres::quote;

/// The characters at the start of a cell that a spreadsheet acts on, and the apostrophe itself: a cell that begins with one gets
/// another, so taking one away gives back every value.
const GUARDED: &str = r"E'=+-@\t\r\''";

/// The expression of a column in an extract that is safe to open in a spreadsheet.
pub(crate) fn guarded(column: &Column) -> String {
    let name = quote(&column.name);
    match column.column_type.kind() {
        TypeKind::Text(_) | TypeKind::Other => format!(
            "case when left({name}::text, 1) <> '' and position(left({name}::text, 1) in {GUARDED}) > 0
                  then '''' || {name}::text else {name}::text end as {name}"
        ),
        _ => name,
    }
}
