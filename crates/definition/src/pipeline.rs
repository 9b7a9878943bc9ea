//! `pipeline.toml`: names, how each source table is read, what each model is.
//!
//! Unknown keys are refused, with the valid ones named, so that a typing error never becomes a silent default.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::source_table::EVERY_RUN;
use crate::{DefinitionError, Deletes, SourceTable};

/// The only value of `format` that this version understands.
const FORMAT: u32 = 1;

/// One pipeline, as its `pipeline.toml` says it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    /// The version of the file's shape.
    pub format: u32,
    /// The pipeline's name: lower-case letters, digits and hyphens. Functions, buckets and sessions are named after it.
    pub name: String,
    /// Where the rows come from.
    pub source: Source,
    /// Where the star schema is.
    pub warehouse: Warehouse,
    /// Limits and switches; every one has a default.
    #[serde(default)]
    pub settings: Settings,
    /// The source tables that are read, by name.
    pub tables: BTreeMap<String, SourceTable>,
    /// The dimensions, by the name of their table in the warehouse.
    #[serde(default)]
    pub dimensions: BTreeMap<String, Dimension>,
    /// The facts, by the name of their table in the warehouse.
    #[serde(default)]
    pub facts: BTreeMap<String, Fact>,
}

/// Where the rows come from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The secret with the connection of a role that can only read.
    pub secret: String,
    /// The schema of the source tables.
    #[serde(default = "public")]
    pub schema: String,
}

/// Where the star schema is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warehouse {
    /// The secret with the connection of the loader.
    pub secret: String,
    /// The secret with the connection of the migrator; the loader's when it is absent.
    pub migrator_secret: Option<String>,
    /// The schema of the dimensions and facts.
    #[serde(default = "public")]
    pub schema: String,
}

/// Limits and switches.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The most rows that one run reads of one incremental table.
    pub slice_rows: u64,
    /// The most rows of one raw object, and so of one part of transform's work.
    pub part_rows: u64,
    /// How many connections read the source at the same time, all within one snapshot.
    pub connections: usize,
    /// How many rows of each table the log shows after an export; 0 is none.
    pub preview_rows: u32,
    /// Whether text that a spreadsheet would run as a formula is prefixed with an apostrophe in extracts.
    pub spreadsheet_safe: bool,
    /// The most rows of a fact in its extract, the newest ones; the whole fact when absent.
    pub export_fact_rows: Option<u64>,
    /// After how many days the raw zone drops objects, when it does: unchanged tables are then stored again in time.
    pub raw_expiry_days: Option<u32>,
    /// The share of a fact's open versions that one run may end because their rows are gone, from 0 to 1. A run that would end more
    /// fails, unless it was started with `--accept-deletes`.
    pub max_deleted_share: f64,
    /// The most rows of one model that the quarantine may hold: a run that would leave more there fails.
    pub max_held_rows: u64,
    /// The share of a model's rows in one run that may be held back, from 0 to 1. It is looked at when they are a hundred or more.
    pub max_held_share: f64,
    /// Up to how many rows a table is added up in every run in which its deletions are looked at, to be compared with its facts.
    pub reconcile_rows: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            slice_rows: 500_000,
            part_rows: 250_000,
            connections: 4,
            preview_rows: 10,
            spreadsheet_safe: false,
            export_fact_rows: None,
            raw_expiry_days: None,
            max_deleted_share: 0.1,
            max_held_rows: 1000,
            max_held_share: 0.1,
            reconcile_rows: 5_000_000,
        }
    }
}

/// A type 1 dimension: the latest value of every attribute.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dimension {
    /// Set when the warehouse generates the rows itself and there is no model.
    pub generate: Option<Generate>,
}

/// What the warehouse can generate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Generate {
    /// One row per date between the first and the last that any fact refers to.
    Calendar,
}

