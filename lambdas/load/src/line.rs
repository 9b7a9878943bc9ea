//! The line of publications, from the names of their records alone: each says which run was published, and on which base.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use starlift_lake::keys;

/// What the names of all records say.
#[derive(Debug, Default)]
pub(crate) struct Line {
    /// The base of each run; none for a run without one.
    bases: BTreeMap<String, Option<String>>,
}

/// Why no line leads where it should.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LineError {
    #[error("nothing was ever published")]
    Empty,
    #[error("run {0} was never published")]
    Unknown(String),
    #[error(
        "the publications end in {} runs ({}), as after a restore of the warehouse or when an execution has published into the new one; say with `--to` which of them \
         the warehouse had",
        .0.len(), .0.join(", ")
    )]
    Forked(Vec<String>),
    #[error("run {run} was published after {base}, of which no record is left; begin later, with `--from`")]
    Broken { run: String, base: String },
    #[error("run {from} does not lead to {to}")]
    Apart { from: String, to: String },
}

impl Line {
    /// Reads the names of records.
    pub(crate) fn of_keys(names: &[String]) -> Self {
        let named = names.iter().filter_map(|name| keys::parse_publication(name));
        Self { bases: named.map(|(base, run)| (run.to_owned(), base.map(str::to_owned))).collect() }
    }

    /// Whether a run is recorded.
    pub(crate) fn has(&self, run: &str) -> bool {
        self.bases.contains_key(run)
    }

    /// The runs from one to another, in the order of their publication. Without an end, to where the publications end; without a beginning, from
    /// the first run on.
    pub(crate) fn between(&self, from: Option<&str>, to: Option<&str>) -> Result<Vec<String>, LineError> {
        let to = match to {
            Some(to) => to.to_owned(),
            None => self.end()?,
        };
        if let Some(unknown) = [Some(to.as_str()), from].into_iter().flatten().find(|run| !self.has(run)) {
            return Err(LineError::Unknown(unknown.to_owned()));
        }
        let mut runs = VecDeque::from([to.clone()]);
        let mut run = to.as_str();
        while from != Some(run) {
            let Some(base) = self.bases.get(run).and_then(Option::as_deref) else {
                return match from {
                    None => Ok(runs.into()),
                    Some(from) => Err(LineError::Apart { from: from.to_owned(), to: to.clone() }),
                };
            };
            if !self.has(base) {
                return Err(LineError::Broken { run: run.to_owned(), base: base.to_owned() });
            }
            runs.push_front(base.to_owned());
            run = base;
        }
        Ok(runs.into())
    }

    fn end(&self) -> Result<String, LineError> {
        let bases: BTreeSet<&str> = self.bases.values().flatten().map(String::as_str).collect();
        let ends: Vec<&String> = self.bases.keys().filter(|run| !bases.contains(run.as_str())).collect();
        match ends.as_slice() {
            [] => Err(LineError::Empty),
            [end] => Ok((*end).clone()),
            several => Err(LineError::Forked(several.iter().map(|run| (*run).clone()).collect())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(records: &[(&str, &str)]) -> Line {
        let key = |(base, run): &(&str, &str)| keys::publication(Some(*base).filter(|base| !base.is_empty()), run);
        Line::of_keys(&records.iter().map(key).collect::<Vec<_>>())
    }

    #[test]
    fn a_line_goes_from_base_to_base_whatever_the_names_are() {
        // The second round of an execution may be published after a run of a later one.
        let line = line(&[("", "1"), ("1", "3"), ("3", "2"), ("2", "4")]);
        assert_eq!(line.between(None, None), Ok(["1", "3", "2", "4"].map(str::to_owned).to_vec()));
        assert_eq!(line.between(Some("3"), None), Ok(["3", "2", "4"].map(str::to_owned).to_vec()));
        assert_eq!(line.between(Some("3"), Some("3")), Ok(vec!["3".to_owned()]));
        assert_eq!(line.between(Some("2"), Some("3")), Err(LineError::Apart { from: "2".into(), to: "3".into() }));
        assert_eq!(line.between(Some("9"), None), Err(LineError::Unknown("9".into())));
    }

    #[test]
    fn a_fork_needs_a_word_and_a_gap_is_named() {
        let forked = line(&[("", "1"), ("1", "2"), ("1", "3"), ("", "4")]);
        assert_eq!(forked.between(None, None), Err(LineError::Forked(["2", "3", "4"].map(str::to_owned).to_vec())));
        assert_eq!(forked.between(None, Some("2")), Ok(["1", "2"].map(str::to_owned).to_vec()));
        let broken = line(&[("", "1"), ("2", "3")]);
        assert_eq!(broken.between(None, Some("3")), Err(LineError::Broken { run: "3".into(), base: "2".into() }));
        assert_eq!(broken.between(Some("3"), Some("3")), Ok(vec!["3".to_owned()]));
        assert_eq!(line(&[]).between(None, None), Err(LineError::Empty));
    }
}
