//! `starlift quarantine`: the rows that are held back, or published with an unknown member, and why.

use serde::Serialize;
use starlift_postgres::PostgresError;
use tokio_postgres::Row;

use crate::database::Database;
use crate::error::CliError;
use crate::follow::follow;
use crate::options::WarehouseArgs;
use crate::run;
use crate::target::{Target, TargetArgs, current_folder};
use crate::text::{count, print, table};

const QUARANTINE: &str = include_str!("../../../sql/engine/cli/quarantine.sql");

/// Lists the rows that are held back.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    warehouse: WarehouseArgs,
    /// Only the rows of this dimension or fact
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// The rows that left the quarantine too, with what became of them
    #[arg(long)]
    all: bool,
    /// Try them now: start an execution, wait for it, and list what is still held back
    #[arg(long)]
    release: bool,
    /// How many to list at most
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=100_000))]
    limit: i64,
    /// Print a JSON array on standard output
    #[arg(long)]
    json: bool,
}

/// One stay of a row in the quarantine.
#[derive(Serialize)]
struct Entry {
    model: String,
    key: String,
    reason: String,
    run: String,
    held_at: String,
    last_run: String,
    object: Option<String>,
    /// Whether it is published meanwhile, with an unknown member in place of a row that is missing.
    unknown_member: bool,
    outcome: Option<String>,
    released_run: Option<String>,
    released_at: Option<String>,
}

/// Lists the rows that are held back, after an execution when they are to be tried now; gives whether that succeeded.
///
/// # Errors
/// There is no warehouse, or it has no quarantine; the execution cannot be started.
pub(crate) async fn run(arguments: Arguments) -> Result<bool, CliError> {
    // A warehouse that is named needs no state machine, unless rows are to be tried.
    let target = match (&arguments.warehouse.url, arguments.release) {
        (Some(_), false) => None,
        _ => Some(Target::resolve(arguments.target, &current_folder()?)?),
    };
    let url = arguments.warehouse.url.or_else(|| target.as_ref().and_then(Target::warehouse_url));
    let url = url.ok_or_else(|| {
        CliError::Unusable("the warehouse of a state machine on AWS is not known; give --warehouse URL".to_owned())
    })?;
    let is_well = match &target {
        Some(target) if arguments.release => release(target).await?,
        _ => true,
    };
    let warehouse = Database::open("--warehouse", &url, "quarantine").await?;
    eprintln!("warehouse {}", warehouse.address);
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
        [&arguments.model, &arguments.all, &arguments.limit];
    let rows = warehouse.session.client.query(QUARANTINE, &parameters).await;
    let rows = rows.map_err(|error| PostgresError::new("reading etl.quarantine", &error))?;
    let entries: Vec<Entry> = rows.iter().map(Entry::from).collect();
    let text = if arguments.json {
        serde_json::to_string_pretty(&entries).map_err(|error| CliError::Unusable(error.to_string()))? + "\n"
    } else {
        rendered(&entries)
    };
    print(&text)?;
    Ok(is_well)
}

/// Starts an execution, which tries every held row, and waits for it; gives whether it succeeded.
async fn release(target: &Target) -> Result<bool, CliError> {
    eprintln!("{target}");
    let client = target.client().await;
    let execution = run::start(target, &client, &serde_json::json!({})).await?;
    let report = follow(target, &client, &execution).await?;
    eprintln!("{}", report.summary(target));
    Ok(report.is_success())
}

impl From<&Row> for Entry {
    fn from(row: &Row) -> Self {
        Self {
            model: row.get("model"),
            key: row.get("key"),
            reason: row.get("reason"),
            run: row.get("run"),
            held_at: row.get("held_at"),
            last_run: row.get("last_run"),
            object: row.get("object"),
            unknown_member: row.get("unknown_member"),
            outcome: row.get("outcome"),
            released_run: row.get("released_run"),
            released_at: row.get("released_at"),
        }
    }
}

fn rendered(entries: &[Entry]) -> String {
    if entries.is_empty() {
        return "no row is held back\n".to_owned();
    }
    let row = |entry: &Entry| {
        let became = match (&entry.outcome, &entry.released_at) {
            (Some(outcome), Some(at)) => format!("{outcome} {at}"),
            _ if entry.unknown_member => "published, unknown".to_owned(),
            _ => "held back".to_owned(),
        };
        vec![entry.model.clone(), entry.key.clone(), entry.held_at.clone(), became, entry.reason.clone()]
    };
    let rows: Vec<Vec<String>> = entries.iter().map(row).collect();
    let list = table(&["model", "key", "since", "now", "reason"], &rows, &[]);
    let waiting = |unknown: bool, how: &str| {
        let found = entries.iter().filter(|entry| entry.outcome.is_none() && entry.unknown_member == unknown).count();
        (found > 0).then(|| format!("{} {how}", count(found as u64, "row")))
    };
    let kinds = [waiting(false, "held back"), waiting(true, "published with an unknown member")];
    let waiting_rows: Vec<String> = kinds.into_iter().flatten().collect();
    if waiting_rows.is_empty() {
        return list;
    }
    format!(
        "{list}{}. Each run tries them again; correct the source or the definition, then `starlift quarantine --release`.\n",
        waiting_rows.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(outcome: Option<&str>) -> Entry {
        Entry {
            model: "fact_sale".to_owned(),
            key: r#"{"sale_id": 7}"#.to_owned(),
            reason: "refers by item_id to a row that dim_item does not have".to_owned(),
            run: "r1".to_owned(),
            held_at: "2026-11-20T12:34:56Z".to_owned(),
            last_run: "r2".to_owned(),
            object: None,
            unknown_member: false,
            outcome: outcome.map(str::to_owned),
            released_run: outcome.map(|_| "r3".to_owned()),
            released_at: outcome.map(|_| "2026-11-21T12:34:56Z".to_owned()),
        }
    }

    #[test]
    fn each_row_says_since_when_why_and_what_became_of_it() {
        let text = rendered(&[entry(Some("published")), entry(None)]);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1].contains("published 2026-11-21T12:34:56Z"), "{text}");
        assert!(lines[2].contains(r#"{"sale_id": 7}"#) && lines[2].contains("held back"), "{text}");
        assert!(lines[3].starts_with("1 row held back."), "{text}");
        assert_eq!(rendered(&[]), "no row is held back\n");
    }

    #[test]
    fn a_row_that_is_published_with_an_unknown_member_is_not_said_to_be_held_back() {
        let unknown = Entry { unknown_member: true, ..entry(None) };
        let text = rendered(&[entry(None), unknown, entry(Some("gone"))]);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[2].contains("published, unknown"), "{text}");
        assert!(lines[4].starts_with("1 row held back, 1 row published with an unknown member."), "{text}");
    }
}
