//! What `docs/sql-dialect.md` says of Polars SQL, held against Polars SQL and PostgreSQL.
//!
//! Every expression of its tables is planned over a table `t`, and those that are said to mean the same are computed by both.

use std::collections::BTreeMap;
use std::fs;

use futures_util::TryStreamExt;
use starlift_definition::{Column, Definition, TargetTable};
use starlift_models::{ModelRun, SourceFiles, first_rows, planned_columns, run_model};
use starlift_postgres::{copy_out, read_tables};
use starlift_testkit::{Database, cluster, workspace};

type Fault = Box<dyn std::error::Error>;
type Outcome = Result<(), Fault>;

const TABLES: &str = "
create table t (
    id integer primary key, small smallint, big bigint, price numeric(10,2), rate double precision,
    name text, code varchar(3), flag boolean, day date, clock time, created_at timestamp, updated_at timestamptz
);
insert into t values
    (1, 10, 7000000000, 3.45, 0.5, 'Ada Lovelace', 'GBP', true, '2024-02-29', '14:20:49.962', '2024-02-29 14:20:49.962', '2024-02-29 14:20:49.962+00'),
    (2, -3, -1, 1.05, 2.5, ' grace  ', 'EUR', false, '2022-12-31', '00:00:00', '2022-12-31 23:59:59.999999', '2022-12-31 23:59:59+00'),
    (3, null, null, null, null, null, null, null, null, null, null, null),
    (4, 0, 0, -2.50, -1.5, '東京 O''Brian', 'USD', true, '1999-01-01', '23:59:59', '1999-01-01 00:00:00', '1999-01-01 00:00:00+00');
create table u (id integer primary key, label text);
insert into u values (1, 'one'), (2, 'two'), (9, 'nine');
";

const PIPELINE: &str = "
format = 1
name = 'dialect'
[source]
secret = 's'
[warehouse]
secret = 'w'
[tables]
t = { read = 'full' }
u = { read = 'full' }
[dimensions.m]
";

/// The tables, the definition that models them, and their rows in files.
struct Tables {
    folder: tempfile::TempDir,
    database: Database,
    columns: BTreeMap<String, Vec<Column>>,
    sources: BTreeMap<String, SourceFiles>,
}

impl Tables {
    async fn new() -> Result<Self, Fault> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("models"))?;
        fs::write(folder.path().join("pipeline.toml"), PIPELINE)?;
        let database = cluster().create_database("dialect").await?;
        let client = database.connect().await?;
        client.batch_execute("set timezone = 'UTC'").await?;
        client.batch_execute(TABLES).await?;
        let (mut columns, mut sources) = (BTreeMap::new(), BTreeMap::new());
        for (name, found) in read_tables(&client, "public", &["t", "u"]).await? {
            let file = folder.path().join(format!("{name}.csv"));
            let copy = format!("copy (select * from {name} order by id) to stdout (format csv, header)");
            let rows: Vec<_> = copy_out(&client, &copy, "copying").await?.try_collect().await?;
            fs::write(&file, rows.concat())?;
            columns.insert(name.clone(), found.columns.clone());
            let source = SourceFiles { columns: found.columns, primary_key: found.primary_key, files: vec![file] };
            sources.insert(name, source);
        }
        Ok(Self { folder, database, columns, sources })
    }

    fn define(&self, sql: &str) -> Result<Definition, Fault> {
        fs::write(self.folder.path().join("models/m.sql"), sql)?;
        Ok(Definition::load(self.folder.path())?)
    }

    /// The columns that a model gives.
    fn plan(&self, sql: &str) -> Result<Vec<Column>, Fault> {
        let definition = self.define(sql)?;
        Ok(planned_columns(&definition, &definition.models["m"], &self.columns)?)
    }

    /// The rows that a model gives.
    fn compute(&self, sql: &str) -> Result<Vec<Vec<String>>, Fault> {
        let definition = self.define(sql)?;
        let model = &definition.models["m"];
        let columns = planned_columns(&definition, model, &self.columns)?;
        let target = TargetTable { columns, primary_key: Vec::new(), foreign_keys: Vec::new() };
        let folder = tempfile::tempdir()?;
        let output = folder.path().join("m.parquet");
        let run = ModelRun { definition: &definition, model, target: &target, sources: &self.sources, deadline: None };
        let computed = run_model(&run, &output)?;
        if let Some((_, reason)) = computed.held.first_key_value() {
            return Err(format!("holds rows back: {reason}").into());
        }
        Ok(comparable(first_rows(model, &output, 1_000)?))
    }

    /// The rows that the same text gives in PostgreSQL.
    async fn ask_postgres(&self, sql: &str) -> Result<Vec<Vec<String>>, Fault> {
        let definition = self.define(sql)?;
        let names = &definition.models["m"].columns;
        let columns: Vec<String> = names.iter().map(|name| format!("{name}::text")).collect();
        let client = self.database.connect().await?;
        client.batch_execute("set timezone = 'UTC'").await?;
        let rows = client.query(&format!("select {} from ({sql}) as q", columns.join(", ")), &[]).await?;
        let row = |row: &tokio_postgres::Row| (0..names.len()).map(|n| row.get(n)).collect();
        Ok(comparable(rows.iter().map(row).collect()))
    }
}

