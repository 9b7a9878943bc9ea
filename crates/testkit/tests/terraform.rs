//! Terraform as the checks and the test of the deployment run it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use starlift_testkit::terraform::{Terraform, WorkingCopy};
use starlift_testkit::{error, workspace};

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[test]
fn terraform_runs_beside_the_repository_and_leaves_it_as_it_was() -> Outcome {
    let before = files(&workspace::root().join("terraform"))?;
    let folder = tempfile::tempdir()?;
    let copy = WorkingCopy::make(folder.path())?;
    let terraform = Terraform::find()?;
    let example = copy.example("minimal");
    terraform.initialise(&example)?;
    let providers = error::run(&mut terraform.command(&example, &["version"]))?;
    assert!(providers.contains("registry.terraform.io/hashicorp/aws v5.100.0"), "{providers}");
    assert!(example.join(".terraform.lock.hcl").is_file(), "Terraform has written elsewhere");
    assert_eq!(files(&workspace::root().join("terraform"))?, before);
    Ok(())
}

fn files(folder: &Path) -> std::io::Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if path.is_dir() {
            found.append(&mut files(&path)?);
        }
        found.insert(path);
    }
    Ok(found)
}
