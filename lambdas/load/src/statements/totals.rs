//! The statement about what the open versions of a fact add up to.

use starlift_definition::Column;
use starlift_postgres::quote;

use super::references::json_value;
use crate::target::Target;

impl Target {
    /// How many open versions there are and, for each of these columns, its sum and whether that differs from the one in `$1`. Without the
    /// versions whose source keys, named as in `$2`, are in `$3`.
    pub(crate) fn open_totals(&self, record_id: &str, measures: &[&Column], key: &[&Column]) -> String {
        let sums: Vec<String> = (1..)
            .zip(measures)
            .map(|(n, column)| {
                let sum = format!("sum({})", quote(&column.name));
                format!(", {sum}::text, {sum}::numeric is distinct from ($1::text[])[{n}]::numeric")
            })
            .collect();
        let pairs: Vec<String> =
            (1..).zip(key).map(|(n, column)| format!("($2::text[])[{n}], {}", json_value("present", column))).collect();
        format!(
            "select count(*){sums} from {open}
              where $1::text[] is not null
                and (cardinality($3::text[]) = 0 or jsonb_build_object({pairs}) <> all ($3::text[]::jsonb[]))",
            sums = sums.concat(),
            open = self.open_versions(record_id),
            pairs = pairs.join(", "),
        )
    }
}
