//! Whether the unknown members that facts may point to are there: a dimension's own rows are its model's, so a migration has to make them.

use std::collections::BTreeSet;

use starlift_definition::{Catalog, Definition, UNKNOWN_MEMBER};
use tokio_postgres::Client;

use crate::{PostgresError, quote, quote_table};

/// What is wrong when a dimension lacks the unknown member that a fact asks for; none when each of them is there.
///
/// # Errors
/// The server refuses or does not answer.
pub async fn missing_unknown_member(
    client: &Client,
    definition: &Definition,
    catalog: &Catalog,
) -> Result<Option<String>, PostgresError> {
    let references = definition.all_unknown_references(catalog);
    let members: BTreeSet<_> =
        references.filter_map(|reference| Some((&reference.table, reference.to.first()?))).collect();
    for (table, column) in members {
        let name = quote_table(&definition.pipeline.warehouse.schema, table);
        let statement = format!("select exists (select from {name} where {} = {UNKNOWN_MEMBER})", quote(column));
        let doing = || format!("looking for the unknown member of {table}");
        let found = client.query_one(&statement, &[]).await.map_err(|error| PostgresError::new(doing(), &error))?;
        if !found.get::<_, bool>(0) {
            return Ok(Some(format!(
                "pipeline.toml: on_missing_dimension = \"unknown\" needs an unknown member in {table}, and it has no row with {column} \
                 {UNKNOWN_MEMBER}: insert it in a new file of warehouse/ and migrate"
            )));
        }
    }
    Ok(None)
}
