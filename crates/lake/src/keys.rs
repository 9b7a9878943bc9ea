//! The keys of all objects. They sort by table and then by time, because a run's name begins with the start of its execution.

/// The record of what is published: `update_tracking.json`, control zone.
pub const TRACKING: &str = "update_tracking.json";
/// The warehouse's tables as transform sees them: `catalog.json`, control zone.
pub const CATALOG: &str = "catalog.json";

/// A raw object: `{table}/{run}/{attempt}-{n}.csv`, ingest zone. The attempt keeps a retry from meeting the objects of
/// the try before it.
#[must_use]
pub fn raw(table: &str, run: &str, attempt: &str, n: usize) -> String {
    format!("{table}/{run}/{attempt}-{n:04}.csv")
}

/// The keys of a table: `{table}/{run}/{attempt}-keys.csv`, ingest zone.
#[must_use]
pub fn raw_keys(table: &str, run: &str, attempt: &str) -> String {
    format!("{table}/{run}/{attempt}-keys.csv")
}

/// A processed object: `{model}/{run}/{part}-{sha256}.parquet`, processed zone. The name says the content: if it is there, it is done.
#[must_use]
pub fn processed(model: &str, run: &str, part: &str, sha256: &str) -> String {
    format!("{model}/{run}/{part}-{sha256}.parquet")
}

/// Rows that were held back: `quarantine/{model}/{run}/{part}-{sha256}.csv`, processed zone.
#[must_use]
pub fn quarantine(model: &str, run: &str, part: &str, sha256: &str) -> String {
    format!("quarantine/{model}/{run}/{part}-{sha256}.csv")
}

/// What ingest did in a run: `runs/{run}/ingest.json`, control zone.
#[must_use]
pub fn ingest_manifest(run: &str) -> String {
    format!("runs/{run}/ingest.json")
}

/// What transform did with a part of a run: `runs/{run}/transform-{part}.json`, control zone.
#[must_use]
pub fn transform_manifest(run: &str, part: &str) -> String {
    format!("runs/{run}/transform-{part}.json")
}

/// What the keys of all records of publications begin with, control zone.
pub const PUBLICATIONS: &str = "publications/";
/// What stands for the base where there is none. A run's name begins with a digit.
const NO_BASE: &str = "none";

/// That a run was published: `publications/{base}/{run}.json`, control zone. The names alone say in which order runs were published.
#[must_use]
pub fn publication(base: Option<&str>, run: &str) -> String {
    format!("{PUBLICATIONS}{}/{run}.json", base.unwrap_or(NO_BASE))
}

/// The base and the run of such a key; none when it is another one.
#[must_use]
pub fn parse_publication(key: &str) -> Option<(Option<&str>, &str)> {
    let (base, run) = key.strip_prefix(PUBLICATIONS)?.strip_suffix(".json")?.split_once('/')?;
    Some(((base != NO_BASE).then_some(base), run))
}

/// The last extract of a table: `extracts/{table}.csv`, control zone.
#[must_use]
pub fn extract(table: &str) -> String {
    format!("extracts/{table}.csv")
}
