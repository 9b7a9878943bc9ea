//! Unknown members of dimensions: made by a migration, never by a model.

use starlift_definition::{Catalog, Definition, UNKNOWN_MEMBER};
use starlift_failure::{Failure, RUN_ANEW};
use starlift_postgres::missing_unknown_member;
use tokio_postgres::Client;

use crate::target::Target;
use crate::warehouse::{count, failed};

/// Checks that each unknown member that a fact may point to is there.
pub(crate) async fn check(client: &Client, definition: &Definition, catalog: &Catalog) -> Result<(), Failure> {
    match missing_unknown_member(client, definition, catalog).await? {
        Some(finding) => Err(Failure::invalid_definition(finding)),
        None => Ok(()),
    }
}

/// Refuses a staged row that would take the place of the unknown member: facts that wait for other rows would seem to refer to it.
pub(crate) async fn refuse_as_row(client: &Client, target: &Target) -> Result<(), Failure> {
    let Some(statement) = target.staged_unknown_members() else {
        return Ok(());
    };
    let doing = format!("looking for the key of the unknown member in {}", target.name);
    let row = client.query_one(&statement, &[]).await.map_err(failed(doing))?;
    let rows = count(row.get(0));
    if rows == 0 {
        return Ok(());
    }
    let (name, columns) =
        (&target.name, target.unknown_columns.iter().map(String::as_str).collect::<Vec<_>>().join(", "));
    Err(Failure::invalid_data(format!(
        "models/{name}.sql gives {rows} rows whose {columns} is {UNKNOWN_MEMBER}, the key of the unknown member; give them another key in the \
         source, or take on_missing_dimension = \"unknown\" from the facts that refer to {name}, {RUN_ANEW}"
    )))
}
