//! Points at which a test makes a step fail: by an error, by a panic, or by the death of its process.
//!
//! They are compiled in only with the feature `fail-points`, which no zip for deployment has: `cargo xtask package` refuses one that names
//! the variable below. The points and what comes after a failure at each of them stand in `docs/failure-model.md`
//! (`a_step_that_fails_anywhere_leaves_what_a_run_without_a_failure_leaves`).

/// Marks a point at which a test can make the step fail: `fail_point!("load.before_commit")`, or with what it has come to,
/// `fail_point!("load.merged", target.name)`. For functions that return a `Failure`; nothing without the feature `fail-points`.
#[cfg(feature = "fail-points")]
#[macro_export]
macro_rules! fail_point {
    ($point:literal) => {
        $crate::fail_points::reach($point)?
    };
    ($point:literal, $of:expr) => {
        $crate::fail_points::reach(&format!("{}.{}", $point, $of))?
    };
}

/// Marks a point at which a test can make the step fail. Nothing: the feature `fail-points` is off.
#[cfg(not(feature = "fail-points"))]
#[macro_export]
macro_rules! fail_point {
    ($point:literal $(, $of:expr)?) => {};
}

/// Fails here if the file that the variable `STARLIFT_FAIL_POINT` names asks for it. The file holds the name of a point, or of
/// several with commas between, and one of `transient`, `internal`, `panic` and `kill`. With `always` after them every attempt fails, with a
/// number so many, one after another; without, the first one removes the file.
///
/// # Errors
/// The file asks for one.
///
/// # Panics
/// The file asks for it.
#[cfg(feature = "fail-points")]
pub fn reach(point: &str) -> Result<(), starlift_failure::Failure> {
    use starlift_failure::Failure;

    let Some(fuse) = std::env::var_os("STARLIFT_FAIL_POINT") else {
        return Ok(());
    };
    let asked = std::fs::read_to_string(&fuse).unwrap_or_default();
    let mut words = asked.split_whitespace();
    if !words.next().is_some_and(|points| points.split(',').any(|named| named == point)) {
        return Ok(());
    }
    let (what, times) = (words.next(), words.next());
    let left = times.and_then(|times| times.parse::<u32>().ok()).map_or(0, |times| times.saturating_sub(1));
    if left > 0 {
        let shorter = asked.trim_end().rsplit_once(' ').map(|(before, _)| format!("{before} {left}"));
        let _ = std::fs::write(&fuse, shorter.unwrap_or_default());
    } else if times != Some("always") && std::fs::remove_file(&fuse).is_err() {
        // Of several processes that come here at once, the one that removes the file fails.
        return Ok(());
    }
    let message = format!("a test asked for a failure at {point}");
    match what {
        Some("transient") => Err(Failure::transient(message)),
        Some("panic") => panic!("{message}"),
        // As a kill from outside: nothing is unwound, dropped or said.
        Some("kill") => std::process::abort(),
        _ => Err(Failure::internal(message)),
    }
}
