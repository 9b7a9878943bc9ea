//! Definitions as folders: the reference pipeline, and folders with one fault each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use starlift_definition::{
    Catalog, Column, ColumnType, Definition, ForeignKey, TargetTable, check_catalog, check_source_columns,
};

fn totesys() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sql/totesys")
}

/// A folder with a small, right definition, into which a test writes its fault.
struct Folder(tempfile::TempDir);

const PIPELINE: &str = r#"
format = 1
name = "shop"
[source]
secret = "shop-source"
[warehouse]
secret = "shop-warehouse"
[tables]
sale = { read = "incremental", exclude = ["card"] }
shop = { read = "full" }
city = { read = "full" }
[dimensions.dim_shop]
[facts.fact_sale]
key = ["sale_id"]
"#;

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().expect("a temporary folder"));
        folder.write("pipeline.toml", PIPELINE);
        folder.write(
            "models/dim_shop.sql",
            "select s.shop_id, c.name as city from shop s left join city c on c.city_id = s.city_id",
        );
        folder.write("models/fact_sale.sql", "select sale_id, shop_id, amount from sale");
        folder
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.0.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
        std::fs::write(path, text).expect("a file can be written");
    }

    fn load(&self) -> Definition {
        Definition::load(self.0.path()).expect("a right definition")
    }

    fn fault(&self) -> String {
        Definition::load(self.0.path()).expect_err("a fault is found").to_string()
    }
}

fn column(name: &str, column_type: &str) -> Column {
    Column { name: name.to_owned(), column_type: ColumnType::new(column_type), nullable: false, generated: false }
}

fn catalog(tables: &[(&str, &[(&str, &str)])]) -> Catalog {
    let table = |columns: &[(&str, &str)]| TargetTable {
        columns: columns.iter().map(|(name, column_type)| column(name, column_type)).collect(),
        primary_key: vec![columns[0].0.to_owned()],
        foreign_keys: Vec::new(),
    };
    let tables = tables.iter().map(|(name, columns)| ((*name).to_owned(), table(columns))).collect();
    Catalog { format: Catalog::FORMAT, pipeline: "shop".to_owned(), tables }
}

const DIM_SHOP: (&str, &[(&str, &str)]) = ("dim_shop", &[("shop_id", "integer"), ("city", "text")]);
const FACT_SALE: (&str, &[(&str, &str)]) =
    ("fact_sale", &[("sale_id", "integer"), ("shop_id", "integer"), ("amount", "numeric(10,2)")]);

#[test]
fn the_reference_pipeline_is_a_right_definition() {
    let definition = Definition::load(&totesys()).expect("totesys loads");
    assert_eq!(definition.pipeline.tables.len(), 11);
    assert_eq!(definition.pipeline.dimensions.len(), 8);
    assert_eq!(definition.pipeline.facts.len(), 3);
    assert_eq!(definition.models.len(), 10, "the calendar has no model");
    assert!(definition.seeds.contains_key("iso_4217"));
}

#[test]
fn a_model_knows_whether_an_increment_is_its_grain() {
    let definition = Folder::new().load();
    assert_eq!(definition.incremental_table(&definition.models["fact_sale"]), Some("sale"));
    assert_eq!(definition.incremental_table(&definition.models["dim_shop"]), None);
    let over_city: Vec<&str> = definition.models_over("city").map(|model| model.name.as_str()).collect();
    assert_eq!(over_city, ["dim_shop"]);
}

