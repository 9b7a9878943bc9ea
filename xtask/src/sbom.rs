//! What each Lambda is made of: a bill of materials in CycloneDX's JSON beside its zip, for scanners and for whoever has to answer for it.
//!
//! It lists what is linked and nothing else: `cargo tree` knows which packages a binary has with its features, without those of tests, of build
//! scripts and of macros. Checksums are those of `Cargo.lock`. No time and no random number stands in it: equal zips have equal bills.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use starlift_testkit::{Error, Result, error, workspace};

use crate::step;

/// Between the name and the license in what `cargo tree` prints.
const FORMAT: &str = "{p}\t{l}";

/// A package that is linked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    name: String,
    version: String,
    license: String,
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

/// A package in `Cargo.lock`. Those of this workspace have no checksum.
#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    checksum: Option<String>,
}

/// Writes the bill of materials of a Lambda beside its zip, as `<lambda>.cdx.json`. Returns its path.
///
/// # Errors
/// Cargo fails, or a file cannot be read or written.
pub(crate) fn write(lambda: &str, zip: &Path) -> Result<PathBuf> {
    let content = fs::read(zip).map_err(Error::at(zip))?;
    let bill = bill(lambda, &Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect::<String>())?;
    let path = zip.with_file_name(format!("{lambda}.cdx.json"));
    fs::write(&path, format!("{bill:#}\n")).map_err(Error::at(&path))?;
    Ok(path)
}

/// The bill of a Lambda whose zip has this SHA-256.
fn bill(lambda: &str, sha256: &str) -> Result<Value> {
    let package = format!("starlift-{lambda}");
    let mut linked = linked(&package)?;
    let position = linked.iter().position(|found| found.name == package);
    let itself = position.map(|position| linked.remove(position));
    let itself = itself.ok_or_else(|| Error::Malformed(format!("cargo tree does not list {package}")))?;
    let checksums = checksums()?;
    let mut described = component("application", &itself, &checksums);
    described["hashes"] = json!([{ "alg": "SHA-256", "content": sha256 }]);
    let components: Vec<Value> = linked.iter().map(|found| component("library", found, &checksums)).collect();
    Ok(json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": described },
        "components": components,
    }))
}

fn component(kind: &str, package: &Package, checksums: &BTreeMap<(String, String), String>) -> Value {
    let Package { name, version, license } = package;
    // A plus in a version is build metadata, and a space in a URL.
    let purl = format!("pkg:cargo/{name}@{}", version.replace('+', "%2B"));
    let mut component = json!({ "type": kind, "bom-ref": purl, "name": name, "version": version, "purl": purl });
    if !license.is_empty() {
        component["licenses"] = json!([{ "expression": license }]);
    }
    if let Some(checksum) = checksums.get(&(name.clone(), version.clone())) {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
    }
    component
}

/// The packages that are linked into the binary of a package for deployment, itself included, in order.
fn linked(package: &str) -> Result<Vec<Package>> {
    let mut tree = step::cargo();
    tree.args(["tree", "--locked", "--edges=normal,no-proc-macro", "--prefix=none", "--format", FORMAT]);
    let listed = error::run(tree.args(["--package", package]))?;
    let packages: BTreeSet<Package> = listed.lines().filter_map(package_of).collect();
    Ok(packages.into_iter().collect())
}

/// `name v1.2.3 (where)<tab>license (*)`; the star says that it was listed before.
fn package_of(line: &str) -> Option<Package> {
    let (package, license) = line.split_once('\t')?;
    let (name, rest) = package.split_once(" v")?;
    let version = rest.split(' ').next().unwrap_or(rest);
    // Older packages divide licenses by a slash, which is no SPDX expression.
    let license = license.trim_end_matches(" (*)").split('/').map(str::trim).collect::<Vec<_>>().join(" OR ");
    Some(Package { name: name.to_owned(), version: version.to_owned(), license })
}

/// The checksums of `Cargo.lock`, by name and version.
fn checksums() -> Result<BTreeMap<(String, String), String>> {
    let path = workspace::root().join("Cargo.lock");
    let text = fs::read_to_string(&path).map_err(Error::at(&path))?;
    let lock: Lock = toml::from_str(&text).map_err(|error| Error::Malformed(format!("Cargo.lock: {error}")))?;
    let with_checksum = |locked: Locked| Some(((locked.name, locked.version), locked.checksum?));
    Ok(lock.package.into_iter().filter_map(with_checksum).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, version and checksum of each component.
    fn components(lambda: &str) -> Vec<(String, String, Option<String>)> {
        let bill = bill(lambda, "00").expect("a bill");
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let components = bill["components"].as_array().expect("components");
        let of = |component: &Value| {
            let checksum = text(&component["hashes"][0]["content"]);
            Some((text(&component["name"])?, text(&component["version"])?, checksum))
        };
        components.iter().filter_map(of).collect()
    }

    #[test]
    fn the_bill_of_load_has_its_packages_as_they_are_locked_and_none_of_tests_builds_or_macros() {
        let components = components("load");
        let checksums = checksums().expect("Cargo.lock");
        let (_, version, checksum) = components.iter().find(|found| found.0 == "tokio-postgres").expect("it is linked");
        assert_eq!(checksum.as_ref(), checksums.get(&("tokio-postgres".to_owned(), version.clone())));
        let has = |name: &str| components.iter().any(|found| found.0 == name);
        assert!(has("aws-sdk-s3") && has("starlift-postgres") && has("aws-lc-sys"));
        for absent in ["proptest", "starlift-testkit", "serde_derive", "cc", "polars", "starlift-load"] {
            assert!(!has(absent), "{absent}");
        }
        for (name, locked, found) in &components {
            assert!(found.is_some() || name.starts_with("starlift-"), "{name} {locked} has no checksum");
        }
    }

    #[test]
    fn the_bill_of_transform_has_polars_and_no_database() {
        let components = components("transform");
        let has = |name: &str| components.iter().any(|found| found.0 == name);
        assert!(has("polars") && !has("tokio-postgres"));
    }

    #[test]
    fn a_bill_has_what_its_schema_requires_and_nothing_that_differs_between_two() {
        let first = bill("ingest", "abc").expect("a bill");
        assert_eq!(first, bill("ingest", "abc").expect("a bill"));
        assert_eq!(
            (&first["bomFormat"], &first["specVersion"], &first["version"]),
            (&json!("CycloneDX"), &json!("1.6"), &json!(1))
        );
        assert_eq!(first["metadata"]["component"]["hashes"][0]["content"], "abc");
        assert_eq!((&first["serialNumber"], &first["metadata"]["timestamp"]), (&Value::Null, &Value::Null));
        let components = first["components"].as_array().expect("components");
        let references: BTreeSet<&str> = components.iter().filter_map(|found| found["bom-ref"].as_str()).collect();
        assert_eq!(references.len(), components.len(), "each has a reference of its own");
        for component in components {
            assert_eq!(component["type"], "library");
            assert!(component["licenses"][0]["expression"].is_string(), "{component}");
        }
    }

    #[test]
    fn licenses_divided_by_a_slash_become_an_expression() {
        let package = package_of("md-5 v0.10.6 (somewhere)\tMIT / Apache-2.0 (*)").expect("a package");
        let Package { name, version, license } = package;
        assert_eq!([name, version, license], ["md-5", "0.10.6", "MIT OR Apache-2.0"]);
    }
}
