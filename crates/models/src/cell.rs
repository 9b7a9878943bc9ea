//! One value, from PostgreSQL's text to what Parquet stores, exactly or not at all.
//!
//! The formats are those of a session with `DateStyle=ISO` and `TimeZone=UTC`. What PostgreSQL can hold and Parquet cannot (infinity, BC,
//! `24:00:00`, `NaN` of numeric) is a [`Fault`]; nothing is rounded, wrapped or guessed.

/// Why a value cannot be typed. It names no value.
pub(crate) type Fault = &'static str;

const DAY_IN_MICROSECONDS: i64 = 86_400_000_000;

/// `numeric` as an integer of units of 10^-scale that has at most `precision` digits.
pub(crate) fn decimal(text: &str, precision: u32, scale: u32) -> Result<i128, Fault> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    match digits {
        "NaN" => return Err("NaN"),
        "Infinity" => return Err("infinity"),
        _ => {}
    }
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = !whole.is_empty() && whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    if !is_number {
        return Err("not a number");
    }
    let fraction = fraction.trim_end_matches('0');
    let Some(padding) = usize::try_from(scale).ok().and_then(|scale| scale.checked_sub(fraction.len())) else {
        return Err("more decimals than can be kept");
    };
    let zeros = std::iter::repeat_n(b'0', padding);
    let mut units: i128 = 0;
    for digit in whole.bytes().chain(fraction.bytes()).chain(zeros) {
        let next = units.checked_mul(10).and_then(|units| units.checked_add(i128::from(digit - b'0')));
        units = next.ok_or("more digits than can be kept")?;
    }
    if units >= 10_i128.pow(precision) {
        return Err("more digits than can be kept");
    }
    Ok(if is_negative { -units } else { units })
}

/// `boolean`.
pub(crate) fn boolean(text: &str) -> Result<bool, Fault> {
    match text {
        "t" => Ok(true),
        "f" => Ok(false),
        _ => Err("not a boolean"),
    }
}

/// `date` in days since 1970-01-01.
pub(crate) fn date(text: &str) -> Result<i32, Fault> {
    if text.ends_with("infinity") {
        return Err("infinity");
    }
    if text.ends_with(" BC") {
        return Err("a date before Christ");
    }
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let (Some(year), Some(month), Some(day), None) = (year, month, day, parts.next()) else {
        return Err("not a date");
    };
    if year.len() > 4 {
        return Err("a date after the year 9999");
    }
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return Err("not a date");
    }
    Ok(days_since_1970(year, month, day))
}

/// `time` in microseconds since midnight.
pub(crate) fn time(text: &str) -> Result<i64, Fault> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = clock.split(':');
    let (hour, minute, second) = (parts.next(), parts.next(), parts.next());
    let (Some(hour), Some(minute), Some(second), None) = (hour, minute, second, parts.next()) else {
        return Err("not a time");
    };
    let (hour, minute, second) = (number(hour, 2)?, number(minute, 2)?, number(second, 2)?);
    if hour == 24 {
        return Err("the time 24:00:00");
    }
    if hour > 23 || minute > 59 || second > 59 || fraction.len() > 6 {
        return Err("not a time");
    }
    let mut micros = i64::from(if fraction.is_empty() { 0 } else { number(fraction, fraction.len())? });
    for _ in fraction.len()..6 {
        micros *= 10;
    }
    Ok(i64::from((hour * 60 + minute) * 60 + second) * 1_000_000 + micros)
}

/// `timestamp` in microseconds since 1970-01-01 00:00:00.
pub(crate) fn timestamp(text: &str) -> Result<i64, Fault> {
    let Some((day, clock)) = text.split_once(' ') else {
        return Err(if text.ends_with("infinity") { "infinity" } else { "not a timestamp" });
    };
    if clock.ends_with(" BC") {
        return Err("a date before Christ");
    }
    Ok(i64::from(date(day)?) * DAY_IN_MICROSECONDS + time(clock)?)
}

/// `timestamptz` in microseconds since 1970-01-01 00:00:00 UTC.
pub(crate) fn timestamptz(text: &str) -> Result<i64, Fault> {
    if text.ends_with("infinity") || text.ends_with(" BC") {
        return timestamp(text);
    }
    timestamp(text.strip_suffix("+00").ok_or("not a timestamp in UTC")?)
}

/// Exactly so many digits.
fn number(text: &str, digits: usize) -> Result<i32, Fault> {
    let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number {
        return Err("not a date or time");
    }
    text.parse().map_err(|_| "not a date or time")
}

fn days_in_month(year: i32, month: i32) -> i32 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days in the proleptic Gregorian calendar. Years begin in March here, so that the leap day is a year's last.
fn days_since_1970(year: i32, month: i32, day: i32) -> i32 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days_of_years = 365 * year + year / 4 - year / 100 + year / 400;
    let days_of_months = (153 * month + 2) / 5;
    days_of_years + days_of_months + day - 719_469
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_count_from_1970_over_leap_years_and_centuries() {
        let cases = [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2000-02-29", 11_016),
            ("2024-02-29", 19_782),
            ("0001-01-01", -719_162),
        ];
        for (text, days) in cases {
            assert_eq!(date(text), Ok(days), "{text}");
        }
        for text in ["2024-02-30", "1900-02-29", "2024-13-01", "2024-00-10", "2024-1-1", "24-01-01", "", "2024-01-01x"]
        {
            assert!(date(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_parquet_cannot_hold_is_a_fault_with_its_name() {
        assert_eq!(date("infinity"), Err("infinity"));
        assert_eq!(date("0044-03-15 BC"), Err("a date before Christ"));
        assert_eq!(date("10000-01-01"), Err("a date after the year 9999"));
        assert_eq!(time("24:00:00"), Err("the time 24:00:00"));
        assert_eq!(timestamp("-infinity"), Err("infinity"));
        assert_eq!(timestamptz("0044-03-15 12:00:00+00 BC"), Err("a date before Christ"));
        assert_eq!(decimal("NaN", 38, 18), Err("NaN"));
        assert_eq!(decimal("-Infinity", 38, 18), Err("infinity"));
        assert_eq!(decimal("100000000000000000000", 38, 18), Err("more digits than can be kept"));
        assert_eq!(decimal("0.0000000000000000001", 38, 18), Err("more decimals than can be kept"));
    }

    #[test]
    fn times_have_up_to_six_decimals() {
        assert_eq!(time("00:00:00"), Ok(0));
        assert_eq!(time("23:59:59.999"), Ok(86_399_999_000));
        assert_eq!(time("00:00:00.000001"), Ok(1));
        assert_eq!(timestamp("1970-01-02 00:00:01.5"), Ok(DAY_IN_MICROSECONDS + 1_500_000));
        assert_eq!(timestamptz("1970-01-01 00:00:01+00"), Ok(1_000_000));
        assert!(timestamptz("1970-01-01 00:00:01+13").is_err());
    }

    #[test]
    fn decimals_are_exact() {
        assert_eq!(decimal("2.675", 38, 18), Ok(2_675_000_000_000_000_000));
        assert_eq!(decimal("-0.10", 10, 2), Ok(-10));
        assert_eq!(decimal("1.500", 3, 1), Ok(15));
        assert_eq!(decimal("99999999.99", 10, 2), Ok(9_999_999_999));
        for text in ["", "-", ".5", "1e3", "1,5", " 1"] {
            assert!(decimal(text, 38, 18).is_err(), "{text}");
        }
    }
}