#[test]
fn every_structural_fault_names_its_file_and_what_to_do() {
    let cases = [
        ("models/dim_shop.sql", "selec 1", "models/dim_shop.sql: is not SQL"),
        (
            "models/dim_shop.sql",
            "select shop_id, name as city from shops",
            "shops is neither in [tables] nor a seed; there are city, sale, shop",
        ),
        ("models/dim_extra.sql", "select shop_id from shop", "neither [dimensions.dim_extra] nor [facts.dim_extra]"),
        (
            "models/fact_sale.sql",
            "select sale_id, a.shop_id, amount from sale a join shop b on a.shop_id = b.shop_id",
            "reads that one table and seeds",
        ),
        (
            "models/fact_sale.sql",
            "select sale_id, shop_id, card as amount from sale",
            "uses sale.card, which pipeline.toml excludes",
        ),
        (
            "models/fact_sale.sql",
            "select sale_id, shop_id, first_value(amount) as amount from sale",
            "uses first_value, which is not known",
        ),
        (
            "models/fact_sale.sql",
            "select sale_id, shop_id, amount from sale limit 5",
            "a model over the incremental table sale",
        ),
        (
            "models/fact_sale.sql",
            "select sale_id, shop_id, amount from sale where amount > 0",
            "gives a row for every row of it: no where",
        ),
        (
            "models/fact_sale.sql",
            "select sale_id, shop_id, amount from sale join names on names.id = sale.shop_id",
            "other tables by left join",
        ),
        ("models/fact_sale.sql", "select shop_id, amount from sale", "does not give sale_id"),
        ("seeds/shop.csv", "a\n1\n", "both a table of pipeline.toml and a seed"),
        ("seeds/rate.csv", "a,b\n1\n", "seeds/rate.csv: row 1"),
    ];
    for (file, text, expected) in cases {
        let folder = Folder::new();
        folder.write("seeds/names.csv", "id,name\n1,Leeds\n");
        folder.write(file, text);
        let said = folder.fault();
        assert!(said.contains(expected), "{file}: {said}");
    }
}

#[test]
fn deletions_are_detected_only_where_a_key_of_the_table_names_a_row_of_a_fact() {
    let detecting = |table: &str, read: &str| {
        let folder = Folder::new();
        let lines = PIPELINE.replace(
            &format!("{table} = {{ read = \"{read}\""),
            &format!("{table} = {{ deletes = \"detect\", read = \"{read}\""),
        );
        folder.write("pipeline.toml", &lines);
        folder
    };
    let folder = detecting("sale", "incremental");
    let definition = folder.load();
    let facts: Vec<_> = definition.facts_with_deletes("sale").map(|(fact, key)| (fact.name.as_str(), key)).collect();
    assert_eq!(facts, [("fact_sale", vec!["sale_id"])]);
    assert_eq!(definition.facts_with_deletes("shop").count(), 0);

    folder.write("models/fact_sale.sql", "select sale_id + 0 as sale_id, shop_id, amount from sale");
    assert!(folder.fault().contains("needs the key of [facts.fact_sale] to be columns of the table as they are"));
    assert!(detecting("shop", "full").fault().contains("[tables] shop: deletes = \"detect\" is for tables with read"));
    let without_fact = detecting("sale", "incremental");
    without_fact.write(
        "pipeline.toml",
        &PIPELINE
            .replace("read = \"incremental\"", "read = \"incremental\", deletes = \"detect\"")
            .replace("[facts.fact_sale]\nkey = [\"sale_id\"]", "[dimensions.fact_sale]"),
    );
    assert!(without_fact.fault().contains("no fact is made of the table"));
}

/// A foreign key: columns, table, columns referred to.
type Reference<'a> = (&'a [&'a str], &'a str, &'a [&'a str]);

