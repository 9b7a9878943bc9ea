//! The same rows give the same bytes, whatever the number of threads and the order in which they arrive.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::World;

/// Rows enough for several row groups and for the threads to share the work.
const ROWS: u32 = 150_000;

/// Where a child process writes its Parquet file.
const OUTPUT: &str = "STARLIFT_TEST_OUTPUT";

fn write_rows(folder: &Path) -> PathBuf {
    let csv = (0..ROWS).rev().fold("id,kind,name,due\n".to_owned(), |mut csv, id| {
        let _ = writeln!(csv, "{id},{},name {},2024-02-{:02}", id % 7, id % 1000, id % 28 + 1);
        csv
    });
    let path = folder.join("t.csv");
    std::fs::write(&path, csv).expect("a raw object");
    path
}

fn run(output: &Path) {
    let folder = tempfile::tempdir().expect("a folder");
    let columns = "id int not null,\nkind int not null,\nname varchar,\ndue varchar\n);\n";
    let source = format!("create table t (\n{columns}create table k (\nkind int not null,\nlabel varchar\n);");
    let target = "create table m (\nkind int not null,\nlabel varchar,\nname varchar,\ndue date\n);";
    let sql = "select t.kind, k.label, t.name, cast(t.due as date) as due from t left join k on k.kind = t.kind";
    let world = World::of_one_model(folder.path(), sql, &source, target);
    let kinds = folder.path().join("k.csv");
    std::fs::write(&kinds, "kind,label\n0,zero\n3,three\n5,five\n").expect("a raw object");
    let files = [("t".to_owned(), vec![write_rows(folder.path())]), ("k".to_owned(), vec![kinds])].into();
    let (given, _) = world.run("m", &files, output).expect("runs");
    assert_eq!(given.rows, u64::from(ROWS));
}

#[test]
fn the_same_rows_give_the_same_bytes() {
    // Polars fixes the number of its threads once in a process, so this test runs itself with other numbers.
    if let Ok(output) = std::env::var(OUTPUT) {
        run(Path::new(&output));
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let files = ["1", "2", "5"].map(|threads| {
        let output = folder.path().join(format!("{threads}.parquet"));
        let child = Command::new(std::env::current_exe().expect("this binary"))
            .args(["--exact", "repeatability::the_same_rows_give_the_same_bytes"])
            .env("POLARS_MAX_THREADS", threads)
            .env(OUTPUT, &output)
            .status();
        assert!(child.expect("runs").success());
        std::fs::read(&output).expect("the rows")
    });
    assert!(files[0] == files[1] && files[1] == files[2], "the bytes differ");
}
