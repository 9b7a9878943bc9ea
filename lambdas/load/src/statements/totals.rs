//! The statement about what the open versions of a fact add up to.

use starlift_definition::Column;
use starlift_postgres::quote;

use crate::source_key::KeyColumn;
use crate::target::Target;

impl Target {
    /// How many open versions there are and, for each of these columns, its sum and whether that differs from the one in `$1`. Without the
    /// versions whose source keys, as JSON objects with the names of `$2`, are in `$3`.
    pub(crate) fn open_totals(&self, record_id: &str, measures: &[&Column], key: &[KeyColumn<'_>]) -> String {
        let sums: Vec<String> = (1..)
            .zip(measures)
            .map(|(n, column)| {
                let sum = format!("sum({})", quote(&column.name));
                format!(", {sum}::text, {sum}::numeric is distinct from ($1::text[])[{n}]::numeric")
            })
            .collect();
        let columns: Vec<String> =
            key.iter().map(|column| format!("present.{}", quote(&column.of_target.name))).collect();
        // Compared with their types and not as JSON: the same value can be written in more than one way.
        let held: Vec<String> =
            (1..).zip(key).map(|(n, column)| column.comparable(&format!("(held.key ->> ($2::text[])[{n}])"))).collect();
        format!(
            "select count(*){sums} from {open}
              where $1::text[] is not null
                and row({columns}) not in (select {held} from unnest($3::text[]::jsonb[]) as held (key))",
            sums = sums.concat(),
            open = self.open_versions(record_id),
            columns = columns.join(", "),
            held = held.join(", "),
        )
    }
}
