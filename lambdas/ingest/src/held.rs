//! Rows in the quarantine, which every run tries again: they are read by their keys, though they were not written since.
//!
//! They are read in the same snapshot as what is new and without it, so that a row is never read twice, and by an index on the key; only when
//! no slice is left, because in mid-slice a key that is not met yet is not known to be gone.

use serde_json::Value;
use starlift_lake::Retried;

/// The held keys of one table.
#[derive(Debug)]
pub(crate) struct HeldKeys<'a> {
    keys: Vec<&'a Value>,
    /// Of each key, the values as text.
    values: Vec<Vec<String>>,
}

impl<'a> HeldKeys<'a> {
    /// Those of `keys` that have the columns of the primary key.
    pub(crate) fn new(primary_key: &[String], keys: &[&'a Value]) -> Self {
        let values = |key: &Value| primary_key.iter().map(|column| text(key.get(column)?)).collect::<Option<Vec<_>>>();
        let (keys, values) = keys.iter().filter_map(|key| Some((*key, values(key)?))).unzip();
        Self { keys, values }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// A JSON array of an array for each key.
    pub(crate) fn setting(&self) -> String {
        Value::from_iter(self.values.iter().cloned()).to_string()
    }

    /// What became of them: `is_there` says of each key, in order, whether the table has it.
    pub(crate) fn outcome(&self, is_there: &[bool]) -> Retried {
        let mut retried = Retried::default();
        for (key, found) in self.keys.iter().zip(is_there) {
            let keys = if *found { &mut retried.found } else { &mut retried.gone };
            keys.push((*key).clone());
        }
        retried
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
    fn keys_are_told_apart_by_whether_the_table_has_them() {
        let held = [json!({"b": "x, y", "a": 1}), json!({"row": 7}), json!({"a": 2, "b": "z"})];
        let keys = HeldKeys::new(&["a".to_owned(), "b".to_owned()], &held.iter().collect::<Vec<_>>());
        assert_eq!(keys.setting(), r#"[["1","x, y"],["2","z"]]"#);
        let outcome = keys.outcome(&[true, false]);
        assert_eq!((outcome.found, outcome.gone), (vec![held[0].clone()], vec![held[2].clone()]));
    }
}