/// Sorted, and with one spelling of what can be spelt in two ways: `1.50` is `1.5`, `14:20:49.500000` is `14:20:49.5`.
fn comparable(rows: Vec<Vec<Option<String>>>) -> Vec<Vec<String>> {
    let spell = |value: Option<String>| {
        let value = value.unwrap_or_else(|| "null".to_owned());
        let value = value.strip_suffix("+00").or(value.strip_suffix(" UTC")).unwrap_or(&value);
        let is_number = value.contains('.') && value.chars().all(|c| c.is_ascii_digit() || ".:- ".contains(c));
        if is_number { value.trim_end_matches('0').trim_end_matches('.').to_owned() } else { value.to_owned() }
    };
    let mut spelt: Vec<Vec<String>> = rows.into_iter().map(|row| row.into_iter().map(spell).collect()).collect();
    spelt.sort();
    spelt
}

/// The rows of the tables below a heading of the page: the code of each cell.
fn rows_below(heading: &str) -> Result<Vec<Vec<String>>, Fault> {
    let page = fs::read_to_string(workspace::root().join("docs/sql-dialect.md"))?;
    let below = page.split(&format!("## {heading}\n")).nth(1).ok_or("no such heading")?;
    let lines = below.lines().take_while(|line| !line.starts_with("## ")).filter(|line| line.starts_with("| `"));
    let cell = |cell: &str| cell.trim().trim_matches('`').replace('\u{1}', "|");
    let cells =
        |line: &str| line.replace("\\|", "\u{1}").split('|').map(cell).filter(|cell| !cell.is_empty()).collect();
    Ok(lines.map(cells).collect())
}

/// An expression over `t` as a model; a whole model as it is.
fn model(code: &str) -> String {
    if code.starts_with("select ") || code.starts_with("with ") {
        return code.to_owned();
    }
    format!("select id, {code} as x from t")
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "docs/sql-dialect.md:\n{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_the_same_has_the_type_and_the_values_that_the_page_says() -> Outcome {
    let tables = Tables::new().await?;
    let mut wrong = Vec::new();
    for row in rows_below("The same in both")? {
        let sql = model(&row[0]);
        let planned =
            tables.plan(&sql).map(|columns| columns.last().map(|column| column.column_type.name().to_owned()));
        match planned {
            Err(error) => wrong.push(format!("{}: {error}", row[0])),
            Ok(found) if found != row.get(1).cloned() => wrong.push(format!("{}: is {found:?}", row[0])),
            Ok(_) => {}
        }
        match (tables.compute(&sql), tables.ask_postgres(&sql).await) {
            (Ok(ours), Ok(theirs)) if ours == theirs => {}
            (ours, theirs) => wrong.push(format!("{}:\n  polars   {ours:?}\n  postgres {theirs:?}", row[0])),
        }
    }
    assert_none(&wrong);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_offered_may_stand_in_a_model_over_increments_but_for_queries() -> Outcome {
    let tables = Tables::new().await?;
    let mut wrong = Vec::new();
    for heading in ["The same in both", "Offered, but not the same"] {
        for row in rows_below(heading)? {
            let is_query = model(&row[0]) == row[0] || row[0].contains(" over (");
            let works_row_by_row = tables.define(&model(&row[0]))?.models["m"].trace.is_some();
            if !is_query && !works_row_by_row {
                wrong.push(format!("{}: is taken for one that mixes rows", row[0]));
            }
        }
    }
    assert_none(&wrong);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_same_is_computed_and_differs() -> Outcome {
    let tables = Tables::new().await?;
    let mut wrong = Vec::new();
    for row in rows_below("Offered, but not the same")? {
        let sql = model(&row[0]);
        match (tables.compute(&sql), tables.ask_postgres(&sql).await) {
            (Err(error), _) => wrong.push(format!("{}: {error}", row[0])),
            (Ok(ours), Ok(theirs)) if ours == theirs => wrong.push(format!("{}: is the same", row[0])),
            _ => {}
        }
    }
    assert_none(&wrong);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_offered_fails_and_what_to_write_instead_is_the_same() -> Outcome {
    let tables = Tables::new().await?;
    let mut wrong = Vec::new();
    for row in rows_below("Not offered")? {
        if tables.compute(&model(&row[0])).is_ok() {
            wrong.push(format!("{}: is offered", row[0]));
        }
        for instead in row.iter().skip(1).filter(|instead| !instead.starts_with("no ")) {
            let sql = model(instead);
            match (tables.compute(&sql), tables.ask_postgres(&sql).await) {
                (Ok(ours), Ok(theirs)) if ours == theirs => {}
                (ours, theirs) => wrong.push(format!("{instead}:\n  polars   {ours:?}\n  postgres {theirs:?}")),
            }
        }
    }
    assert_none(&wrong);
    Ok(())
}
