//! `starlift runs`: lists executions, and says which of those that failed still matter.

use aws_sdk_sfn::types::ExecutionListItem;
use serde::Serialize;

use crate::error::CliError;
use crate::event::{elapsed, seconds};
use crate::options::WarehouseArgs;
use crate::publications::{Publications, Published};
use crate::report::instant;
use crate::target::{Target, TargetArgs};
use crate::text::{duration, print, table};

/// Lists executions, the newest first.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    warehouse: WarehouseArgs,
    /// How many to list at most
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=1000))]
    limit: i32,
    /// Print a JSON array on standard output
    #[arg(long)]
    json: bool,
}

/// One execution in the list.
#[derive(Serialize)]
struct Entry {
    name: String,
    execution: String,
    status: String,
    started: String,
    seconds: Option<f64>,
    redrives: i32,
    #[serde(flatten)]
    published: Option<Published>,
}

/// Lists executions.
///
/// # Errors
/// There is no target, or it does not answer or refuses.
pub(crate) async fn run(arguments: Arguments) -> Result<bool, CliError> {
    let (target, client) = Target::connect(arguments.target).await?;
    let machine = target.state_machine().arn();
    let listed = client.list_executions().state_machine_arn(machine).max_results(arguments.limit).send().await;
    let executions = listed.map_err(|error| target.error("listing executions", &error))?.executions;
    let publications = match (arguments.warehouse.url, target.warehouse_url()) {
        (Some(url), _) => Some(Publications::read(&url).await?),
        (None, Some(url)) => {
            Publications::read(&url).await.map_err(|error| eprintln!("without what was published: {error}")).ok()
        }
        (None, None) => None,
    };
    let entries: Vec<Entry> = executions.iter().map(|item| Entry::new(item, publications.as_ref())).collect();
    let text = if arguments.json {
        serde_json::to_string_pretty(&entries).map_err(|error| CliError::Unusable(error.to_string()))? + "\n"
    } else if entries.is_empty() {
        "no execution yet; `starlift run` starts one\n".to_owned()
    } else {
        rendered(&entries)
    };
    print(&text)?;
    Ok(true)
}

impl Entry {
    fn new(item: &ExecutionListItem, publications: Option<&Publications>) -> Self {
        Self {
            name: item.name.clone(),
            execution: item.execution_arn.clone(),
            status: item.status.as_str().to_owned(),
            started: instant(&item.start_date),
            seconds: item.stop_date.as_ref().map(|stop| elapsed(seconds(&item.start_date), seconds(stop))),
            redrives: item.redrive_count.unwrap_or_default(),
            published: publications
                .map(|ledger| ledger.of(&item.execution_arn, &item.start_date, item.stop_date.as_ref())),
        }
    }
}

fn rendered(entries: &[Entry]) -> String {
    let row = |entry: &Entry| {
        let took = entry.seconds.map(duration).unwrap_or_default();
        let mut cells =
            vec![entry.name.clone(), entry.status.clone(), entry.started.clone(), took, entry.redrives.to_string()];
        if let Some(published) = &entry.published {
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            cells.extend([text(&published.base), text(&published.horizon), published.outcome(&entry.status)]);
        }
        cells
    };
    let rows: Vec<Vec<String>> = entries.iter().map(row).collect();
    let header = ["execution", "status", "started", "took", "redrives", "base", "horizon", "what became of it"];
    let shown = rows.first().map_or(header.len(), Vec::len);
    table(&header[..shown], &rows, &[3, 4])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_execution_has_no_duration_yet() {
        let entry = |name: &str, seconds: Option<f64>| Entry {
            name: name.to_owned(),
            execution: String::new(),
            status: if seconds.is_some() { "SUCCEEDED" } else { "RUNNING" }.to_owned(),
            started: "2026-11-20T12:34:56Z".to_owned(),
            seconds,
            redrives: 0,
            published: None,
        };
        let text = rendered(&[entry("second", None), entry("first", Some(3.21))]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "execution  status     started                took  redrives");
        assert_eq!(lines[1], "second     RUNNING    2026-11-20T12:34:56Z                0");
        assert_eq!(lines[2], "first      SUCCEEDED  2026-11-20T12:34:56Z  3.2 s         0");
    }
}
