//! CSV as `COPY … (FORMAT csv, HEADER)` writes it, exactly: an empty unquoted field is NULL, `""` is the empty string.
//!
//! General CSV readers take the two for the same, skip empty lines or trim; here every byte of a text column is a value
//! (`hostile_text_survives_the_round_trip`). One record is held at a time.

use std::io::{self, BufRead, Write};

/// Why a record cannot be read. It names no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    /// The file cannot be read.
    #[error("cannot be read ({0})")]
    Unreadable(io::ErrorKind),
    /// A record is not UTF-8.
    #[error("record {0} is not UTF-8")]
    NotUtf8(u64),
    /// A record ends within quotes, or has a quote where none can stand.
    #[error("record {0} is not quoted as COPY does it")]
    Quotes(u64),
    /// A record has another number of fields than the header.
    #[error("record {0} has another number of fields than the header")]
    Fields(u64),
}

/// Reads records one after the other. The header counts as record 0.
pub struct CopyReader<R> {
    input: R,
    line: Vec<u8>,
    text: String,
    fields: Vec<Field>,
    record: u64,
}

#[derive(Clone, Copy)]
struct Field {
    start: usize,
    end: usize,
    is_null: bool,
}

impl<R: BufRead> CopyReader<R> {
    /// Reads the header, whose names [`CopyReader::values`] then gives.
    ///
    /// # Errors
    /// There is no header, or it is not CSV.
    pub fn new(input: R) -> Result<Self, CopyError> {
        let mut reader = Self { input, line: Vec::new(), text: String::new(), fields: Vec::new(), record: 0 };
        if !reader.read()? {
            return Err(CopyError::Fields(0));
        }
        Ok(reader)
    }

    /// Goes to the next record; false at the end.
    ///
    /// # Errors
    /// The file cannot be read, or the record is not CSV with as many fields as the header.
    pub fn advance(&mut self) -> Result<bool, CopyError> {
        let expected = self.fields.len();
        self.record += 1;
        if !self.read()? {
            return Ok(false);
        }
        if self.fields.len() != expected {
            return Err(CopyError::Fields(self.record));
        }
        Ok(true)
    }

    /// A field of the current record by its position; NULL is none.
    #[must_use]
    pub fn value(&self, position: usize) -> Option<&str> {
        let field = self.fields[position];
        (!field.is_null).then(|| &self.text[field.start..field.end])
    }

    /// The fields of the current record.
    pub fn values(&self) -> impl Iterator<Item = Option<&str>> {
        (0..self.fields.len()).map(|position| self.value(position))
    }

    /// Reads lines until the quotes are even: a newline within quotes belongs to the field.
    fn read(&mut self) -> Result<bool, CopyError> {
        self.line.clear();
        let mut quotes = 0;
        loop {
            let start = self.line.len();
            let read = self.input.read_until(b'\n', &mut self.line).map_err(|e| CopyError::Unreadable(e.kind()))?;
            if read == 0 && start == 0 {
                return Ok(false);
            }
            if read == 0 {
                return Err(CopyError::Quotes(self.record));
            }
            quotes += self.line[start..].iter().filter(|byte| **byte == b'"').count();
            if quotes % 2 == 0 {
                break;
            }
        }
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
        }
        let line = std::str::from_utf8(&self.line).map_err(|_| CopyError::NotUtf8(self.record))?;
        self.text.clear();
        self.fields.clear();
        split(line, &mut self.text, &mut self.fields).ok_or(CopyError::Quotes(self.record))?;
        Ok(true)
    }
}

/// Appends the fields' values to `text`; none when a quote stands where none can.
fn split(line: &str, text: &mut String, fields: &mut Vec<Field>) -> Option<()> {
    let mut rest = line;
    loop {
        let start = text.len();
        let quoted = rest.strip_prefix('"');
        rest = match quoted {
            Some(inside) => unquote(inside, text)?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                let value = &rest[..end];
                if value.contains('"') {
                    return None;
                }
                text.push_str(value);
                &rest[end..]
            }
        };
        fields.push(Field { start, end: text.len(), is_null: quoted.is_none() && text.len() == start });
        if rest.is_empty() {
            return Some(());
        }
        rest = rest.strip_prefix(',')?;
    }
}

/// Appends a quoted field to `text` and gives what follows its closing quote.
fn unquote<'a>(inside: &'a str, text: &mut String) -> Option<&'a str> {
    let mut rest = inside;
    loop {
        let end = rest.find('"')?;
        text.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        let Some(after) = rest.strip_prefix('"') else {
            return Some(rest);
        };
        text.push('"');
        rest = after;
    }
}

/// Writes one record in the same dialect.
///
/// # Errors
/// The output cannot be written.
pub fn write_record<'a>(output: &mut impl Write, values: impl IntoIterator<Item = Option<&'a str>>) -> io::Result<()> {
    for (position, value) in values.into_iter().enumerate() {
        if position > 0 {
            output.write_all(b",")?;
        }
        match value {
            None => {}
            Some(text) if text.is_empty() || text == "\\." || text.contains([',', '"', '\n', '\r']) => {
                write!(output, "\"{}\"", text.replace('"', "\"\""))?;
            }
            Some(text) => output.write_all(text.as_bytes())?,
        }
    }
    output.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(csv: &str) -> Result<Vec<Vec<Option<String>>>, CopyError> {
        let mut reader = CopyReader::new(csv.as_bytes())?;
        let mut records = Vec::new();
        while reader.advance()? {
            records.push(reader.values().map(|value| value.map(str::to_owned)).collect());
        }
        Ok(records)
    }

    #[test]
    fn null_and_the_empty_string_and_their_look_alikes_stay_apart() {
        let text = |value: &str| Some(value.to_owned());
        let read = records("a,b\n,\"\"\nNULL,None\nNaN, \n\\N,\"\\.\"\n").expect("reads");
        let expected = [
            vec![None, text("")],
            vec![text("NULL"), text("None")],
            vec![text("NaN"), text(" ")],
            vec![text("\\N"), text("\\.")],
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn quotes_commas_and_newlines_within_quotes_belong_to_the_field() {
        let read = records("a,b\n\"x,\"\"y\"\"\r\n,z\",\"\"\"\"\n").expect("reads");
        assert_eq!(read, [vec![Some("x,\"y\"\r\n,z".to_owned()), Some("\"".to_owned())]]);
    }

    #[test]
    fn an_empty_line_is_a_null_in_a_table_of_one_column() {
        assert_eq!(records("a\n\nx\n").expect("reads"), [vec![None], vec![Some("x".to_owned())]]);
    }

    #[test]
    fn what_copy_does_not_write_is_refused_by_the_number_of_its_record() {
        assert_eq!(records("a,b\n1,2\n3\n"), Err(CopyError::Fields(2)));
        assert_eq!(records("a\n\"open\n"), Err(CopyError::Quotes(1)));
        assert_eq!(records("a\nx\"y\"\n"), Err(CopyError::Quotes(1)));
        assert_eq!(records(""), Err(CopyError::Fields(0)));
    }
}