/// A fact with full history.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// The business key: the columns of the model whose versions are the history.
    pub key: Vec<String>,
    /// What becomes of a row while a dimension row that it refers to is missing.
    #[serde(default)]
    pub on_missing_dimension: OnMissingDimension,
}

/// What becomes of a fact's row while a dimension row that it refers to is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnMissingDimension {
    /// It waits in the quarantine.
    #[default]
    Hold,
    /// It is published, points to the unknown member of the dimension, and is corrected when the dimension row arrives.
    Unknown,
}

impl OnMissingDimension {
    /// The setting as it is written.
    pub(crate) const UNKNOWN_SETTING: &str = "on_missing_dimension = \"unknown\"";
}

impl Fact {
    /// Whether it shows rows whose dimension row is missing.
    pub(crate) fn shows_unknown(&self) -> bool {
        self.on_missing_dimension == OnMissingDimension::Unknown
    }
}

impl Pipeline {
    /// The pipeline that this text describes. `file` names the text in messages.
    ///
    /// # Errors
    /// An unknown key, a missing one, or a value outside its range.
    pub fn parse(file: &str, text: &str) -> Result<Self, DefinitionError> {
        let pipeline: Self = toml::from_str(text)
            .map_err(|error| DefinitionError::invalid(file, error.to_string().trim().to_owned()))?;
        pipeline.check(file)?;
        Ok(pipeline)
    }

    fn check(&self, file: &str) -> Result<(), DefinitionError> {
        let invalid = |message: String| Err(DefinitionError::invalid(file, message));
        if self.format != FORMAT {
            return invalid(format!(
                "format = {}: this version of Starlift understands format = {FORMAT}",
                self.format
            ));
        }
        let is_name_character = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.name.is_empty() || self.name.len() > 32 || !self.name.chars().all(is_name_character) {
            return invalid(
                "name: use 1 to 32 lower-case letters, digits and hyphens; functions and buckets are named after it"
                    .into(),
            );
        }
        if self.tables.is_empty() {
            return invalid(
                "[tables]: name at least one source table, for example address = { read = \"full\" }".into(),
            );
        }
        if self.settings.slice_rows == 0 || self.settings.part_rows == 0 || self.settings.connections == 0 {
            return invalid("[settings]: slice_rows, part_rows and connections are at least 1".into());
        }
        let shares =
            [("max_deleted_share", self.settings.max_deleted_share), ("max_held_share", self.settings.max_held_share)];
        if let Some((key, _)) = shares.iter().find(|(_, share)| !(0.0..=1.0).contains(share)) {
            return invalid(format!("[settings] {key}: a share from 0 to 1, for example 0.1 for 10 %"));
        }
        for (name, table) in &self.tables {
            if table.deletes_every == 0 {
                return invalid(format!("[tables] {name}: deletes_every is at least 1, which is every run"));
            }
            if table.deletes == Deletes::Ignore && table.deletes_every != EVERY_RUN {
                return invalid(format!("[tables] {name}: deletes_every has no meaning without deletes = \"detect\""));
            }
            if let Some(message) = table.misplaced_cursor() {
                return invalid(format!("[tables] {name}: {message}"));
            }
        }
        let is_blind = |table: &&SourceTable| table.reconcile && table.deletes == Deletes::Ignore;
        if let Some((name, _)) = self.tables.iter().find(|(_, table)| is_blind(table)) {
            return invalid(format!("[tables] {name}: reconcile has no meaning without deletes = \"detect\""));
        }
        if let Some(name) = self.dimensions.keys().find(|name| self.facts.contains_key(*name)) {
            return invalid(format!("[dimensions.{name}] and [facts.{name}]: a model is one of the two"));
        }
        if let Some(name) = self.facts.iter().find(|(_, fact)| fact.key.is_empty()).map(|(name, _)| name) {
            return invalid(format!(
                "[facts.{name}] key: name the columns of the business key, for example key = [\"order_id\"]"
            ));
        }
        Ok(())
    }
}

