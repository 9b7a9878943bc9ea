//! What executions cost, line by line, their sum, and a month of them.

use std::fmt;

use aws_sdk_sfn::types::ExecutionListItem;
use serde::Serialize;

use crate::cost::bill::{Bill, Quantities};
use crate::cost::prices::Prices;
use crate::event::seconds;
use crate::report::instant;
use crate::text::{bytes, count, number, table};

/// Days of a month, as AWS counts 730 hours.
const DAYS_OF_MONTH: f64 = 730.0 / 24.0;
const SECONDS_OF_DAY: f64 = 86_400.0;

/// One execution.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    name: String,
    execution: String,
    status: String,
    started: String,
    #[serde(flatten)]
    used: Quantities,
    usd: Bill,
    /// Seconds since 1970 at its start.
    #[serde(skip)]
    at: f64,
}

/// Several executions, the newest first.
#[derive(Debug, Serialize)]
pub(crate) struct Statement {
    /// The region and the month of the prices.
    prices: [String; 2],
    executions: Vec<Line>,
    sum: Quantities,
    usd: Bill,
    /// How many of them a day has, at the rate at which they were started; unknown with fewer than two.
    executions_per_day: Option<f64>,
    /// What a month of them costs, in USD.
    usd_per_month: Option<f64>,
    /// What keeping for a month costs what these executions have added to the raw zone, in USD.
    usd_per_month_kept: f64,
}

impl Line {
    /// An execution that has used this.
    pub(crate) fn new(execution: &ExecutionListItem, used: Quantities, prices: &Prices) -> Self {
        Self {
            name: execution.name.clone(),
            execution: execution.execution_arn.clone(),
            status: execution.status.as_str().to_owned(),
            started: instant(&execution.start_date),
            usd: Bill::of(&used, prices),
            used,
            at: seconds(&execution.start_date),
        }
    }
}

impl Statement {
    /// The statement over these executions.
    pub(crate) fn new(executions: Vec<Line>, prices: Prices) -> Self {
        let mut sum = Quantities::default();
        executions.iter().for_each(|line| sum += &line.used);
        let usd = Bill::of(&sum, &prices);
        let starts: Vec<f64> = executions.iter().map(|line| line.at).collect();
        let executions_per_day = per_day(&starts);
        let of_one = usd.total / executions.len().max(1) as f64;
        Self {
            usd_per_month: executions_per_day.map(|rate| rate * DAYS_OF_MONTH * of_one),
            usd_per_month_kept: sum.keeping(&prices),
            prices: [prices.region, prices.date],
            executions,
            sum,
            usd,
            executions_per_day,
        }
    }
}

/// How many executions a day has that begin as far apart as these do on average.
fn per_day(starts: &[f64]) -> Option<f64> {
    let first = starts.iter().copied().reduce(f64::min)?;
    let last = starts.iter().copied().reduce(f64::max)?;
    let gaps = starts.len() - 1;
    (last > first).then(|| gaps as f64 / (last - first) * SECONDS_OF_DAY)
}

impl fmt::Display for Statement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.executions.is_empty() {
            return writeln!(out, "no execution has ended yet; `starlift run --wait` starts one");
        }
        let header =
            ["execution", "status", "started", "calls", "seconds", "GB-seconds", "transitions", "S3 requests", "USD"];
        let row = |line: &Line| {
            let mut cells = vec![line.name.clone(), line.status.clone(), line.started.clone()];
            cells.extend(figures(&line.used, &line.usd));
            cells
        };
        let mut rows: Vec<Vec<String>> = self.executions.iter().map(row).collect();
        let mut sum = vec![count(self.executions.len() as u64, "execution"), String::new(), String::new()];
        sum.extend(figures(&self.sum, &self.usd));
        rows.push(sum);
        write!(out, "{}", table(&header, &rows, &[3, 4, 5, 6, 7, 8]))?;
        self.remarks(out)
    }
}

impl Statement {
    fn remarks(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Bill { lambda_compute, lambda_requests, step_functions, s3_requests, .. } = self.usd;
        let lambda = lambda_compute + lambda_requests;
        writeln!(out, "\nLambda {lambda:.6}, Step Functions {step_functions:.6}, requests to S3 {s3_requests:.6} USD")?;
        match (self.executions_per_day, self.usd_per_month) {
            (Some(rate), Some(month)) => {
                writeln!(out, "a month at this rate, {rate:.1} executions a day: {month:.2} USD")?;
            }
            _ => writeln!(out, "what a month costs can be said when two executions have ended")?,
        }
        let (added, kept) = (bytes(self.sum.raw_bytes), self.usd_per_month_kept);
        writeln!(out, "{added} were added to the raw zone: {kept:.6} USD for each month that they are kept")?;
        if self.sum.unpriced > 0 {
            let calls = count(self.sum.unpriced, "call");
            writeln!(
                out,
                "the memory of {calls} is not known (an older version, or none succeeded): their seconds are left out"
            )?;
        }
        let [region, date] = &self.prices;
        writeln!(
            out,
            "prices: {region}, {date}, without free tiers; --prices takes others\n\
             not in it: what is paid by the month (secrets and their endpoint, key, alarms, metrics, databases), logs, traces, requests to KMS \
             and Secrets Manager, storage (docs/cost.md)"
        )
    }
}

/// Calls, seconds, GB-seconds, transitions, requests, USD.
fn figures(used: &Quantities, usd: &Bill) -> [String; 6] {
    [
        number(used.invocations),
        format!("{:.1}", used.seconds),
        format!("{:.2}", used.gb_seconds()),
        number(used.transitions),
        number(used.s3_writes + used.s3_reads),
        format!("{:.6}", usd.total),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_starts_and_one_start_has_none() {
        assert_eq!(per_day(&[]), None);
        assert_eq!(per_day(&[1000.0]), None);
        assert_eq!(per_day(&[2800.0, 1900.0, 1000.0]), Some(96.0));
    }

    #[test]
    fn a_statement_adds_up_and_says_what_it_leaves_out() {
        let prices = Prices::read(None).expect("prices");
        let line = |name: &str, at: f64, unpriced: u64| {
            let used = Quantities { invocations: 5, transitions: 1000, unpriced, ..Quantities::default() };
            let usd = Bill::of(&used, &prices);
            let [execution, status, started] = ["arn", "SUCCEEDED", "2026-11-20T12:34:56Z"].map(str::to_owned);
            Line { name: name.to_owned(), execution, status, started, used, usd, at }
        };
        let text = Statement::new(vec![line("b", 900.0, 0), line("a", 0.0, 1)], prices.clone()).to_string();
        assert!(text.contains("2 executions"), "{text}");
        assert!(text.contains("10      0.0        0.00        2,000            0  0.050002"), "{text}");
        assert!(text.contains("96.0 executions a day: 73.00 USD"), "{text}");
        assert!(text.contains("the memory of 1 call is not known"), "{text}");
        assert!(text.contains("not in it: "), "{text}");
    }
}
