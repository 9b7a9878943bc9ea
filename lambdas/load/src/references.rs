//! Whether every row that a staged row refers to is in the warehouse.

use std::collections::BTreeMap;

use starlift_failure::{Failure, RUN_ANEW};
use tokio_postgres::Client;

use crate::target::Target;
use crate::warehouse::{count, failed};

/// Checks the references of a target's staged rows as one set. `held` says how many rows of each model this run held back.
///
/// # Errors
/// Rows refer to a row that is not there; the message names both tables, the columns and how many rows.
pub(crate) async fn check(client: &Client, target: &Target, held: &BTreeMap<&str, u64>) -> Result<(), Failure> {
    let references: Vec<_> = target.references().collect();
    if references.is_empty() {
        return Ok(());
    }
    let doing = format!("checking what {} refers to", target.name);
    let row = client.query_one(&target.missing_references(&references), &[]).await.map_err(failed(doing))?;
    for (n, reference) in references.iter().enumerate() {
        let missing = count(row.get(n));
        if missing == 0 {
            continue;
        }
        let (from, to, columns) = (&target.name, &reference.table, reference.columns.join(", "));
        let advice = match held.get(to.as_str()) {
            Some(held) => {
                format!(
                    "{held} rows of {to} are held back in this run for the reasons in quarantine/{to}/; correct these rows"
                )
            }
            None => format!("correct them in the source, or the model of {to} if it leaves rows out"),
        };
        return Err(Failure::invalid_data(format!(
            "{missing} rows of {from} refer by {columns} to rows that {to} does not have; {advice}, {RUN_ANEW}"
        )));
    }
    Ok(())
}
