//! `validate`, through the binary: what can be imported, what cannot, and the control totals, without a database.

mod figures;
mod outputs;
mod verdict;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{AS_OF, Outcome, fixture, tool, workspace};

/// Validates in a folder of its own, where no database is.
struct Validation(tempfile::TempDir);

impl Validation {
    fn new() -> Self {
        Self(workspace())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn validate(&self, path: &Path, more: &[&str]) -> Outcome {
        let url = format!("file:{}", self.path("none.db").display());
        let (path, out) = (path.display().to_string(), self.path("out").display().to_string());
        let mut args = vec!["--database-url", url.as_str(), "validate", path.as_str(), "--out", out.as_str()];
        args.extend(["--as-of", AS_OF]);
        args.extend(more);
        tool(&args)
    }

    fn folder(&self) -> PathBuf {
        let mut folders: Vec<PathBuf> = fs::read_dir(self.path("out"))
            .expect("a folder of runs")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        assert_eq!(folders.len(), 1, "{folders:?}");
        folders.remove(0)
    }
}

fn figures() -> Value {
    let text = fs::read_to_string(fixture("clean").join("figures.json")).expect("the figures");
    serde_json::from_str(&text).expect("the figures are JSON")
}

fn records(path: &Path) -> u64 {
    csv::ReaderBuilder::new().flexible(true).from_path(path).expect("the file opens").records().count() as u64
}

/// A file of `count` orders, each written by `row` from its number.
fn orders_file(validation: &Validation, count: u32, row: impl Fn(u32) -> String) -> PathBuf {
    let header = "order_id,order_date,product_id,buyer_email,amount,payment_status,paid_date,affiliate_code,\
                  affiliate_commission_amount\n";
    let path = validation.path("orders.csv");
    let rows: String = (1..=count).map(|number| row(number) + "\n").collect();
    fs::write(&path, format!("{header}{rows}")).expect("the file is written");
    path
}

fn order_row(number: u32, month: u32, affiliate: &str) -> String {
    let date = format!("2024-{month:02}-{:02}", number % 28 + 1);
    format!("{number},{date},7,b{number}@example.org,1000,PAID,{date},{affiliate},100")
}
