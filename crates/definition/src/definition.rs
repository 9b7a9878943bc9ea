//! A definition folder, read and checked as a whole.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::{Catalog, DefinitionError, Deletes, Model, Pipeline, Read, Seed, SourceTable, check};

/// The files of `sql/<pipeline>/` that travel with the Lambdas.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The folder.
    pub root: PathBuf,
    /// `pipeline.toml`.
    pub pipeline: Pipeline,
    /// `models/*.sql`, by name.
    pub models: BTreeMap<String, Model>,
    /// `seeds/*.csv`, by name.
    pub seeds: BTreeMap<String, Seed>,
    /// The sha256 over all files that have a meaning for a run, in hexadecimal: it stands in every manifest.
    pub hash: String,
}

impl Definition {
    /// Reads and checks a definition folder.
    ///
    /// # Errors
    /// A file that cannot be read, or says what is not allowed: the message names file and key.
    pub fn load(root: &Path) -> Result<Self, DefinitionError> {
        let text = read_text(&root.join("pipeline.toml"))?;
        let pipeline = Pipeline::parse("pipeline.toml", &text)?;
        let mut models = BTreeMap::new();
        for (name, path) in files(root, "models", "sql")? {
            models.insert(name.clone(), Model::parse(&name, &read_text(&path)?)?);
        }
        let mut seeds = BTreeMap::new();
        for (name, path) in files(root, "seeds", "csv")? {
            seeds.insert(name.clone(), Seed::read(&path, &name)?);
        }
        let definition = Self { root: root.to_owned(), pipeline, models, seeds, hash: hash(root)? };
        check::check_structure(&definition)?;
        Ok(definition)
    }

    /// The source tables that a model reads, with their names; seeds left out.
    pub fn source_tables<'a>(&'a self, model: &'a Model) -> impl Iterator<Item = (&'a str, &'a SourceTable)> {
        model
            .relations
            .iter()
            .filter_map(|name| self.pipeline.tables.get_key_value(name))
            .map(|(name, table)| (name.as_str(), table))
    }

    /// The incremental table whose grain a model has, or none for a model over `full` tables.
    #[must_use]
    pub fn incremental_table<'a>(&'a self, model: &'a Model) -> Option<&'a str> {
        self.source_tables(model).find(|(_, table)| table.read == Read::Incremental).map(|(name, _)| name)
    }

    /// The models that read a source table, in alphabetical order.
    pub fn models_over<'a>(&'a self, table: &'a str) -> impl Iterator<Item = &'a Model> {
        self.models.values().filter(move |model| model.relations.iter().any(|name| name == table))
    }

    /// The facts whose business key is made of columns of a source table, in alphabetical order; each with these columns, in the key's order.
    pub fn facts_over<'a>(&'a self, table: &'a str) -> impl Iterator<Item = (&'a Model, Vec<&'a str>)> {
        self.models_over(table).filter_map(|model| Some((model, model.origin(self.business_key(model)?)?)))
    }

    /// The same of a table whose deletions are detected; none of another one.
    pub fn facts_with_deletes<'a>(&'a self, table: &'a str) -> impl Iterator<Item = (&'a Model, Vec<&'a str>)> {
        let detects = self.pipeline.tables.get(table).is_some_and(|of| of.deletes == Deletes::Detect);
        self.facts_over(table).filter(move |_| detects)
    }

    /// The business key of a fact.
    pub(crate) fn business_key(&self, model: &Model) -> Option<&[String]> {
        self.pipeline.facts.get(&model.name).map(|fact| fact.key.as_slice())
    }

    /// The sha256 of everything but the rows that decides what a model gives and which of its rows is which: its text, its seeds, its
    /// business key, its target table.
    /// When it differs from that of the base run, what the model read before has to be read again.
    #[must_use]
    pub fn fingerprint(&self, model: &Model, catalog: &Catalog) -> String {
        let mut hasher = Sha256::new();
        hasher.update(&model.sha256);
        for seed in model.relations.iter().filter_map(|name| self.seeds.get(name)) {
            hasher.update(&seed.sha256);
        }
        for (name, table) in self.source_tables(model) {
            hasher.update(format!("{name} {:?};", table.exclude));
        }
        if let Some(fact) = self.pipeline.facts.get(&model.name) {
            hasher.update(format!("key {:?};", fact.key));
        }
        if let Some(target) = catalog.tables.get(&model.name) {
            for column in &target.columns {
                hasher.update(format!("{} {} {};", column.name, column.column_type, column.nullable));
            }
            hasher.update(format!("primary key {:?};", target.primary_key));
        }
        format!("{:x}", hasher.finalize())
    }

    /// The numbered files of `warehouse/`, or those of `checks/`, in order of their names.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn sql_files(&self, folder: &str) -> Result<Vec<(String, PathBuf)>, DefinitionError> {
        files(&self.root, folder, "sql")
    }
}

fn read_text(path: &Path) -> Result<String, DefinitionError> {
    std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> DefinitionError {
    DefinitionError::Unreadable { path: path.to_owned(), reason: error.kind() }
}

/// Name without extension and path of every file of a folder with that extension; none when there is no such folder.
fn files(root: &Path, folder: &str, extension: &str) -> Result<Vec<(String, PathBuf)>, DefinitionError> {
    let folder = root.join(folder);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(|error| unreadable(&folder, &error))? {
        let path = entry.map_err(|error| unreadable(&folder, &error))?.path();
        if path.extension().is_some_and(|ending| ending == extension)
            && let Some(name) = path.file_stem().and_then(|name| name.to_str())
        {
            found.push((name.to_owned(), path.clone()));
        }
    }
    found.sort();
    Ok(found)
}

fn hash(root: &Path) -> Result<String, DefinitionError> {
    let mut hasher = Sha256::new();
    let toml = ("pipeline".to_owned(), root.join("pipeline.toml"));
    let folders = [("models", "sql"), ("seeds", "csv"), ("warehouse", "sql"), ("checks", "sql")];
    let mut all = vec![toml];
    for (folder, extension) in folders {
        all.extend(files(root, folder, extension)?);
    }
    for (name, path) in all {
        let content = std::fs::read(&path).map_err(|error| unreadable(&path, &error))?;
        hasher.update(format!("{name} {}\n", content.len()));
        hasher.update(&content);
    }
    Ok(format!("{:x}", hasher.finalize()))
}
