//! What an SQLSTATE means for the one who acts. Permanent unless proven transient.

use starlift_failure::FailureKind;

/// The kind of failure behind an SQLSTATE.
#[must_use]
pub(crate) fn kind(sqlstate: &str) -> FailureKind {
    match sqlstate {
        // lock_not_available, serialization_failure, deadlock_detected: another session is at work.
        "55P03" | "40001" | "40P01" => FailureKind::Contended,
        // query_canceled (a time-out of ours), the server going down or coming up, idle sessions ended by our own limits.
        "57014" | "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25P04" | "53300" | "53200" => {
            FailureKind::Transient
        }
        // disk_full, configuration_limit_exceeded (temp_file_limit), read_only_sql_transaction, insufficient_privilege, an unknown database.
        "53100" | "53400" | "25006" | "42501" | "3D000" => FailureKind::Denied,
        _ => match sqlstate.get(..2).unwrap_or_default() {
            "08" => FailureKind::Transient,
            "28" => FailureKind::Denied,
            "22" | "23" => FailureKind::InvalidData,
            "42" | "3F" => FailureKind::InvalidDefinition,
            _ => FailureKind::Internal,
        },
    }
}

/// Whether the server's message for this SQLSTATE is about names and never about values.
#[must_use]
pub(crate) fn message_is_safe(sqlstate: &str) -> bool {
    matches!(sqlstate.get(..2).unwrap_or_default(), "08" | "25" | "3D" | "3F" | "40" | "42" | "53" | "55" | "57")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_is_told_from_what_does_not() {
        let cases = [
            ("55P03", FailureKind::Contended),
            ("40001", FailureKind::Contended),
            ("57P01", FailureKind::Transient),
            ("08006", FailureKind::Transient),
            ("57014", FailureKind::Transient),
            ("53100", FailureKind::Denied),
            ("53400", FailureKind::Denied),
            ("28P01", FailureKind::Denied),
            ("42501", FailureKind::Denied),
            ("23505", FailureKind::InvalidData),
            ("22P02", FailureKind::InvalidData),
            ("42P01", FailureKind::InvalidDefinition),
            ("XX000", FailureKind::Internal),
        ];
        for (sqlstate, expected) in cases {
            assert_eq!(kind(sqlstate), expected, "{sqlstate}");
        }
    }

    #[test]
    fn messages_that_quote_values_are_not_passed_on() {
        assert!(message_is_safe("42P01") && message_is_safe("55P03"));
        assert!(!message_is_safe("22P02") && !message_is_safe("23505") && !message_is_safe("28P01"));
    }
}
