//! The queries of the deployment ask for what is there: their fields and texts stand in lines that real runs have written.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_sfn::types::HistoryEventType;
use serde_json::{Value, json};
use starlift_testkit::workspace;

use crate::deployment::file;
use crate::support::{Outcome, log_lines};
use crate::unknown_members;

/// Words of the query language. What stands before a parenthesis is a function, and what begins with `@` is CloudWatch's own.
const WORDS: [&str; 12] = ["fields", "filter", "stats", "sort", "by", "as", "in", "or", "and", "desc", "asc", "limit"];

/// A query: the fields that it names, and what its filter wants of them.
struct Query {
    fields: BTreeSet<String>,
    conditions: Vec<Condition>,
}

/// A field, and the texts that it may have; without any it only has to be there.
struct Condition {
    field: String,
    texts: Vec<String>,
}

impl Query {
    fn parse(text: &str) -> Self {
        let mut query = Self { fields: BTreeSet::new(), conditions: Vec::new() };
        let mut aliases = BTreeSet::new();
        for stage in text.split('|').map(str::trim) {
            // Without what stands in quotation marks.
            let bare: String = stage.split('"').step_by(2).collect::<Vec<_>>().join(" ");
            let mut before = "";
            for word in bare.split(|c: char| !(c.is_alphanumeric() || "_.@(*".contains(c))) {
                for name in word.split_inclusive('(') {
                    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic()) && !name.ends_with('(');
                    if is_name && before == "as" {
                        aliases.insert(name.to_owned());
                    } else if is_name && !WORDS.contains(&name) {
                        query.fields.insert(name.to_owned());
                    }
                    before = name;
                }
            }
            let conditions = stage.strip_prefix("filter ").into_iter().flat_map(|filter| filter.split(" or "));
            query.conditions.extend(conditions.map(Condition::parse));
        }
        query.fields.retain(|field| !aliases.contains(field));
        query
    }
}

impl Condition {
    fn parse(text: &str) -> Self {
        let present = text.strip_prefix("ispresent(").and_then(|rest| rest.strip_suffix(')'));
        let field = present.or_else(|| text.split_whitespace().next()).unwrap_or_default().to_owned();
        Self { field, texts: text.split('"').skip(1).step_by(2).map(str::to_owned).collect() }
    }

    fn holds(&self, line: &Value) -> bool {
        let found = field(line, &self.field);
        if self.texts.is_empty() { !found.is_null() } else { self.texts.iter().any(|text| found == text) }
    }
}

/// A field by its path.
fn field<'a>(line: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(line, |value, name| &value[name])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fields_and_texts_of_every_query_stand_in_the_lines_of_real_runs() -> Outcome {
    let folder = tempfile::tempdir()?;
    let (stack, _definition) = unknown_members::stack(&folder.path().join("oracle.sql")).await?;
    stack.run().await?.succeeded()?;
    // Rows of each kind that is held back: a currency without a name, a sale of it, a payment of it and an order without its member of staff.
    let from = stack.source.connect().await?;
    from.batch_execute(
        "insert into currency (currency_id, currency_code) values (99, 'ZZZ');
         update sales_order set currency_id = 99 where sales_order_id = 1;
         update payment set currency_id = 99 where payment_id = 1",
    )
    .await?;
    stack.run().await?.succeeded()?;
    from.batch_execute("alter table staff rename column first_name to given_name").await?;
    assert_eq!(stack.run().await?.error.as_deref(), Some("Starlift.SourceChanged"));
    let unknown = json!({"run": "20200101T000000Z-00000000-001", "action": "load", "part": "dim_staff"});
    for function in ["transform", "load"] {
        stack.invoke(function, &unknown).expect_err("there is no such run");
    }

    let questions: Value = serde_json::from_str(&file("queries/questions.json")?)?;
    let asked = ["saved", "dashboard"].into_iter().filter_map(|kind| questions[kind].as_object()).flatten();
    let mut lines: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for group in ["ingest", "transform", "load", "state_machine"] {
        lines.insert(group, log_lines(&stack, group)?);
    }
    let mut files = BTreeSet::new();
    for (title, question) in asked {
        let name = format!("{}.txt", question["query"].as_str().unwrap_or_default());
        let query = Query::parse(&file(&format!("queries/{name}"))?);
        assert!(
            !query.fields.is_empty() && !query.conditions.is_empty(),
            "{name} is of a form that this test does not read"
        );
        let groups: Vec<&str> = question["groups"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut found: Vec<&Value> = Vec::new();
        for group in &groups {
            let holds = |line: &&Value| query.conditions.iter().any(|condition| condition.holds(line));
            let of_group: Vec<&Value> = lines[group].iter().filter(holds).collect();
            assert!(!of_group.is_empty(), "{title}: {name} finds nothing in the log of {group}");
            found.extend(of_group);
        }
        for condition in &query.conditions {
            assert!(
                found.iter().any(|line| condition.holds(line)),
                "{title}: no line has {} of {name}",
                condition.field
            );
            for text in &condition.texts {
                let is_known = HistoryEventType::values().contains(&text.as_str()) && condition.field == "type";
                let is_there = || found.iter().any(|line| field(line, &condition.field) == text);
                assert!(is_known || is_there(), "{title}: no line has the text {text} of {name}");
            }
        }
        for name_of_field in &query.fields {
            let is_there = found.iter().any(|line| !field(line, name_of_field).is_null());
            assert!(is_there, "{title}: no line that {name} finds has the field {name_of_field}");
        }
        files.insert(name);
    }
    let there: BTreeSet<String> = std::fs::read_dir(workspace::root().join("terraform/queries"))?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok().filter(|name| name.ends_with(".txt")))
        .collect();
    assert_eq!(files, there, "every file of a query is asked by a question");
    Ok(())
}
