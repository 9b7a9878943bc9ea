//! Text that a spreadsheet would run as a formula, made harmless.

use starlift_definition::{Column, TypeKind};
use starlift_postgres::quote;

/// The characters at the start of a cell that a spreadsheet acts on, and the apostrophe itself: a cell that begins with one gets
/// another, so taking one away gives back every value.
const GUARDED: &str = r"'=', '+', '-', '@', E'\t', E'\r', ''''";

/// The expression of a column in an extract that is safe to open in a spreadsheet.
///
/// `concat` writes a value as `copy` does. A cast to text does not: it takes the blanks from the end of a `char(n)`, for example.
pub(crate) fn guarded(column: &Column) -> String {
    let name = quote(&column.name);
    match column.column_type.kind() {
        TypeKind::Text(_) | TypeKind::Other => format!(
            "case when left(concat({name}), 1) in ({GUARDED}) then concat('''', {name})
                  when {name} is distinct from null then concat({name}) end as {name}"
        ),
        _ => name,
    }
}
