//! Lambda's glibc is older than that of most machines that build: what needs a newer one would not start there.

use std::path::Path;
use std::process::Command;

use starlift_testkit::{Error, Result, error};

/// A version of glibc.
pub(crate) type Version = (u32, u32);

/// The one of `provided.al2023`.
pub(crate) const OF_LAMBDA: Version = (2, 34);

/// Fails if a binary needs a newer glibc than Lambda has.
///
/// # Errors
/// It does, or its symbols cannot be listed.
pub(crate) fn check(binary: &Path) -> Result<()> {
    at_most(OF_LAMBDA, binary)
}

fn at_most((major, minor): Version, binary: &Path) -> Result<()> {
    let mut readelf = Command::new("readelf");
    let symbols = error::run(readelf.args(["--wide", "--dyn-syms"]).arg(binary)).map_err(|error| match error {
        Error::NotStarted { .. } => Error::Missing(
            "readelf is needed. Debian, Ubuntu: apt-get install binutils; Amazon Linux: dnf install binutils".into(),
        ),
        other => other,
    })?;
    match newest(&symbols) {
        Some((symbol, version)) if version > (major, minor) => Err(Error::Malformed(format!(
            "{} needs glibc {}.{} ({symbol}), and Lambda has {major}.{minor}: look at how it was linked",
            binary.display(),
            version.0,
            version.1
        ))),
        _ => Ok(()),
    }
}

/// The symbol of the newest version that `readelf --dyn-syms` lists, and that version.
fn newest(symbols: &str) -> Option<(&str, Version)> {
    let of_line = |line| {
        let (before, version) = str::split_once(line, "@GLIBC_")?;
        let mut numbers = version.split_whitespace().next()?.split('.').map(str::parse);
        let symbol = before.split_whitespace().next_back()?;
        Some((symbol, (numbers.next()?.ok()?, numbers.next()?.ok()?)))
    };
    symbols.lines().filter_map(of_line).max_by_key(|(_, version)| *version)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: &str = "\
     1: 0000000000000000     0 FUNC    GLOBAL DEFAULT  UND memcpy@GLIBC_2.2.5 (2)
     2: 0000000000000000     0 FUNC    GLOBAL DEFAULT  UND pthread_create@GLIBC_2.34 (3)
     3: 0000000000000000     0 FUNC    GLOBAL DEFAULT  UND __stack_chk_fail@GLIBC_2.4 (4)
     4: 0000000000000000     0 NOTYPE  WEAK   DEFAULT  UND __gmon_start__
     5: 00000000001a2b30   128 FUNC    GLOBAL DEFAULT   14 main
";

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(newest(LISTED), Some(("pthread_create", (2, 34))));
        assert_eq!(newest(&LISTED.replace("2.4 ", "2.39 ")), Some(("__stack_chk_fail", (2, 39))));
        assert_eq!(newest(""), None);
    }

    #[test]
    fn a_binary_that_needs_more_than_there_is_is_refused() {
        let this = std::env::current_exe().expect("a binary");
        at_most((99, 0), &this).expect("needs no glibc of the future");
        let refused = at_most((2, 0), &this).expect_err("needs more than the first one").to_string();
        assert!(refused.contains("Lambda has 2.0"), "{refused}");
    }
}