fn public() -> String {
    "public".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Read;

    const SMALL: &str = r#"
        format = 1
        name = "shop"
        [source]
        secret = "shop-source"
        [warehouse]
        secret = "shop-warehouse"
        [tables]
        sale = { read = "incremental" }
        [facts.fact_sale]
        key = ["sale_id"]
    "#;

    fn message(text: &str) -> String {
        Pipeline::parse("pipeline.toml", text).expect_err("is refused").to_string()
    }

    #[test]
    fn a_small_pipeline_needs_no_settings() {
        let pipeline = Pipeline::parse("pipeline.toml", SMALL).expect("parses");
        assert_eq!(pipeline.settings, Settings::default());
        assert_eq!(pipeline.source.schema, "public");
        assert_eq!(pipeline.tables["sale"].read, Read::Incremental);
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_valid_ones() {
        let said = message(&SMALL.replace("read = \"incremental\"", "raed = \"incremental\""));
        assert!(said.contains("pipeline.toml") && said.contains("raed") && said.contains("`read`"), "{said}");
    }

    #[test]
    fn an_unknown_way_of_reading_is_refused_with_the_valid_ones() {
        let said = message(&SMALL.replace("incremental", "sometimes"));
        assert!(said.contains("sometimes") && said.contains("`full`") && said.contains("`incremental`"), "{said}");
    }

    #[test]
    fn a_newer_format_and_an_unusable_name_are_refused() {
        assert!(message(&SMALL.replace("format = 1", "format = 2")).contains("format = 1"));
        assert!(message(&SMALL.replace("\"shop\"", "\"Shop!\"")).contains("name:"));
    }

    #[test]
    fn deletions_are_detected_as_often_as_asked_and_up_to_a_share() {
        let detected = "\"incremental\", deletes = \"detect\", deletes_every = 4";
        let pipeline = Pipeline::parse("pipeline.toml", &SMALL.replace("\"incremental\"", detected)).expect("parses");
        assert_eq!((pipeline.tables["sale"].deletes, pipeline.tables["sale"].deletes_every), (Deletes::Detect, 4));
        assert!(
            message(&SMALL.replace("\"incremental\"", "\"incremental\", deletes_every = 4")).contains("no meaning")
        );
        assert!(message(&SMALL.replace("\"incremental\"", &detected.replace('4', "0"))).contains("at least 1"));
        assert!(
            message(&SMALL.replace("\"incremental\"", "\"incremental\", reconcile = true"))
                .contains("reconcile has no")
        );
        let share = SMALL.replace("[tables]", "[settings]\nmax_deleted_share = 10\n[tables]");
        assert!(message(&share).contains("from 0 to 1"));
    }

    #[test]
    fn a_cursor_is_a_column_that_is_read_of_an_incremental_table() {
        let with = |more: &str| SMALL.replace("\"incremental\"", &format!("\"incremental\", {more}"));
        let pipeline =
            Pipeline::parse("pipeline.toml", &with("cursor = \"at\", overlap_minutes = 10")).expect("parses");
        assert_eq!(pipeline.tables["sale"].cursor.as_deref(), Some("at"));
        assert_eq!(pipeline.tables["sale"].overlap_minutes, Some(10));
        assert!(message(&with("overlap_minutes = 10")).contains("[tables] sale: overlap_minutes has no meaning"));
        assert!(message(&with("cursor = \"at\", overlap_minutes = 0")).contains("from 1 to 10080"));
        assert!(message(&with("cursor = \"at\", exclude = [\"at\"]")).contains("exclude names at"));
        let whole = with("cursor = \"at\"").replace("incremental", "full");
        assert!(message(&whole).contains("read = \"incremental\""));
    }

    #[test]
    fn a_fact_without_a_business_key_is_refused() {
        assert!(message(&SMALL.replace("[\"sale_id\"]", "[]")).contains("[facts.fact_sale] key"));
    }
}
