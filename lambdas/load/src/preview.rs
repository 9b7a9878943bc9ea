//! The first rows of each table in the log, under a target of its own: the one place where a log shows values.

/// Shows the first rows of one table as they go by.
pub(crate) struct Preview<'a> {
    table: &'a str,
    left: u64,
}

impl<'a> Preview<'a> {
    /// Shows this many rows and the header before them; 0 shows nothing.
    pub(crate) fn new(table: &'a str, rows: u32) -> Self {
        let left = if rows == 0 { 0 } else { u64::from(rows) + 1 };
        Self { table, left }
    }

    /// A line of the extract: the header or a row.
    pub(crate) fn show(&mut self, line: &[u8]) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        let line = String::from_utf8_lossy(line);
        tracing::info!(target: "starlift::preview", table = self.table, row = line.trim_end_matches('\n'), "preview");
    }
}
