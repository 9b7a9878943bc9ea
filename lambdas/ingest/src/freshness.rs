//! Times that only expire: nothing here decides which rows are new.

use jiff::civil::Date;

/// Whether an object may be near its expiry, so that unchanged content has to be written again: it is older than a third of the
/// zone's expiry, by the date in the name of the run that wrote it. An object of unknown age is taken for old.
pub(crate) fn is_due_again(key: &str, run: &str, expiry_days: Option<u32>) -> bool {
    let Some(days) = expiry_days else {
        return false;
    };
    let written = key.rsplit('/').nth(1).and_then(date_of);
    let age = date_of(run).zip(written).and_then(|(now, then)| now.since(then).ok()).map(|age| age.get_days());
    age.is_none_or(|age| i64::from(age) * 3 >= i64::from(days))
}

/// The date at the start of a run's name.
fn date_of(run: &str) -> Option<Date> {
    Date::strptime("%Y%m%d", run.get(..8)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "address/20261101T000000Z-1a2b3c4d-001/a-0001.csv";

    #[test]
    fn an_object_is_due_again_after_a_third_of_the_expiry() {
        assert!(!is_due_again(KEY, "20261130T235959Z-1a2b3c4d-001", Some(90)));
        assert!(is_due_again(KEY, "20261201T000000Z-1a2b3c4d-001", Some(90)));
        assert!(!is_due_again(KEY, "20991201T000000Z-1a2b3c4d-001", None));
    }

    #[test]
    fn an_object_of_unknown_age_is_due_again() {
        assert!(is_due_again("address/first/a-0001.csv", "20261201T000000Z-1a2b3c4d-001", Some(90)));
    }
}
