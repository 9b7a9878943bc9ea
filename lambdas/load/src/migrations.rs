//! Sets of numbered migrations, applied by refinery: each file once, each set in one transaction.

use std::path::PathBuf;

use refinery::error::Kind;
use refinery::{Migration, Runner};
use starlift_definition::Definition;
use starlift_failure::{Failure, FailureKind};
use starlift_postgres::PostgresError;
use tokio_postgres::Client;

macro_rules! engine_migration {
    ($name:literal) => {
        ($name, include_str!(concat!("../../../sql/engine/migrations/", $name, ".sql")))
    };
}

/// The engine's own migrations: roles, ledger, functions.
const ENGINE: [(&str, &str); 6] = [
    engine_migration!("V1__roles"),
    engine_migration!("V2__ledger"),
    engine_migration!("V3__bulk_load"),
    engine_migration!("V4__quarantine"),
    engine_migration!("V5__replay"),
    engine_migration!("V6__unknown_members"),
];

/// Migrations that are applied together, and the table that remembers them.
pub(crate) struct MigrationSet {
    folder: &'static str,
    history: &'static str,
    migrations: Vec<Migration>,
}

impl MigrationSet {
    /// The engine's set: the ledger and its roles.
    pub(crate) fn engine() -> Result<Self, Failure> {
        let files = ENGINE.iter().map(|(name, sql)| Ok(((*name).to_owned(), (*sql).to_owned())));
        Self::new("engine/migrations", "etl.engine_migration", files)
    }

    /// The definition's set: `warehouse/*.sql`.
    pub(crate) fn warehouse(definition: &Definition) -> Result<Self, Failure> {
        let read = |(name, path): (String, PathBuf)| match std::fs::read_to_string(&path) {
            Ok(sql) => Ok((name, sql)),
            Err(error) => {
                Err(Failure::invalid_definition(format!("{}: cannot be read ({})", path.display(), error.kind())))
            }
        };
        let files = definition.sql_files("warehouse")?.into_iter().map(read);
        Self::new("warehouse", "etl.warehouse_migration", files)
    }

    fn new(
        folder: &'static str,
        history: &'static str,
        files: impl Iterator<Item = Result<(String, String), Failure>>,
    ) -> Result<Self, Failure> {
        let migration = |file: Result<(String, String), Failure>| {
            let (name, sql) = file?;
            Migration::unapplied(&name, &sql).map_err(|_| {
                Failure::invalid_definition(format!("{folder}/{name}.sql: a migration is named V<number>__<what>.sql"))
            })
        };
        Ok(Self { folder, history, migrations: files.map(migration).collect::<Result<_, _>>()? })
    }

    /// Applies what is not yet applied, all or nothing; gives the names.
    ///
    /// # Errors
    /// A file fails, or what was applied has been changed since; the message names the file.
    pub(crate) async fn apply(&self, client: &mut Client) -> Result<Vec<String>, Failure> {
        let mut runner = Runner::new(&self.migrations).set_grouped(true);
        runner.set_migration_table_name(self.history);
        match runner.run_async(client).await {
            Ok(report) => Ok(report.applied_migrations().iter().map(ToString::to_string).collect()),
            Err(error) => Err(self.failure(client, &runner, &error).await),
        }
    }

    async fn failure(&self, client: &mut Client, runner: &Runner, fault: &refinery::Error) -> Failure {
        let folder = self.folder;
        let changed = |migration: &Migration, what: &str| {
            Failure::invalid_definition(format!("{folder}/{migration}.sql: {what}"))
        };
        match fault.kind() {
            Kind::DivergentVersion(_, now) => changed(
                now,
                "differs from the file of this number that was applied; restore it, and write the change into a new file",
            ),
            Kind::MissingVersion(migration) => changed(
                migration,
                "was applied and is gone, or is new and numbered below one that was applied; applied files stay, and new ones have the highest number",
            ),
            Kind::RepeatedVersion(migration) => changed(migration, "its number is used twice; number it anew"),
            Kind::Connection(_, cause) => match self.failing(client, runner).await {
                Some((migration, error)) => refused(&format!("applying {folder}/{migration}.sql"), &error),
                None => match cause.downcast_ref::<tokio_postgres::Error>() {
                    Some(error) => refused(&format!("applying {folder}/*.sql"), error),
                    None => Failure::internal(format!("the migrations of {folder} could not be applied")),
                },
            },
            _ => Failure::internal(format!("the migrations of {folder} could not be applied")),
        }
    }

    /// Refinery applies a set as one and does not say which file failed: finds it by applying one after the other, and rolls back.
    async fn failing(&self, client: &mut Client, runner: &Runner) -> Option<(String, tokio_postgres::Error)> {
        let applied = runner.get_applied_migrations_async(client).await.ok()?;
        let transaction = client.transaction().await.ok()?;
        let mut pending: Vec<&Migration> =
            self.migrations.iter().filter(|migration| !applied.contains(migration)).collect();
        pending.sort();
        for migration in pending {
            if let Err(error) = transaction.batch_execute(migration.sql().unwrap_or_default()).await {
                return Some((migration.to_string(), error));
            }
        }
        None
    }
}

/// What the server refuses in a migration is the author's to correct, unless it passes by itself or is a matter of rights.
fn refused(doing: &str, error: &tokio_postgres::Error) -> Failure {
    let failure = Failure::from(PostgresError::new(doing, error));
    match failure.kind {
        FailureKind::Transient | FailureKind::Contended | FailureKind::Denied => failure,
        _ => Failure { kind: FailureKind::InvalidDefinition, ..failure },
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::ENGINE;

    #[test]
    fn every_file_of_the_engine_is_part_of_its_set() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sql/engine/migrations");
        let files = std::fs::read_dir(folder).expect("the folder can be read");
        let path = |file: std::io::Result<std::fs::DirEntry>| file.expect("a file can be read").path();
        let stem = |file| path(file).file_stem().expect("a file has a name").to_string_lossy().into_owned();
        let mut names: Vec<String> = files.map(stem).collect();
        names.sort();
        assert_eq!(names, ENGINE.map(|(name, _)| name));
    }
}
