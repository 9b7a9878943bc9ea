//! Numbers, sizes, times and tables as a person reads them.

use crate::error::CliError;

/// `1,234,567`
pub(crate) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 row`, `2 rows`
pub(crate) fn count(value: u64, noun: &str) -> String {
    let plural = if value == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", number(value))
}

/// `812 B`, `3.1 MiB`
pub(crate) fn bytes(value: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if value < 1024 {
        return format!("{value} B");
    }
    let mut size = value as f64 / 1024.0;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}

/// `0.8 s`, `2 min 5 s`, `1 h 2 min`
pub(crate) fn duration(seconds: f64) -> String {
    if seconds < 59.95 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    if whole < 3600 {
        return format!("{} min {} s", whole / 60, whole % 60);
    }
    format!("{} h {} min", whole / 3600, whole % 3600 / 60)
}

/// Rows in columns, two spaces between. Cells of the columns in `right` end at the same place.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>], right: &[usize]) -> String {
    let width_of = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([header[column].chars().count()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..header.len()).map(width_of).collect();
    let line = |cells: &[&str]| {
        let padded = cells.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            if right.contains(&column) { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        let padded: Vec<String> = padded.collect();
        format!("{}\n", padded.join("  ").trim_end())
    };
    let mut text = line(header);
    for row in rows {
        text.push_str(&line(&row.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    text
}

/// The most characters of a value that are shown.
const CELL: usize = 60;

/// A value in one line: NULL is `null`, control characters are escaped, the end of a long one is left out.
pub(crate) fn cell(value: Option<&str>) -> String {
    let Some(value) = value else {
        return "null".to_owned();
    };
    let escape = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    let mut shown: String = value.chars().take(CELL).map(escape).collect();
    if value.chars().nth(CELL).is_some() {
        shown.push('…');
    }
    shown
}

/// Writes to standard output. A reader that has seen enough, as `head` has, is no fault.
///
/// # Errors
/// Standard output cannot be written.
pub(crate) fn print(text: &str) -> Result<(), CliError> {
    use std::io::{ErrorKind, Write};
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(CliError::Output(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sizes_and_times_are_short() {
        assert_eq!([number(0), number(999), number(1_000), number(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([count(1, "row"), count(2_000, "row")], ["1 row", "2,000 rows"]);
        assert_eq!([bytes(812), bytes(1024), bytes(3_250_586)], ["812 B", "1.0 KiB", "3.1 MiB"]);
        assert_eq!([duration(0.04), duration(59.96), duration(3_725.0)], ["0.0 s", "1 min 0 s", "1 h 2 min"]);
    }

    #[test]
    fn a_value_takes_one_line_and_cannot_steer_the_terminal() {
        assert_eq!([cell(None), cell(Some("")), cell(Some("a\nb\u{1b}[2J"))], ["null", "", "a\\nb\\u{1b}[2J"]);
        assert_eq!(cell(Some(&"x".repeat(61))).chars().count(), 61);
        assert!(cell(Some(&"x".repeat(61))).ends_with('…'));
    }

    #[test]
    fn a_table_is_as_wide_as_its_widest_cells_and_has_no_trailing_space() {
        let rows = [vec!["a".to_owned(), "12".to_owned()], vec!["long é".to_owned(), "3".to_owned()]];
        assert_eq!(table(&["name", "n"], &rows, &[1]), "name     n\na       12\nlong é   3\n");
    }
}
