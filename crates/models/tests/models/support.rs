//! totesys from its own files, a model's run in a folder, and rows read back with another Parquet reader than the one that wrote them.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, Time64NanosecondType,
    TimestampMicrosecondType,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use starlift_definition::{Catalog, Column, ColumnType, Definition, TargetTable};
use starlift_models::{ModelError, ModelRows, ModelRun, SourceFiles, run_model};

/// A row read back: each value as PostgreSQL would write it, days and microseconds as numbers.
pub(crate) type Row = Vec<Option<String>>;

/// A definition with the columns of its source and its target tables.
pub(crate) struct World {
    pub(crate) definition: Definition,
    pub(crate) sources: BTreeMap<String, Vec<Column>>,
    pub(crate) catalog: Catalog,
}

impl World {
    /// totesys, its columns read from the DDL of the demo and of the warehouse.
    pub(crate) fn totesys() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sql/totesys");
        let read = |path: &str| std::fs::read_to_string(root.join(path)).expect("the DDL is there");
        Self {
            definition: Definition::load(&root).expect("totesys loads"),
            sources: tables(&read("demo/schema.sql")),
            catalog: catalog(&read("warehouse/V1__star.sql")),
        }
    }

    /// A definition with one model `m` over the table `t` and other tables, all of them read whole.
    pub(crate) fn of_one_model(folder: &Path, sql: &str, source_ddl: &str, target_ddl: &str) -> Self {
        let sources = tables(source_ddl);
        let list: String = sources.keys().map(|name| format!("{name} = {{ read = \"full\" }}\n")).collect();
        let toml = format!(
            "format = 1\nname = \"test\"\n[source]\nsecret = \"s\"\n[warehouse]\nsecret = \"w\"\n[tables]\n{list}[dimensions.m]\n"
        );
        std::fs::create_dir_all(folder.join("models")).expect("a folder");
        std::fs::write(folder.join("pipeline.toml"), toml).expect("a definition");
        std::fs::write(folder.join("models/m.sql"), sql).expect("a model");
        Self {
            definition: Definition::load(folder).expect("the definition loads"),
            sources,
            catalog: catalog(target_ddl),
        }
    }

    /// Runs a model over these files and reads its rows back.
    pub(crate) fn run(
        &self,
        model: &str,
        files: &BTreeMap<String, Vec<PathBuf>>,
        output: &Path,
    ) -> Result<(ModelRows, Vec<Row>), ModelError> {
        let sources = files.iter().map(|(table, files)| {
            let columns = self.sources[table].clone();
            let primary_key = vec![columns[0].name.clone()];
            (table.clone(), SourceFiles { columns, primary_key, files: files.clone() })
        });
        let run = ModelRun {
            definition: &self.definition,
            model: &self.definition.models[model],
            target: &self.catalog.tables[model],
            sources: &sources.collect(),
            deadline: None,
        };
        let rows = run_model(&run, output)?;
        let read = if rows.rows == 0 { Vec::new() } else { read_parquet(output) };
        assert_eq!(rows.rows, read.len() as u64);
        Ok((rows, read))
    }
}

fn catalog(ddl: &str) -> Catalog {
    let tables = tables(ddl).into_iter().map(|(name, columns)| {
        let primary_key = vec![columns[0].name.clone()];
        (name, TargetTable { columns, primary_key, foreign_keys: Vec::new() })
    });
    Catalog { format: Catalog::FORMAT, pipeline: "test".to_owned(), tables: tables.collect() }
}

/// The columns of every `create table` whose first column is the primary key.
pub(crate) fn tables(ddl: &str) -> BTreeMap<String, Vec<Column>> {
    let creations = ddl.split("create table ").skip(1);
    let one = |creation: &str| {
        let (name, body) = creation.split_once(" (\n").expect("a name before the columns");
        let body = body.split_once("\n);").expect("an end of the columns").0;
        (name.to_owned(), body.lines().map(|line| column(line.trim().trim_end_matches(','))).collect())
    };
    creations.map(one).collect()
}

fn column(line: &str) -> Column {
    let (name, declared) = line.split_once(' ').expect("a type after the name");
    let generated = declared.starts_with("serial");
    let words = declared.split(" not null").next().unwrap_or_default();
    let words = words.split(" generated").next().unwrap_or_default().split(" primary").next().unwrap_or_default();
    let name_of_type = match words.replace(", ", ",").as_str() {
        "int" | "serial" => "integer".to_owned(),
        "time" => "time without time zone".to_owned(),
        "timestamp" => "timestamp without time zone".to_owned(),
        "timestamptz" => "timestamp with time zone".to_owned(),
        other if other.starts_with("time") => format!("{other} without time zone"),
        other => other.replace("varchar", "character varying").replace("char(", "character("),
    };
    let nullable = !declared.contains("not null") && !declared.contains("primary key");
    Column { name: name.to_owned(), column_type: ColumnType::new(name_of_type), nullable, generated }
}

/// Every row of a Parquet file.
pub(crate) fn read_parquet(path: &Path) -> Vec<Row> {
    let file = File::open(path).expect("the file is there");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("is Parquet").build().expect("is read");
    reader.flat_map(|batch| rows(&batch.expect("a batch"))).collect()
}

fn rows(batch: &RecordBatch) -> Vec<Row> {
    (0..batch.num_rows())
        .map(|row| batch.columns().iter().map(|column| value(column.as_ref(), row)).collect())
        .collect()
}

fn value(array: &dyn Array, row: usize) -> Option<String> {
    if array.is_null(row) {
        return None;
    }
    let text = match array.data_type() {
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).to_string(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Float32 => array.as_primitive::<Float32Type>().value(row).to_string(),
        DataType::Float64 => array.as_primitive::<Float64Type>().value(row).to_string(),
        DataType::Boolean => if array.as_boolean().value(row) { "t" } else { "f" }.to_owned(),
        DataType::Decimal128(_, _) => array.as_primitive::<Decimal128Type>().value_as_string(row),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row).to_owned(),
        DataType::Utf8View => array.as_string_view().value(row).to_owned(),
        DataType::Date32 => array.as_primitive::<Date32Type>().value(row).to_string(),
        DataType::Time64(TimeUnit::Nanosecond) => {
            (array.as_primitive::<Time64NanosecondType>().value(row) / 1000).to_string()
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            array.as_primitive::<TimestampMicrosecondType>().value(row).to_string()
        }
        other => panic!("no column of a target table is stored as {other}"),
    };
    Some(text)
}
