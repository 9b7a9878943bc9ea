//! What the output of a state says in one line.

use serde::Deserialize;
use serde_json::Value;
use starlift_lake::messages::{BeginReply, ExportReply, IngestReply, LoadReply, Outcome, TransformReply};

use crate::text::{bytes, count, number};

/// The output of a state of `statemachine/pipeline.asl.json`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reply {
    /// Of `Begin`.
    Begin(BeginReply),
    /// Of `Ingest`.
    Ingest(IngestReply),
    /// Of one part in `Transform`.
    Part(TransformReply),
    /// Of `Transform`: the sums over its parts.
    Transform(Parts),
    /// Of `Load`.
    Load(LoadReply),
    /// Of `Export`.
    Export(ExportReply),
    /// Of a state that this version does not know.
    Unknown,
}

/// The sums over the parts of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Parts {
    parts: u64,
    rows: u64,
    held: u64,
}

impl Reply {
    /// The output of the state with this name.
    pub(crate) fn of(state: &str, output: &Value) -> Self {
        let read = match state {
            "Begin" => Deserialize::deserialize(output).map(Self::Begin),
            "Ingest" => Deserialize::deserialize(output).map(Self::Ingest),
            "TransformPart" => Deserialize::deserialize(output).map(Self::Part),
            "Transform" => Deserialize::deserialize(output).map(Self::Transform),
            "Load" => Deserialize::deserialize(output).map(Self::Load),
            "Export" => Deserialize::deserialize(output).map(Self::Export),
            _ => Ok(Self::Unknown),
        };
        read.unwrap_or(Self::Unknown)
    }

    /// What it says.
    pub(crate) fn line(&self) -> String {
        match self {
            Self::Begin(reply) => match (&reply.base, reply.number) {
                (Some(base), Some(last)) => format!("goes on from run {base}, publication {last}"),
                (Some(base), None) => format!("goes on from run {base}"),
                (None, _) => "nothing is published yet".to_owned(),
            },
            Self::Ingest(reply) if reply.tables == 0 && reply.key_lists == 0 => "nothing is new".to_owned(),
            Self::Ingest(reply) if reply.tables == 0 => {
                format!("no new rows; the keys of {} changed", count(reply.key_lists, "table"))
            }
            Self::Ingest(reply) => {
                let rows = count(reply.rows, "row");
                let parts = count(reply.parts.len() as u64, "part");
                let more = if reply.more { "; more is left" } else { "" };
                format!("{rows} of {}, {}, in {parts}{more}", count(reply.tables, "table"), bytes(reply.bytes))
            }
            Self::Part(reply) => {
                let held = held(reply.held);
                format!("{} in {}{held}", count(reply.rows, "row"), count(reply.objects, "object"))
            }
            Self::Transform(sums) => {
                format!("{} of {}{}", count(sums.rows, "row"), count(sums.parts, "part"), held(sums.held))
            }
            Self::Load(reply) => load_line(reply),
            Self::Export(reply) if reply.tables == 0 => "no table changed".to_owned(),
            Self::Export(reply) => {
                format!("{}, {}, {}", count(reply.tables, "extract"), count(reply.rows, "row"), bytes(reply.bytes))
            }
            Self::Unknown => String::new(),
        }
    }
}

fn load_line(reply: &LoadReply) -> String {
    if reply.outcome == Outcome::Superseded {
        return "superseded: another run was published first, so this one changed nothing".to_owned();
    }
    let publication = reply.number.map_or_else(|| "published".to_owned(), |last| format!("publication {last}"));
    let versions = count(reply.versions, "new version");
    let deleted = deleted(reply.deleted);
    let dimension_rows = number(reply.dimension_rows);
    format!(
        "{publication}: {versions} of facts{deleted}, {dimension_rows} rows of dimensions new or changed{}",
        quarantined(reply)
    )
}

