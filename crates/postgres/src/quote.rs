//! The one way in which an identifier reaches a statement.

/// The identifier in double quotes, inner ones doubled. PostgreSQL has no identifier with a NUL, so one is dropped.
#[must_use]
pub fn quote(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('\0', "").replace('"', "\"\""))
}

/// `"schema"."table"`.
#[must_use]
pub fn quote_table(schema: &str, table: &str) -> String {
    format!("{}.{}", quote(schema), quote(table))
}

/// The identifiers, quoted, with commas between.
pub fn quote_list<'a>(identifiers: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = identifiers.into_iter().map(quote).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_an_identifier_cannot_end_it() {
        assert_eq!(quote("a\"; drop table b; --"), "\"a\"\"; drop table b; --\"");
        assert_eq!(quote_table("s", "t"), "\"s\".\"t\"");
        assert_eq!(quote_list(["a", "B c"]), "\"a\", \"B c\"");
    }
}
