//! The statements about unknown members.

use starlift_definition::{ForeignKey, UNKNOWN_MEMBER};
use starlift_postgres::quote;

use crate::target::Target;

impl Target {
    /// How many staged rows have the key of the unknown member; none when nothing points to one.
    pub(crate) fn staged_unknown_members(&self) -> Option<String> {
        let is_unknown = |column: &String| format!("{} = {UNKNOWN_MEMBER}", quote(column));
        let conditions: Vec<String> = self.unknown_columns.iter().map(is_unknown).collect();
        let staged = self.staged();
        (!conditions.is_empty()).then(|| format!("select count(*) from {staged} where {}", conditions.join(" or ")))
    }

    /// Lets the staged rows that mean a row that is not there point to an unknown member, and notes them in the quarantine. Parameters as in
    /// [`Target::hold_missing`]; no reference that has to wait may be missing any more.
    pub(crate) fn point_to_unknown(&self, references: &[&ForeignKey], key: &[String]) -> String {
        let set: Vec<String> = self
            .unknown_references
            .iter()
            .filter_map(|reference| {
                let place = references.iter().position(|other| *other == reference)?;
                let column = quote(reference.columns.first()?);
                Some(format!(
                    "{column} = case when missing.is_missing[{}] then {UNKNOWN_MEMBER} else staged.{column} end",
                    place + 1
                ))
            })
            .collect();
        format!(
            "with missing as ({missing}), pointed as (
               update {staged} as staged set {set} from missing where staged.ctid = missing.place
             )
             {note}",
            missing = self.missing_rows(references, key, |_| true),
            staged = self.staged(),
            set = set.join(", "),
            note = Self::note_missing(true),
        )
    }
}