fn quarantined(reply: &LoadReply) -> String {
    match (reply.held, reply.quarantined) {
        (0, 0) => String::new(),
        (0, all) => format!("; {} in the quarantine", count(all, "row")),
        (new, all) => format!("{}, {} in the quarantine", held(new), number(all)),
    }
}

/// Says how many versions ended because their rows are gone; nothing when there are none.
pub(crate) fn deleted(versions: u64) -> String {
    if versions == 0 { String::new() } else { format!(", {} ended by deletion", number(versions)) }
}

fn held(rows: u64) -> String {
    if rows == 0 { String::new() } else { format!("; {} held back", count(rows, "row")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(state: &str, output: &Value) -> String {
        Reply::of(state, output).line()
    }

    #[test]
    fn each_state_says_what_it_did() {
        let usage = json!({"seconds": 0.1, "peak_memory_mib": 40});
        let begin = json!({"run": "r", "base": "q", "number": 3, "usage": usage});
        assert_eq!(line("Begin", &begin), "goes on from run q, publication 3");
        let ingest = json!({"run": "r", "base": null, "parts": ["a", "b"], "tables": 11, "rows": 42_000,
            "bytes": 3_250_586, "more": true, "usage": usage});
        assert_eq!(line("Ingest", &ingest), "42,000 rows of 11 tables, 3.1 MiB, in 2 parts; more is left");
        let part = json!({"run": "r", "part": "a", "rows": 1, "held": 2, "objects": 1, "usage": usage});
        assert_eq!(line("TransformPart", &part), "1 row in 1 object; 2 rows held back");
        let load = json!({"run": "r", "outcome": "published", "number": 4, "rows": 10, "versions": 1,
            "dimension_rows": 9, "held": 0, "more": false, "usage": usage});
        assert_eq!(line("Load", &load), "publication 4: 1 new version of facts, 9 rows of dimensions new or changed");
        let gone = json!({"run": "r", "base": "q", "parts": [], "tables": 0, "key_lists": 1, "rows": 0, "bytes": 0,
            "more": false, "usage": usage});
        assert_eq!(line("Ingest", &gone), "no new rows; the keys of 1 table changed");
        let ended = json!({"run": "r", "outcome": "published", "number": 5, "rows": 0, "versions": 0, "deleted": 2,
            "dimension_rows": 0, "held": 0, "more": false, "usage": usage});
        assert_eq!(
            line("Load", &ended),
            "publication 5: 0 new versions of facts, 2 ended by deletion, 0 rows of dimensions new or changed"
        );
    }

    #[test]
    fn a_run_that_another_overtook_says_that_it_changed_nothing() {
        let load = json!({"run": "r", "outcome": "superseded", "number": null, "rows": 0, "versions": 0,
            "dimension_rows": 0, "held": 0, "more": false, "usage": {"seconds": 0.1, "peak_memory_mib": 40}});
        assert!(line("Load", &load).starts_with("superseded"));
    }

    #[test]
    fn rows_in_the_quarantine_are_told_of_until_they_heal() {
        let load = |held: u64, quarantined: u64| {
            let reply = json!({"run": "r", "outcome": "published", "number": 4, "rows": 10, "versions": 1,
                "dimension_rows": 0, "held": held, "quarantined": quarantined, "more": false,
                "usage": {"seconds": 0.1, "peak_memory_mib": 40}});
            line("Load", &reply).split_once("changed").map(|(_, told)| told.to_owned()).unwrap_or_default()
        };
        assert_eq!(load(2, 5), "; 2 rows held back, 5 in the quarantine");
        assert_eq!(load(0, 1), "; 1 row in the quarantine");
        assert_eq!(load(0, 0), "");
    }

    #[test]
    fn an_output_of_another_shape_is_no_fault() {
        assert_eq!(line("Ingest", &json!({"rows": "many"})), "");
        assert_eq!(line("Notify", &json!(null)), "");
    }
}
