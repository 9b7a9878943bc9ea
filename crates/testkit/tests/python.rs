//! The Python environment is made when it must be, and only then.

use std::fs;
use std::thread;

use starlift_testkit::python::Environment;

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[test]
fn an_environment_is_made_again_only_when_its_requirements_change() -> Outcome {
    let scratch = tempfile::tempdir()?;
    let (folder, requirements) = (scratch.path().join("venv"), scratch.path().join("requirements.txt"));
    fs::write(&requirements, "# nothing\n")?;
    thread::scope(|scope| {
        let both = [(); 2].map(|()| scope.spawn(|| Environment::ensure(&folder, &requirements)));
        both.into_iter().all(|started| started.join().is_ok_and(|made| made.is_ok()))
    })
    .then_some(())
    .ok_or("two that start together both get an environment")?;

    let mark = folder.join("mark");
    fs::write(&mark, "")?;
    Environment::ensure(&folder, &requirements)?;
    assert!(mark.exists(), "equal requirements leave it alone");
    fs::write(&requirements, "# nothing else\n")?;
    let made = Environment::ensure(&folder, &requirements)?;
    assert!(!mark.exists(), "other requirements make it anew");
    assert!(made.program("python").exists());
    Ok(())
}

#[test]
fn a_package_that_cannot_be_installed_is_named_with_what_to_do() -> Outcome {
    let scratch = tempfile::tempdir()?;
    let requirements = scratch.path().join("requirements.txt");
    fs::write(&requirements, "./there-is-no-such-package\n")?;
    let refused = Environment::ensure(&scratch.path().join("venv"), &requirements);
    let message = refused.err().ok_or("a missing package was installed")?.to_string();
    assert!(message.contains("PIP_INDEX_URL") && message.contains("there-is-no-such-package"), "{message}");
    Ok(())
}
