//! Makes the logins that migrate a warehouse and publish into it, as `sql/roles/warehouse.sql` does by hand: what they may do they may as members of
//! group roles. A second time changes nothing. Proven by `tests/warehouse/roles.rs`, which compares the two ways.
//!
//! The names and passwords are those of the connections, so that nobody has to think of them twice. A password reaches the server only as what
//! SCRAM keeps of it, because servers log statements.

use postgres_protocol::password::scram_sha_256;
use serde::Deserialize;
use starlift_definition::Pipeline;
use starlift_failure::Failure;
use starlift_host::Context;
use starlift_postgres::{ConnectionSecret, PostgresError, connect, quote};
use tokio_postgres::Client;

use crate::warehouse::{failed, refused, session_options};

const GROUP_ROLES: &str = include_str!("../../../sql/roles/group_roles.sql");
const HANDS_ON_RIGHTS: &str = include_str!("../../../sql/engine/load/hands_on_rights.sql");
const HAS_ROLE: &str = include_str!("../../../sql/engine/load/has_role.sql");
const TAKES_TOKENS: &str = include_str!("../../../sql/engine/load/takes_tokens.sql");

/// Who may make roles on the server, as RDS keeps it: without the server, which is that of the warehouse.
#[derive(Deserialize)]
struct Administrator {
    username: String,
    password: String,
}

/// The connection that migrates.
pub(crate) fn migrator(pipeline: &Pipeline) -> &str {
    pipeline.warehouse.migrator_secret.as_ref().unwrap_or(&pipeline.warehouse.secret)
}

/// Makes the group roles and both logins on the warehouse's server, and lets them in as their connections say. Returns the logins that were not
/// there.
///
/// # Errors
/// A connection or the administrator's secret cannot be read, or the administrator may not make roles or does not own the database.
pub(crate) async fn ensure(context: &Context, secret: &str) -> Result<Vec<String>, Failure> {
    let pipeline = &context.definition.pipeline;
    let migrates = connection(context, migrator(pipeline)).await?;
    let publishes = connection(context, &pipeline.warehouse.secret).await?;
    let administrator: Administrator = serde_json::from_str(&context.secrets.get(secret).await?).map_err(|_| {
        Failure::denied("the secret of the warehouse's administrator is not JSON with username and password".to_owned())
    })?;
    let as_administrator = ConnectionSecret {
        username: administrator.username,
        password: administrator.password,
        iam: false,
        ..migrates.clone()
    };
    let session = connect(&as_administrator, &session_options(context, "roles")?)
        .await
        .map_err(|error: PostgresError| refused(error).context("the warehouse's administrator"))?;

    let client = &session.client;
    client.batch_execute(GROUP_ROLES).await.map_err(failed("making the group roles"))?;
    let mut made = Vec::new();
    for (login, group) in [(&migrates, "starlift_migrator"), (&publishes, "starlift_loader")] {
        if ensure_login(client, login, group).await? {
            made.push(login.username.clone());
        }
    }
    let_create(client, &migrates).await?;
    tracing::info!(target: "starlift", made = made.len(), "made the warehouse's logins");
    Ok(made)
}

/// Lets the login that migrates create in its database and in the schema public, and hand that on.
async fn let_create(client: &Client, migrates: &ConnectionSecret) -> Result<(), Failure> {
    const DOING: &str = "letting the migrator hand on rights";
    let (database, login) = (quote(&migrates.dbname), quote(&migrates.username));
    let hand_on = format!(
        "grant create, temporary on database {database} to {login} with grant option; \
         grant usage, create on schema public to {login} with grant option"
    );
    client.batch_execute(&hand_on).await.map_err(failed(DOING))?;
    // To whom may grant nothing the server only warns that nothing was granted.
    let row = client.query_one(HANDS_ON_RIGHTS, &[&migrates.username]).await.map_err(failed(DOING))?;
    if row.get("found") {
        return Ok(());
    }
    Err(Failure::denied(format!(
        "the warehouse's administrator cannot let {login} create schemas and tables: make it the owner of the database {database}"
    )))
}

async fn connection(context: &Context, name: &str) -> Result<ConnectionSecret, Failure> {
    ConnectionSecret::parse(name, &context.secrets.get(name).await?)
}

/// Makes a login unless it is there, a member of its group, and lets it in by its password or by tokens. Returns whether it was made.
async fn ensure_login(client: &Client, login: &ConnectionSecret, group: &str) -> Result<bool, Failure> {
    let name = quote(&login.username);
    let doing = || format!("making the login {name}");
    let found = async |question: &str| -> Result<bool, Failure> {
        let row = client.query_one(question, &[&login.username]).await.map_err(failed(doing()))?;
        Ok(row.get("found"))
    };
    let is_there = found(HAS_ROLE).await?;
    if !is_there {
        client.batch_execute(&format!("create role {name} login")).await.map_err(failed(doing()))?;
    }
    let lets_in = if login.iam {
        format!("grant rds_iam to {name}")
    } else {
        format!("alter role {name} password '{}'", scram_sha_256(login.password.as_bytes()))
    };
    client.batch_execute(&format!("grant {group} to {name}; {lets_in}")).await.map_err(failed(doing()))?;
    if !login.iam && found(TAKES_TOKENS).await? {
        // RDS asks whoever is in it for a token and takes no password.
        client.batch_execute(&format!("revoke rds_iam from {name}")).await.map_err(failed(doing()))?;
    }
    Ok(!is_there)
}
