//! The worked cases, the prices and the sums of docs/cost.md, and the prices of the dashboard.

use super::*;

const DOCUMENT: &str = include_str!("../../../../../docs/cost.md");

const DASHBOARD: &str = include_str!("../../../../../terraform/dashboard.tf");

/// The cells of the table under a mark, row by row, without its header.
fn rows(mark: &str) -> Vec<Vec<String>> {
    let begin = format!("<!-- {mark} -->");
    let block = DOCUMENT.split_once(&begin).unwrap_or_else(|| panic!("docs/cost.md has no {begin}")).1;
    let lines = block.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let cells =
        |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('*').to_owned()).collect();
    lines.skip(2).map(cells).collect()
}

fn number(cell: &str) -> f64 {
    cell.replace(',', "").parse().unwrap_or_else(|_| panic!("{cell} is no number"))
}

#[test]
fn the_worked_cases_are_what_the_formula_gives() {
    let table = rows("cases: checked");
    let cell = |row: &str, case: usize| {
        let found = table.iter().find(|cells| cells[0] == row).unwrap_or_else(|| panic!("no row {row}"));
        number(&found[case])
    };
    let prices = Prices::read(None).expect("prices");
    for case in 1..=3 {
        let whole = |row| cell(row, case) as u64;
        let used = Quantities {
            invocations: whole("invocations"),
            arm64_gb_seconds: cell("GB-seconds", case),
            transitions: whole("transitions"),
            s3_writes: whole("requests that write or list"),
            s3_reads: whole("requests that read"),
            ..Quantities::default()
        };
        let bill = Bill::of(&used, &prices);
        let parts = [
            ("Lambda, compute", bill.lambda_compute),
            ("Lambda, requests", bill.lambda_requests),
            ("Step Functions", bill.step_functions),
            ("S3, requests", bill.s3_requests),
            ("together", bill.total),
        ];
        for (row, usd) in parts {
            assert_eq!(format!("{usd:.2}"), format!("{:.2}", cell(row, case)), "{row}, case {case}");
        }
    }
}

#[test]
fn the_quantities_of_a_case_are_those_of_one_execution_times_their_number() {
    let table = rows("cases: checked");
    let one = rows("executions: checked");
    let cell = |rows: &[Vec<String>], name: &str, case: usize| {
        number(&rows.iter().find(|cells| cells[0] == name).unwrap_or_else(|| panic!("no row {name}"))[case])
    };
    for case in 1..=3 {
        let times = cell(&table, "executions", case);
        for row in ["invocations", "GB-seconds", "transitions", "requests that write or list", "requests that read"] {
            let product = cell(&one, row, case) * times;
            assert!((product - cell(&table, row, case)).abs() < 0.51, "{row}, case {case}: {product}");
        }
    }
}

#[test]
fn the_prices_of_the_document_are_those_of_the_formula() {
    let prices = Prices::read(None).expect("prices");
    let ours = [
        ("lambda_arm64_gb_second", prices.lambda_arm64_gb_second),
        ("lambda_x86_64_gb_second", prices.lambda_x86_64_gb_second),
        ("lambda_request", prices.lambda_request),
        ("state_transition", prices.state_transition),
        ("s3_write", prices.s3_write),
        ("s3_read", prices.s3_read),
        ("s3_gb_month", prices.s3_gb_month),
    ];
    let table = rows("prices: checked");
    let told: Vec<(&str, f64)> = table.iter().map(|cells| (cells[0].trim_matches('`'), number(&cells[1]))).collect();
    assert_eq!(told, ours);
    assert!(DOCUMENT.contains(&format!("{}, {}", prices.region, prices.date)), "region and month");
}

#[test]
fn the_prices_of_the_dashboard_are_those_of_the_formula() {
    let prices = Prices::read(None).expect("prices");
    // A price is a text there.
    let told = |name: &str| {
        let line = DASHBOARD.lines().find(|line| line.trim_start().starts_with(name));
        let texts = line.unwrap_or_else(|| panic!("dashboard.tf has no {name}")).split('"').skip(1).step_by(2);
        texts.map(number).collect::<Vec<f64>>()
    };
    let of_processors = [prices.lambda_arm64_gb_second, prices.lambda_x86_64_gb_second];
    assert_eq!(told("price_of_gb_second"), of_processors);
    assert_eq!(told("price_of_request"), [prices.lambda_request]);
    assert_eq!(told("price_of_transition"), [prices.state_transition]);
}

#[test]
fn what_is_paid_by_the_month_adds_up() {
    let table = rows("fixed: checked");
    let (last, items) = table.split_last().expect("rows");
    let mut sum = 0.0;
    for item in items {
        let usd = number(&item[1]) * number(&item[2]);
        assert_eq!(format!("{usd:.2}"), item[3], "{}", item[0]);
        sum += usd;
    }
    assert_eq!((last[0].as_str(), format!("{sum:.2}")), ("together", last[3].clone()));
}
