//! Exports written for one test: a standard row of each kind and the cells in which a row differs from it, so that
//! a test shows only what it is about. [`Sheet`] edits a file as an operator would.

use std::fs;
use std::path::Path;

use super::generator::{Figures, GeneratedShop};
use super::{fixture, workspace};

/// A CSV file in memory, to be edited as an operator would.
#[derive(Clone)]
pub struct Sheet {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    pub fn read(path: &Path) -> Self {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(path).expect("the file opens");
        let columns = reader.headers().expect("a header").iter().map(str::to_owned).collect();
        let rows =
            reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect();
        Self { columns, rows }
    }

    pub fn write(&self, path: &Path) {
        let mut writer = csv::Writer::from_path(path).expect("the file opens");
        writer.write_record(&self.columns).expect("a header");
        for row in &self.rows {
            writer.write_record(row).expect("a row");
        }
        writer.flush().expect("the file is written");
    }

    fn at(&self, column: &str) -> usize {
        self.columns.iter().position(|name| name == column).unwrap_or_else(|| panic!("no column {column}"))
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn get(&self, row: usize, column: &str) -> &str {
        &self.rows[row][self.at(column)]
    }

    pub fn set(&mut self, row: usize, column: &str, cell: &str) {
        let at = self.at(column);
        self.rows[row][at] = cell.to_owned();
    }

    /// The first row of which all of this holds.
    pub fn find(&self, wanted: impl Fn(&dyn Fn(&str) -> String) -> bool) -> usize {
        (0..self.rows.len())
            .find(|&row| wanted(&|column| self.get(row, column).to_owned()))
            .expect("the shop has such a row")
    }
}

/// A folder with exports, made by hand.
pub struct Exports(tempfile::TempDir);

const ORDER: &[(&str, &str)] = &[
    ("order_id", "5001"),
    ("order_date", "2024-05-06 10:00:00"),
    ("product_id", "201"),
    ("product_name", "Buku Saku"),
    ("buyer_name", "Rina Contoh"),
    ("buyer_email", "rina@example.org"),
    ("buyer_phone", ""),
    ("buyer_whatsapp", ""),
    ("amount", "100000"),
    ("paid_amount", "100000"),
    ("payment_status", "PAID"),
    ("paid_date", "2024-05-07 08:00:00"),
    ("expiry_date", ""),
    ("affiliate_code", ""),
    ("affiliate_name", ""),
    ("affiliate_email", ""),
    ("affiliate_commission_rate", ""),
    ("affiliate_commission_amount", ""),
];

const AFFILIATE: &[(&str, &str)] = &[
    ("affiliate_code", "MITRA01"),
    ("affiliate_name", "Mitra Contoh"),
    ("affiliate_email", "mitra@example.org"),
    ("affiliate_phone", ""),
    ("commission_rate", "30"),
    ("total_referrals", "1"),
    ("total_commissions", "30000"),
    ("total_paid", "0"),
    ("join_date", "2023-01-01"),
];

const MEMBERSHIP: &[(&str, &str)] = &[
    ("membership_id", "M1"),
    ("user_email", "rina@example.org"),
    ("product_id", "102"),
    ("product_name", "Keanggotaan Saudagar 12 Bulan"),
    ("start_date", "2025-06-01"),
    ("expiry_date", "2026-06-01"),
    ("status", "active"),
    ("price", "1299000"),
    ("order_id", ""),
];

const COMMISSION: &[(&str, &str)] = &[
    ("id", "1"),
    ("order_id", "5001"),
    ("affiliate_code", "MITRA01"),
    ("tier", "1"),
    ("amount", "30000"),
    ("status", "added"),
    ("paid", "0"),
    ("created", "2024-05-06 10:00:00"),
    ("updated", "2024-05-07 08:00:00"),
];

/// The columns that make an order the affiliate's.
pub const SOLD: &[(&str, &str)] = &[
    ("affiliate_code", "MITRA01"),
    ("affiliate_name", "Mitra Contoh"),
    ("affiliate_email", "mitra@example.org"),
    ("affiliate_commission_rate", "30"),
    ("affiliate_commission_amount", "30000"),
];

pub type Edits<'a> = &'a [(&'a str, &'a str)];

impl Exports {
    pub fn new() -> Self {
        let exports = Self(workspace());
        fs::copy(fixture("clean").join("products.csv"), exports.path().join("products.csv"))
            .expect("the product map is copied");
        exports
    }

    /// A generated shop's.
    pub fn generated(orders: u32) -> (Self, Figures) {
        let exports = Self(workspace());
        let figures = GeneratedShop::new(orders).write_clean(exports.path()).expect("the shop is written");
        (exports, figures)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    fn file(&self, name: &str, standard: Edits<'_>, rows: &[&[Edits<'_>]]) {
        let mut columns: Vec<String> = standard.iter().map(|(column, _)| (*column).to_owned()).collect();
        // Columns beyond the checklist's are there where a row has something in them.
        for (column, _) in rows.iter().copied().flatten().copied().flatten() {
            if !columns.iter().any(|known| known == column) {
                columns.push((*column).to_owned());
            }
        }
        let mut cells: Vec<String> = standard.iter().map(|(_, cell)| (*cell).to_owned()).collect();
        cells.resize(columns.len(), String::new());
        let mut sheet = Sheet { columns, rows: Vec::new() };
        for (at, edits) in rows.iter().enumerate() {
            sheet.rows.push(cells.clone());
            for (column, cell) in edits.iter().copied().flatten() {
                sheet.set(at, column, cell);
            }
        }
        sheet.write(&self.path().join(name));
    }

    pub fn orders(self, rows: &[&[Edits<'_>]]) -> Self {
        self.file("orders.csv", ORDER, rows);
        self
    }

    pub fn affiliates(self, rows: &[&[Edits<'_>]]) -> Self {
        self.file("affiliates.csv", AFFILIATE, rows);
        self
    }

    pub fn commissions(self, rows: &[&[Edits<'_>]]) -> Self {
        self.file("commissions.csv", COMMISSION, rows);
        self
    }

    pub fn memberships(self, rows: &[&[Edits<'_>]]) -> Self {
        self.file("memberships.csv", MEMBERSHIP, rows);
        self
    }

    pub fn sheet(&self, name: &str) -> Sheet {
        Sheet::read(&self.path().join(name))
    }
}
