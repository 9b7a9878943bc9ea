//! The condition by which an index finds the rows above a fence.

use starlift_definition::{Column, TypeKind};

/// Whether the row whose cursor `column` is `value` may be above a fence: a condition that an index on the column answers. `fence` gives the text
/// of the fence's time, in UTC.
#[must_use]
pub fn above_fence(column: &Column, value: &str, fence: &str) -> String {
    let at = match column.column_type.kind() {
        // Whoever writes it writes the time of his own time zone, and none is further behind than this.
        TypeKind::Timestamp => format!("{fence}::timestamp - interval '12 hours'"),
        _ => format!("{fence}::timestamptz"),
    };
    // A row without a time may be of any time.
    if column.nullable {
        return format!("({value} >= {at} or {value} is null)");
    }
    format!("{value} >= {at}")
}
