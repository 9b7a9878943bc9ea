//! Rows in the quarantine, which every run tries again: they are read by their keys, though they were not written since.
//!
//! They are read by the same statement as what is new, so that a row is never read twice; only when no slice is left, because in mid-slice a
//! key that is not met yet is not known to be gone.

use std::collections::BTreeMap;

use serde_json::Value;
use starlift_lake::Retried;

/// The held keys of one table, and which of them have been met.
#[derive(Debug)]
pub(crate) struct HeldKeys {
    /// By the values as CSV text.
    keys: BTreeMap<Vec<String>, (Value, bool)>,
}

impl HeldKeys {
    /// Those of `keys` that have these columns. Others were held when the table had another primary key; they are left alone.
    pub(crate) fn new<'a>(primary_key: &[String], keys: impl Iterator<Item = &'a Value>) -> Self {
        let values = |key: &Value| primary_key.iter().map(|column| text(key.get(column)?)).collect::<Option<Vec<_>>>();
        Self { keys: keys.filter_map(|key| Some((values(key)?, (key.clone(), false)))).collect() }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// A JSON array of an array for each key.
    pub(crate) fn setting(&self) -> String {
        Value::from_iter(self.keys.keys().cloned()).to_string()
    }

    /// Notes that a row with this key was read.
    pub(crate) fn meet(&mut self, key: &[String]) {
        if let Some((_, is_met)) = self.keys.get_mut(key) {
            *is_met = true;
        }
    }

    /// What became of them, when every row was looked at.
    pub(crate) fn outcome(self) -> Retried {
        let (found, gone): (Vec<_>, Vec<_>) = self.keys.into_values().partition(|(_, is_met)| *is_met);
        let keys = |of: Vec<(Value, bool)>| of.into_iter().map(|(key, _)| key).collect();
        Retried { found: keys(found), gone: keys(gone) }
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_that_was_not_met_is_gone() {
        let held = [json!({"b": "x, y", "a": 1}), json!({"a": 2, "b": "z"}), json!({"row": 7})];
        let mut keys = HeldKeys::new(&["a".to_owned(), "b".to_owned()], held.iter());
        assert_eq!(keys.setting(), r#"[["1","x, y"],["2","z"]]"#);
        keys.meet(&["1".to_owned(), "x, y".to_owned()]);
        keys.meet(&["3".to_owned(), "new".to_owned()]);
        let outcome = keys.outcome();
        assert_eq!((outcome.found, outcome.gone), (vec![held[0].clone()], vec![held[1].clone()]));
    }
}
