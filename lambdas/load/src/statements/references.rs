//! The statements about the rows that staged rows refer to.

use starlift_definition::ForeignKey;
use starlift_postgres::{quote, quote_table};

use super::value;
use crate::target::Target;

impl Target {
    /// For each reference, in order, how many staged rows refer to a row that is not there.
    pub(crate) fn missing_references(&self, references: &[&ForeignKey]) -> String {
        let (missing, from) = self.outer_joins(references);
        let counts: Vec<String> =
            missing.iter().map(|is_missing| format!("count(*) filter (where {is_missing})")).collect();
        format!("select {} from {from}", counts.join(", "))
    }

    /// Moves the staged rows that refer to a row that is not there, by a reference that has to wait for it, into the quarantine. `$1` the model,
    /// `$2` the run, `$3` the time, `$4` a reason for each reference, `$5` the names of the source's key columns, whose values are `key`.
    pub(crate) fn hold_missing(&self, references: &[&ForeignKey], key: &[String]) -> String {
        format!(
            "with missing as ({missing}), removed as (
               delete from {staged} as staged using missing where staged.ctid = missing.place
             )
             {note}",
            missing = self.missing_rows(references, key, |reference| !self.unknown_references.contains(reference)),
            staged = self.staged(),
            note = Self::note_missing(false),
        )
    }

    /// The staged rows that refer to a row that is not there by one of the references that count: their places, their keys, whether what each
    /// reference means is missing, and why they wait.
    pub(super) fn missing_rows(
        &self,
        references: &[&ForeignKey],
        key: &[String],
        counts: impl Fn(&ForeignKey) -> bool,
    ) -> String {
        let (missing, from) = self.outer_joins(references);
        let reasons: Vec<String> = (1..)
            .zip(&missing)
            .map(|(n, is_missing)| format!("case when {is_missing} then ($4::text[])[{n}] end"))
            .collect();
        let pairs: Vec<String> = (1..).zip(key).map(|(n, value)| format!("($5::text[])[{n}], {value}")).collect();
        let counting = references.iter().zip(&missing).filter(|(reference, _)| counts(reference));
        let conditions: Vec<&str> = counting.map(|(_, is_missing)| is_missing.as_str()).collect();
        format!(
            "select staged.ctid as place,
                    jsonb_build_object({key}) as key,
                    array[{all}] as is_missing,
                    concat_ws('; ', {reasons}) as reason
               from {from}
              where {any}",
            key = pairs.join(", "),
            all = missing.join(", "),
            reasons = reasons.join(", "),
            any = conditions.join(" or "),
        )
    }

    /// Notes the rows in `missing` in the quarantine.
    pub(super) fn note_missing(unknown_member: bool) -> String {
        format!(
            "insert into etl.quarantine (model, key, run, last_run, reason, held_at, unknown_member)
             select $1::text, key, $2::text, $2::text, reason, $3::timestamptz, {unknown_member} from missing
                 on conflict (model, key) where released_at is null do update
                set last_run = excluded.last_run, reason = excluded.reason, part = null, object = null,
                    unknown_member = excluded.unknown_member"
        )
    }

    /// For each reference whether what it refers to is missing, and the staged rows joined with what they refer to.
    fn outer_joins(&self, references: &[&ForeignKey]) -> (Vec<String>, String) {
        let mut missing = Vec::new();
        let mut from = format!("{} as staged", self.staged());
        for (n, reference) in references.iter().enumerate() {
            let referred = format!("referred_{n}");
            let columns = reference.columns.iter().filter_map(|name| self.table.column(name));
            let pairs = columns.zip(&reference.to);
            let same: Vec<String> =
                pairs.map(|(column, to)| format!("{referred}.{} = {}", quote(to), value(column))).collect();
            let refers: Vec<String> =
                reference.columns.iter().map(|column| format!("staged.{} is not null", quote(column))).collect();
            let found = reference.to.first().map(|to| quote(to)).unwrap_or_default();
            missing.push(format!("({referred}.{found} is null and {})", refers.join(" and ")));
            let table = quote_table(&self.schema, &reference.table);
            from.push_str(&format!(" left join {table} as {referred} on {}", same.join(" and ")));
        }
        (missing, from)
    }
}