/// A definition that asks for unknown members, and a catalog whose fact has these foreign keys.
fn asking_for_unknown(folder: &Folder, references: &[Reference<'_>]) -> (Definition, Catalog) {
    folder.write(
        "pipeline.toml",
        &format!("{PIPELINE}on_missing_dimension = \"unknown\"\n[dimensions.dim_date]\ngenerate = \"calendar\""),
    );
    let mut catalog = catalog(&[DIM_SHOP, FACT_SALE, ("dim_date", &[("date_id", "date")])]);
    let names = |columns: &[&str]| columns.iter().map(|name| (*name).to_owned()).collect();
    let keys = references.iter().map(|(columns, table, to)| ForeignKey {
        columns: names(columns),
        table: (*table).to_owned(),
        to: names(to),
    });
    catalog.tables.get_mut("fact_sale").expect("is there").foreign_keys = keys.collect();
    (folder.load(), catalog)
}

#[test]
fn a_reference_by_one_integer_column_to_a_dimension_with_a_model_may_be_unknown() {
    let folder = Folder::new();
    let to_shop = (&["shop_id"][..], "dim_shop", &["shop_id"][..]);
    let to_day = (&["amount"][..], "dim_date", &["date_id"][..]);
    let by_key = (&["sale_id"][..], "dim_shop", &["shop_id"][..]);
    let (definition, catalog) = asking_for_unknown(&folder, &[to_day, to_shop, by_key]);
    check_catalog(&definition, &catalog).expect("one reference may be unknown");
    let found: Vec<_> = definition.all_unknown_references(&catalog).flat_map(|reference| &reference.columns).collect();
    assert_eq!(found, ["shop_id"], "not the day, and not the business key");
    let holding = Folder::new().load();
    assert_eq!(holding.all_unknown_references(&catalog).count(), 0, "nobody asks for it");
}

#[test]
fn unknown_members_that_cannot_be_are_refused_with_the_reason() {
    let refused = |references: &[Reference<'_>]| {
        let (definition, catalog) = asking_for_unknown(&Folder::new(), references);
        check_catalog(&definition, &catalog).expect_err("is refused").to_string()
    };
    let text = refused(&[(&["shop_id"], "dim_shop", &["city"])]);
    let two = refused(&[(&["shop_id", "amount"], "dim_shop", &["shop_id", "city"])]);
    for said in [text, two] {
        assert!(
            said.contains("[facts.fact_sale] on_missing_dimension = \"unknown\" needs references of one integer"),
            "{said}"
        );
        assert!(said.contains("it refers to dim_shop by shop_id"), "{said}");
    }
    let useless: [&[Reference<'_>]; 4] = [
        &[],
        &[(&["shop_id"], "dim_date", &["date_id"])],
        &[(&["sale_id"], "dim_shop", &["shop_id"])],
        &[(&["shop_id"], "dim_shop", &["shop_id"]), (&["shop_id"], "dim_date", &["date_id"])],
    ];
    for references in useless {
        assert!(refused(references).contains("has no use"));
    }
    let folder = Folder::new();
    folder.write("pipeline.toml", &format!("{PIPELINE}on_missing_dimension = \"unknown\""));
    folder.write("models/fact_sale.sql", "select sale_id + 0 as sale_id, shop_id, amount from sale");
    assert!(folder.fault().contains("needs the fact's key to be columns of its source table as they are"));
}

#[test]
fn a_dimension_without_a_model_and_a_generated_one_with_a_model_are_faults() {
    let folder = Folder::new();
    folder.write("pipeline.toml", &format!("{PIPELINE}\n[dimensions.dim_lost]\n"));
    assert!(folder.fault().contains("[dimensions.dim_lost] has no models/dim_lost.sql"));
    folder.write(
        "pipeline.toml",
        &PIPELINE.replace("[dimensions.dim_shop]", "[dimensions.dim_shop]\ngenerate = \"calendar\""),
    );
    assert!(folder.fault().contains("models/dim_shop.sql has no use"));
}

#[test]
fn a_model_without_a_target_table_is_refused_by_name() {
    let definition = Folder::new().load();
    let said = check_catalog(&definition, &catalog(&[DIM_SHOP])).expect_err("is refused").to_string();
    assert_eq!(
        said,
        "models/fact_sale.sql: the warehouse has no table fact_sale: add it in a new file of warehouse/ and migrate"
    );
    check_catalog(&definition, &catalog(&[DIM_SHOP, FACT_SALE])).expect("a complete catalog");
}

#[test]
fn a_missing_and_an_extra_column_are_named_with_the_choices() {
    let definition = Folder::new().load();
    let wider = ("dim_shop", &[("shop_id", "integer"), ("city", "text"), ("phone", "text")][..]);
    let missing = check_catalog(&definition, &catalog(&[wider, FACT_SALE])).expect_err("is refused").to_string();
    assert!(missing.contains("does not give phone"), "{missing}");
    let narrower = ("dim_shop", &[("shop_id", "integer")][..]);
    let extra = check_catalog(&definition, &catalog(&[narrower, FACT_SALE])).expect_err("is refused").to_string();
    assert!(extra.contains("gives city") && extra.contains("its columns are shop_id"), "{extra}");
}

#[test]
fn a_column_that_the_source_lost_is_named_with_the_model_that_uses_it() {
    let definition = Folder::new().load();
    let source = |city: &str| {
        BTreeMap::from([
            (
                "sale".to_owned(),
                vec![column("sale_id", "integer"), column("shop_id", "integer"), column("amount", "numeric")],
            ),
            (
                "shop".to_owned(),
                vec![column("shop_id", "integer"), column("city_id", "integer"), column("extra", "text")],
            ),
            ("city".to_owned(), vec![column("city_id", "integer"), column(city, "text")]),
        ])
    };
    check_source_columns(&definition, &source("name")).expect("extra columns do not disturb");
    let said = check_source_columns(&definition, &source("title")).expect_err("is refused");
    assert_eq!(said, "column city.name is missing in the source, and models/dim_shop.sql uses it");
}

#[test]
fn a_fingerprint_changes_with_the_text_the_seeds_and_the_target_and_with_nothing_else() {
    let folder = Folder::new();
    folder.write(
        "models/dim_shop.sql",
        "select s.shop_id, n.name as city from shop s left join names n on n.id = s.city_id",
    );
    folder.write("seeds/names.csv", "id,name\n1,Leeds\n");
    let wide = catalog(&[DIM_SHOP, FACT_SALE]);
    let fingerprint = |catalog: &Catalog| {
        let definition = folder.load();
        definition.fingerprint(&definition.models["dim_shop"], catalog)
    };
    let first = fingerprint(&wide);
    assert_eq!(first, fingerprint(&wide));
    folder.write("models/fact_sale.sql", "select sale_id, shop_id, abs(amount) as amount from sale");
    assert_eq!(first, fingerprint(&wide), "another model");
    let other_type = ("dim_shop", &[("shop_id", "bigint"), ("city", "text")][..]);
    assert_ne!(first, fingerprint(&catalog(&[other_type, FACT_SALE])), "the target");
    let mut other_key = wide.clone();
    other_key.tables.get_mut("dim_shop").expect("is there").primary_key = vec!["city".to_owned()];
    assert_ne!(first, fingerprint(&other_key), "the target's key");
    folder.write("seeds/names.csv", "id,name\n1,York\n");
    let reseeded = fingerprint(&wide);
    assert_ne!(first, reseeded, "a seed");
    folder
        .write("models/dim_shop.sql", "select s.shop_id, n.name as city from shop s join names n on n.id = s.city_id");
    assert_ne!(reseeded, fingerprint(&wide), "the text");
}

#[test]
fn a_fingerprint_changes_with_the_business_key() {
    let folder = Folder::new();
    let catalog = catalog(&[DIM_SHOP, FACT_SALE]);
    let fingerprint = || {
        let definition = folder.load();
        definition.fingerprint(&definition.models["fact_sale"], &catalog)
    };
    let first = fingerprint();
    folder.write("pipeline.toml", &PIPELINE.replace("[\"sale_id\"]", "[\"sale_id\", \"shop_id\"]"));
    assert_ne!(first, fingerprint());
}
