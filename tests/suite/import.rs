//! `import`, through the binary: what a shop's exports become in the app's database, and what never happens to them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sejoli_migrate::domain::date::Millis;
use sejoli_migrate::domain::money::{Money, Rate};
use sejoli_migrate::store::codec::value::{Cell, JsonText};
use sejoli_migrate::store::engines::mode::Mode;
use sejoli_migrate::store::schema::tables::{
    AffiliateProfile, CommissionType, Membership, MembershipDuration, Role, User, UserMembership,
};
use serde_json::Value;

use crate::shop;
use crate::support::{Engine, Outcome, Shop, app_transaction, fixture, on_each_engine, workspace};

const DONE: i32 = 0;
const ROWS_LEFT: i32 = 3;

/// The tool's own books: they tell of the runs, not of the shop.
const BOOKKEEPING: &[&str] =
    &["DataImportLog", "SejoliImportRun", "SejoliImportJournal", "SejoliImportReject", "SejoliSchemaObject"];

/// A database, table by table: each row as its cells.
pub(crate) type Dump = BTreeMap<String, Vec<BTreeMap<String, String>>>;

/// What a comparison of two databases leaves aside.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compared {
    /// Nothing at all, the books included.
    Everything,
    /// The books.
    Rows,
    /// The books, and when a run began.
    Content,
    /// The same, and where in its file a row stood.
    ContentAnywhere,
}

pub(crate) fn text(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        other => panic!("no text: {other:?}"),
    }
}

pub(crate) fn texts(shop: &Shop, sql: &str) -> Vec<String> {
    shop.query(sql).iter().map(|row| text(&row[0])).collect()
}

fn tables(shop: &Shop) -> Vec<String> {
    texts(
        shop,
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' \
         AND name NOT LIKE '\\_\\_diesel%' ESCAPE '\\' ORDER BY name",
    )
}

pub(crate) fn dump(shop: &Shop, compared: Compared) -> Dump {
    let began: BTreeSet<Vec<u8>> = shop
        .query("SELECT \"startedAt\" FROM \"SejoliImportRun\"")
        .iter()
        .map(|row| format!("{:?}", row[0]).into_bytes())
        .collect();
    let of_a_run = |cell: &Cell| {
        matches!(compared, Compared::Content | Compared::ContentAnywhere)
            && began.contains(format!("{cell:?}").as_bytes())
    };
    let names = tables(shop).into_iter();
    let names =
        names.filter(|name| compared == Compared::Everything || !BOOKKEEPING.contains(&name.as_str()));
    let mut dump = Dump::new();
    for name in names {
        let columns = texts(shop, &format!("SELECT name FROM pragma_table_info('{name}') ORDER BY cid"));
        let mut rows: Vec<BTreeMap<String, String>> = Vec::new();
        for row in shop.query(&format!("SELECT * FROM \"{name}\" ORDER BY 1")) {
            let cells = columns.iter().zip(&row).map(|(column, cell)| {
                let shown = match cell {
                    cell if of_a_run(cell) => "(when the run began)".to_owned(),
                    Cell::Text(payload)
                        if compared == Compared::ContentAnywhere
                            && matches!(column.as_str(), "webhookPayload" | "payload") =>
                    {
                        placeless(payload)
                    }
                    Cell::Text(json) if json.starts_with(['{', '[']) => JsonText(json.clone()).digest(),
                    cell => format!("{cell:?}"),
                };
                (column.clone(), shown)
            });
            rows.push(cells.collect());
        }
        rows.sort();
        dump.insert(name, rows);
    }
    dump
}

/// A payload without its place in the file.
fn placeless(payload: &str) -> String {
    let mut payload: Value = serde_json::from_str(payload).expect("a payload is JSON");
    let object = payload.as_object_mut().expect("a payload is an object");
    assert!(object.remove("record").is_some(), "a payload says which record it was");
    object.remove("file");
    payload.to_string()
}

/// Fails with the first rows that differ, cell by cell.
#[track_caller]
pub(crate) fn assert_same(left: &Dump, right: &Dump, what: &str) {
    let mut differences = String::new();
    for name in left.keys().chain(right.keys()).collect::<BTreeSet<_>>() {
        let (a, b) = (&left[name], &right[name]);
        if a.len() != b.len() {
            let _ = writeln!(differences, "{name}: {} rows against {}", a.len(), b.len());
        }
        let of = |row: &BTreeMap<String, String>| row.get("id").cloned().unwrap_or_default();
        let others: HashMap<String, &BTreeMap<String, String>> = b.iter().map(|row| (of(row), row)).collect();
        for row in a {
            match others.get(&of(row)) {
                None => drop(writeln!(differences, "{name}: only on the left: {row:?}")),
                Some(other) => {
                    for (column, cell) in row.iter().filter(|(column, cell)| other[*column] != **cell) {
                        let (a, b) = where_they_part(cell, &other[column]);
                        let _ = writeln!(differences, "{name} {} {column}: {a} / {b}", of(row));
                    }
                }
            }
        }
    }
    let shown: Vec<&str> = differences.lines().take(8).collect();
    assert!(left == right, "{what}: the databases differ\n{}", shown.join("\n"));
}

/// Two cells from a little before they differ, for a message that can be read.
fn where_they_part(left: &str, right: &str) -> (String, String) {
    let same = left.chars().zip(right.chars()).take_while(|(a, b)| a == b).count();
    let part = |cell: &str| cell.chars().skip(same.saturating_sub(200)).take(400).collect();
    (part(left), part(right))
}

pub(crate) fn json(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:?}"))
}

/// Imports, expects this exit code, and returns the document.
#[track_caller]
pub(crate) fn imported(shop: &Shop, what: &str, folder: &Path, more: &[&str], code: i32) -> Value {
    let mut options = vec!["--format", "json"];
    options.extend(more);
    let outcome = shop.import(what, folder, &options);
    assert_eq!(outcome.code, code, "{}{}", outcome.stdout, outcome.stderr);
    json(&outcome)
}

pub(crate) fn found(document: &Value, code: &str) -> u64 {
    document["total"]["findings"][code].as_u64().unwrap_or(0)
}

fn rows(document: &Value, phase: &str, column: &str) -> u64 {
    document["phases"][phase][column]["rows"]
        .as_u64()
        .unwrap_or_else(|| panic!("{phase}.{column}: {document}"))
}

/// A CSV file in memory, to be edited as an operator would.
#[derive(Clone)]
pub(crate) struct Sheet {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Sheet {
    pub(crate) fn read(path: &Path) -> Self {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(path).expect("the file opens");
        let columns = reader.headers().expect("a header").iter().map(str::to_owned).collect();
        let rows =
            reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect();
        Self { columns, rows }
    }

    pub(crate) fn write(&self, path: &Path) {
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

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn get(&self, row: usize, column: &str) -> &str {
        &self.rows[row][self.at(column)]
    }

    pub(crate) fn set(&mut self, row: usize, column: &str, cell: &str) {
        let at = self.at(column);
        self.rows[row][at] = cell.to_owned();
    }

    /// The first row of which all of this holds.
    pub(crate) fn find(&self, wanted: impl Fn(&dyn Fn(&str) -> String) -> bool) -> usize {
        (0..self.rows.len())
            .find(|&row| wanted(&|column| self.get(row, column).to_owned()))
            .expect("the shop has such a row")
    }
}

/// A folder with exports, made by hand.
pub(crate) struct Exports(tempfile::TempDir);

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

/// The columns that make an order the affiliate's.
const SOLD: &[(&str, &str)] = &[
    ("affiliate_code", "MITRA01"),
    ("affiliate_name", "Mitra Contoh"),
    ("affiliate_email", "mitra@example.org"),
    ("affiliate_commission_rate", "30"),
    ("affiliate_commission_amount", "30000"),
];

pub(crate) type Edits<'a> = &'a [(&'a str, &'a str)];

impl Exports {
    pub(crate) fn new() -> Self {
        let exports = Self(workspace());
        fs::copy(fixture("clean").join("products.csv"), exports.path().join("products.csv"))
            .expect("the product map is copied");
        exports
    }

    /// A generated shop's.
    pub(crate) fn generated(orders: u32) -> (Self, shop::Figures) {
        let exports = Self(workspace());
        let figures = shop::Shop::new(orders).write_clean(exports.path()).expect("the shop is written");
        (exports, figures)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    fn file(&self, name: &str, standard: Edits<'_>, rows: &[&[Edits<'_>]]) {
        let columns: Vec<String> = standard.iter().map(|(column, _)| (*column).to_owned()).collect();
        let cells: Vec<String> = standard.iter().map(|(_, cell)| (*cell).to_owned()).collect();
        let mut sheet = Sheet { columns, rows: Vec::new() };
        for (at, edits) in rows.iter().enumerate() {
            sheet.rows.push(cells.clone());
            for (column, cell) in edits.iter().copied().flatten() {
                sheet.set(at, column, cell);
            }
        }
        sheet.write(&self.path().join(name));
    }

    pub(crate) fn orders(self, rows: &[&[Edits<'_>]]) -> Self {
        self.file("orders.csv", ORDER, rows);
        self
    }

    fn affiliates(self, rows: &[&[Edits<'_>]]) -> Self {
        self.file("affiliates.csv", AFFILIATE, rows);
        self
    }

    pub(crate) fn memberships(self, rows: &[&[Edits<'_>]]) -> Self {
        self.file("memberships.csv", MEMBERSHIP, rows);
        self
    }

    pub(crate) fn sheet(&self, name: &str) -> Sheet {
        Sheet::read(&self.path().join(name))
    }
}

/// Somebody who is in the app already.
pub(crate) fn app_user(shop: &Shop, id: &str, email: &str, name: &str, role: &str) {
    let user = User {
        id: id.to_owned(),
        email: email.to_owned(),
        username: None,
        name: name.to_owned(),
        password: None,
        role: Role::from_word(role).expect("a role"),
        phone: None,
        whatsapp: None,
        email_verified: false,
        is_active: true,
        is_suspended: false,
        import_source: None,
        created_at: Millis(1_700_000_000_000),
        updated_at: Millis(1_700_000_000_000),
    };
    shop.store(Mode::Write).insert(user).expect("a user of the app");
}

pub(crate) fn millis(time: &str) -> i64 {
    Millis::parse_rfc3339(time).expect("a time").0
}

/// A sum in sen, without a float's rounding.
fn sen(shop: &Shop, table: &str, column: &str, filter: &str) -> i64 {
    shop.number(&format!(
        "SELECT COALESCE(SUM(CAST(ROUND(\"{column}\" * 100) AS INTEGER)), 0) FROM \"{table}\" WHERE {filter}"
    ))
}

pub(crate) fn count(shop: &Shop, table: &str, filter: &str) -> i64 {
    shop.number(&format!("SELECT COUNT(*) FROM \"{table}\" WHERE {filter}"))
}

/// The findings file of the only run that has left one: file, record and code.
fn findings(shop: &Shop) -> BTreeSet<(String, u64, String)> {
    let sheet = Sheet::read(&run_folder(shop).join("findings.csv"));
    let row = |row: usize| {
        let record = sheet.get(row, "record").parse().expect("a record number");
        (sheet.get(row, "file").to_owned(), record, sheet.get(row, "code").to_owned())
    };
    (0..sheet.rows.len()).map(row).collect()
}

fn run_folder(shop: &Shop) -> PathBuf {
    let mut folders: Vec<PathBuf> = fs::read_dir(shop.path("out"))
        .expect("a folder of runs")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert_eq!(folders.len(), 1, "{folders:?}");
    folders.remove(0)
}

/// What every import has to leave behind, whatever was in the files.
#[track_caller]
fn assert_sound(shop: &Shop) {
    let none = |sql: &str| assert_eq!(shop.number(sql), 0, "{sql}");
    none("SELECT COUNT(*) FROM pragma_foreign_key_check");
    none(
        "SELECT COUNT(*) FROM \"Wallet\" w WHERE CAST(ROUND(w.\"balance\" * 100) AS INTEGER) <> \
         (SELECT COALESCE(SUM(CAST(ROUND(t.\"amount\" * 100) AS INTEGER)), 0) FROM \"WalletTransaction\" t \
          WHERE t.\"walletId\" = w.\"id\")",
    );
    none("SELECT COUNT(*) FROM \"Wallet\" WHERE \"balance\" < 0");
    none("SELECT COUNT(*) FROM \"User\" WHERE \"password\" IS NOT NULL OR \"username\" IS NOT NULL");
    none(
        "SELECT COUNT(*) FROM \"AffiliateConversion\" WHERE \"affiliateId\" NOT IN \
         (SELECT \"id\" FROM \"AffiliateProfile\")",
    );
}

/// The books of a document: read = created + updated + unchanged + held + rejected, in rows and in sen.
#[track_caller]
fn assert_balanced(document: &Value) {
    let phases = document["phases"].as_object().expect("phases");
    for (name, books) in phases.iter().chain([(&"total".to_owned(), &document["total"])]) {
        for unit in ["rows", "minor"] {
            let sum: i64 = ["created", "updated", "unchanged", "held", "rejected"]
                .iter()
                .map(|column| books[column][unit].as_i64().expect("a number"))
                .sum();
            assert_eq!(books["read"][unit].as_i64(), Some(sum), "{name} {unit}");
        }
    }
}

// The whole shop.

fn a_clean_shop_arrives_with_exactly_its_own_figures(engine: Engine) {
    let shop = Shop::new(engine);
    let document = imported(&shop, "all", &fixture("clean"), &[], DONE);
    let figures = fs::read_to_string(fixture("clean").join("figures.json")).expect("the figures");
    let figures: Value = serde_json::from_str(&figures).expect("the figures are JSON");
    let figure = |name: &str| figures[name].as_i64().unwrap_or_else(|| panic!("no figure {name}"));
    let status = |status: &str| count(&shop, "Transaction", &format!("\"status\" = '{status}'"));
    let found = [
        ("orders", count(&shop, "Transaction", "1")),
        ("orders", count(&shop, "SejoliWebhookLog", "\"processed\" = 1")),
        ("paid", status("SUCCESS")),
        ("pending", status("PENDING")),
        ("expired", status("FAILED")),
        ("refunded", status("REFUNDED")),
        ("revenue_minor", sen(&shop, "Transaction", "amount", "\"status\" = 'SUCCESS'")),
        ("conversions", count(&shop, "AffiliateConversion", "1")),
        ("paid_order_commission_minor", sen(&shop, "AffiliateConversion", "commissionAmount", "1")),
        ("affiliate_total_commissions_minor", sen(&shop, "AffiliateProfile", "totalEarnings", "1")),
        ("affiliate_total_commissions_minor", sen(&shop, "Wallet", "totalEarnings", "1")),
        ("total_paid_minor", sen(&shop, "Wallet", "totalPayout", "1")),
        ("total_paid_minor", -sen(&shop, "WalletTransaction", "amount", "\"type\" = 'PAYOUT'")),
        ("buyers", shop.number("SELECT COUNT(DISTINCT \"userId\") FROM \"Transaction\"")),
        ("affiliates", count(&shop, "SejoliAffiliateMapping", "\"mappingStatus\" = 'VERIFIED'")),
        ("affiliates", count(&shop, "AffiliateProfile", "1")),
        ("users", count(&shop, "User", "1")),
        ("memberships", count(&shop, "SejoliSourceRecord", "\"kind\" = 'membership'")),
        ("membership_groups", count(&shop, "UserMembership", "1")),
    ];
    for (name, found) in found {
        assert_eq!(found, figure(name), "{name}");
    }
    let balance = figure("paid_order_commission_minor") - figure("total_paid_minor");
    assert_eq!(sen(&shop, "Wallet", "balance", "1"), balance);
    let odd = "ROUND(\"balance\" * 100) <> ROUND(\"totalEarnings\" * 100) - ROUND(\"totalPayout\" * 100)";
    assert_eq!(count(&shop, "Wallet", odd), 0, "balance = earned - paid, in every wallet");
    assert_sound(&shop);
    assert_balanced(&document);
    assert_eq!(document["total"]["held"]["rows"], 0);
    assert_eq!(document["total"]["rejected"]["rows"], 0);
}

fn l2_the_books_of_every_phase_balance_to_the_sen(engine: Engine) {
    for (name, code) in [("clean", DONE), ("messy", ROWS_LEFT)] {
        let shop = Shop::new(engine);
        let document = imported(&shop, "all", &fixture(name), &[], code);
        assert_balanced(&document);
        for (phase, file) in
            [("affiliates", "affiliates.csv"), ("orders", "orders.csv"), ("memberships", "memberships.csv")]
        {
            let sheet = Sheet::read(&fixture(name).join(file));
            assert_eq!(rows(&document, phase, "read"), sheet.rows.len() as u64, "{name} {phase}");
        }
        let left = rows_left(&document);
        assert_eq!(count(&shop, "SejoliImportReject", "1"), left, "{name}");
    }
}

fn rows_left(document: &Value) -> i64 {
    let total = &document["total"];
    total["held"]["rows"].as_i64().expect("held") + total["rejected"]["rows"].as_i64().expect("rejected")
}

fn l13_importing_the_same_again_writes_nothing(engine: Engine) {
    for (name, code) in [("clean", DONE), ("messy", ROWS_LEFT)] {
        let shop = Shop::new(engine);
        imported(&shop, "all", &fixture(name), &[], code);
        let before = dump(&shop, Compared::Rows);
        let document = imported(&shop, "all", &fixture(name), &[], code);
        assert_same(&before, &dump(&shop, Compared::Rows), name);
        assert_eq!(document["total"]["tables"], serde_json::json!({}), "{name}");
        assert_balanced(&document);
        for phase in ["affiliates", "orders", "memberships"] {
            assert_eq!(rows(&document, phase, "created"), 0, "{name} {phase}");
            assert_eq!(rows(&document, phase, "updated"), 0, "{name} {phase}");
        }
        if name == "clean" {
            assert_eq!(document["total"]["read"], document["total"]["unchanged"]);
        }
    }
}

fn any_batch_size_and_any_number_of_threads_give_the_same_database(engine: Engine) {
    let (exports, _) = Exports::generated(60);
    let of = |batch: &str, threads: &str| {
        let shop = Shop::new(engine);
        imported(&shop, "all", exports.path(), &["--batch-size", batch, "--threads", threads], DONE);
        dump(&shop, Compared::Content)
    };
    let usual = of("500", "0");
    for (batch, threads) in [("1", "1"), ("7", "2"), ("7", "8"), ("100", "8"), ("5000", "2")] {
        assert_same(&usual, &of(batch, threads), &format!("batch size {batch}, {threads} threads"));
    }
}

fn any_batch_size_gives_the_same_database_of_a_messy_shop(engine: Engine) {
    let of = |batch: &str, threads: &str| {
        let shop = Shop::new(engine);
        imported(&shop, "all", &fixture("messy"), &["--batch-size", batch, "--threads", threads], ROWS_LEFT);
        dump(&shop, Compared::Content)
    };
    let usual = of("500", "1");
    for (batch, threads) in [("1", "2"), ("7", "8")] {
        assert_same(&usual, &of(batch, threads), &format!("batch size {batch}, {threads} threads"));
    }
}

fn the_order_of_the_rows_does_not_matter(engine: Engine) {
    let (exports, _) = Exports::generated(60);
    let forward = Shop::new(engine);
    imported(&forward, "all", exports.path(), &[], DONE);
    for name in ["orders.csv", "memberships.csv", "affiliates.csv"] {
        let mut sheet = exports.sheet(name);
        sheet.rows.reverse();
        sheet.write(&exports.path().join(name));
    }
    let backward = Shop::new(engine);
    imported(&backward, "all", exports.path(), &["--batch-size", "9"], DONE);
    let all = Compared::ContentAnywhere;
    assert_same(&dump(&forward, all), &dump(&backward, all), "rows reversed");
}

fn the_kinds_one_by_one_equal_all_of_them_at_once(engine: Engine) {
    let (exports, _) = Exports::generated(60);
    let (at_once, one_by_one) = (Shop::new(engine), Shop::new(engine));
    imported(&at_once, "all", exports.path(), &[], DONE);
    for kind in ["affiliates", "orders", "memberships"] {
        imported(&one_by_one, kind, exports.path(), &[], DONE);
    }
    let all = Compared::Content;
    assert_same(&dump(&at_once, all), &dump(&one_by_one, all), "kinds one by one");
}

/// Cell by cell, in the form that SQLite has.
#[test]
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn every_engine_holds_the_same_rows() {
    let engines = [
        #[cfg(feature = "postgres")]
        Engine::Postgres,
        #[cfg(feature = "mysql")]
        Engine::Mysql,
    ];
    for (name, code) in [("clean", DONE), ("messy", ROWS_LEFT)] {
        let embedded = Shop::new(Engine::Sqlite);
        imported(&embedded, "all", &fixture(name), &[], code);
        for engine in engines {
            let server = Shop::new(engine);
            imported(&server, "all", &fixture(name), &[], code);
            let (left, right) = (dump(&embedded, Compared::Content), dump(&server, Compared::Content));
            assert!(left["Transaction"].len() > 100);
            assert_same(&left, &right, &format!("{name} on {engine:?}"));
        }
    }
}

fn a_dry_run_writes_nothing_and_tells_what_the_real_one_does(engine: Engine) {
    for (name, code) in [("clean", DONE), ("messy", ROWS_LEFT)] {
        let shop = Shop::new(engine);
        let before = dump(&shop, Compared::Everything);
        let dry = imported(&shop, "all", &fixture(name), &["--dry-run"], code);
        assert_same(&before, &dump(&shop, Compared::Everything), name);
        let real = imported(&shop, "all", &fixture(name), &[], code);
        assert_eq!((&dry["dry_run"], &real["dry_run"]), (&Value::Bool(true), &Value::Bool(false)));
        assert_eq!(dry["phases"], real["phases"], "{name}");
        assert_eq!(dry["total"], real["total"], "{name}");
        assert!(count(&shop, "Transaction", "1") > 0);
    }
}

// A messy shop.

/// What a row with a fault deserves.
enum Deserves {
    /// It is in the app; one of these findings says what was noticed (none: nothing is worth a line).
    Arrives(&'static [&'static str]),
    /// It waits for a decision, for one of these reasons.
    Held(&'static [&'static str]),
    /// It waits for a correction.
    Rejected(&'static [&'static str]),
    /// Recognised by other means, or waiting: both are honest.
    ByPhoneOrWaits,
    /// Depends on what it repeats.
    Repetition,
}

fn deserves(file: &str, kind: &str, column: &str) -> Deserves {
    use Deserves::{Arrives, ByPhoneOrWaits, Held, Rejected, Repetition};
    match (file, kind) {
        ("affiliates.csv", "bad_email") => Arrives(&["SJM-0107", "SJM-0601"]),
        (_, "bad_email") => Rejected(&["SJM-0101", "SJM-0201"]),
        ("orders.csv", "missing_required") if column == "buyer_email" => ByPhoneOrWaits,
        (_, "missing_required") => Rejected(&["SJM-0201"]),
        (_, "bad_phone") => Arrives(&["SJM-0103"]),
        (_, "unknown_status") => Held(&["SJM-0205"]),
        (_, "expiry_before_start") => Held(&["SJM-0206"]),
        ("affiliates.csv", "rate_over_hundred") => Held(&["SJM-0302"]),
        ("memberships.csv", "unknown_order_id") => Held(&["SJM-0504"]),
        (_, "unknown_affiliate") => Arrives(&["SJM-0304"]),
        (_, "same_phone_other_email") => Arrives(&["SJM-0104"]),
        (_, "commission_mismatch") => Arrives(&["SJM-0303"]),
        (_, "amount_rp" | "amount_comma" | "email_case" | "emoji" | "html_entities") => Arrives(&[]),
        (_, "date_dmy" | "date_excel_serial" | "date_indonesian") => Arrives(&[]),
        (_, "duplicate_order_id") => Repetition,
        other => panic!("nobody has said what {other:?} deserves"),
    }
}

/// Where each row of a messy shop has gone.
struct Account {
    shop: Shop,
    sheets: HashMap<&'static str, Sheet>,
    /// File and record: disposition and code.
    rejects: HashMap<(String, u64), (String, String)>,
    findings: BTreeSet<(String, u64, String)>,
    truth: Vec<Value>,
    problems: Vec<String>,
}

const FILES: [&str; 3] = ["affiliates.csv", "orders.csv", "memberships.csv"];

impl Account {
    fn of(engine: Engine, folder: &Path) -> Self {
        let shop = Shop::new(engine);
        let document = imported(&shop, "all", folder, &[], ROWS_LEFT);
        assert_balanced(&document);
        let rejects = shop
            .query("SELECT \"file\", \"record\", \"disposition\", \"code\" FROM \"SejoliImportReject\"")
            .iter()
            .map(|row| {
                let Cell::Int(record) = row[1] else { panic!("{row:?}") };
                ((text(&row[0]), record as u64), (text(&row[2]), text(&row[3])))
            })
            .collect();
        let truth = fs::read_to_string(folder.join("truth.jsonl")).expect("the truth");
        Self {
            sheets: FILES.into_iter().map(|name| (name, Sheet::read(&folder.join(name)))).collect(),
            findings: findings(&shop),
            truth: truth.lines().map(|line| serde_json::from_str(line).expect("a line of truth")).collect(),
            problems: Vec::new(),
            shop,
            rejects,
        }
    }

    fn cell(&self, file: &str, row: u64, column: &str) -> String {
        self.sheets[file].get(row as usize - 1, column).to_owned()
    }

    fn has(&self, file: &str, row: u64, codes: &[&str]) -> bool {
        codes.iter().any(|code| self.findings.contains(&(file.to_owned(), row, (*code).to_owned())))
    }

    /// Whether this very row stands in the app.
    fn arrived(&self, file: &str, row: u64) -> bool {
        let quoted = |column: &str| self.cell(file, row, column).trim().replace('\'', "''");
        let one = |sql: String| self.shop.number(&sql) == 1;
        match file {
            "orders.csv" => one(format!(
                "SELECT COUNT(*) FROM \"SejoliWebhookLog\" l JOIN \"Transaction\" t \
                 ON t.\"externalId\" = 'sejoli-' || l.\"orderId\" WHERE l.\"orderId\" = '{}' \
                 AND json_extract(l.\"webhookPayload\", '$.record') = {row}",
                quoted("order_id")
            )),
            "memberships.csv" => one(format!(
                "SELECT COUNT(*) FROM \"SejoliSourceRecord\" s JOIN \"UserMembership\" m ON m.\"id\" = s.\"targetId\" \
                 WHERE s.\"kind\" = 'membership' AND s.\"sourceKey\" = '{}' \
                 AND json_extract(s.\"payload\", '$.record') = {row}",
                quoted("membership_id")
            )),
            _ => one(format!(
                "SELECT COUNT(*) FROM \"SejoliAffiliateMapping\" WHERE \"sejoliAffiliateCode\" = '{}'",
                quoted("affiliate_code")
            )),
        }
    }

    /// A word for where a row is: "arrived", "HELD SJM-…", "REJECTED SJM-…", "repeats" or "lost".
    fn fate(&self, file: &str, row: u64) -> String {
        let arrived = self.arrived(file, row);
        match self.rejects.get(&(file.to_owned(), row)) {
            Some((disposition, code)) if !arrived => format!("{disposition} {code}"),
            Some(_) => "both arrived and rejected".to_owned(),
            None if arrived => "arrived".to_owned(),
            None if self.has(file, row, &["SJM-0402"]) => "repeats".to_owned(),
            None => "lost".to_owned(),
        }
    }

    fn expect(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.problems.push(what());
        }
    }

    fn judge(&mut self, line: &Value) {
        let word = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let (file, kind, row) = (word("file"), word("kind"), line["row"].as_u64().expect("a row"));
        let fate = self.fate(&file, row);
        let told = format!("{file} {row} {kind} ({} -> {}): {fate}", word("was"), word("now"));
        let is = |disposition: &str, codes: &[&str]| {
            codes.iter().any(|code| fate == format!("{disposition} {code}"))
        };
        // A dash in a cell is the shop's word for nothing.
        let nothing = file == "orders.csv" && kind == "bad_email" && word("now") == "-";
        let deserved =
            if nothing { Deserves::ByPhoneOrWaits } else { deserves(&file, &kind, &word("column")) };
        match deserved {
            Deserves::Arrives(codes) => {
                let noticed = codes.is_empty() || self.has(&file, row, codes);
                self.expect(fate == "arrived" && noticed, || {
                    format!("{told}; expected to arrive with {codes:?}")
                });
                if fate == "arrived" {
                    self.repaired(&file, row, &kind, &word("was"), &word("now"));
                }
            }
            Deserves::Held(codes) => {
                self.expect(is("HELD", codes), || format!("{told}; expected held {codes:?}"));
            }
            Deserves::Rejected(codes) => {
                self.expect(is("REJECTED", codes), || format!("{told}; expected rejected {codes:?}"));
            }
            Deserves::ByPhoneOrWaits => {
                let by_phone = fate == "arrived" && self.has(&file, row, &["SJM-0105"]);
                let waits = is("HELD", &["SJM-0102"]) || is("REJECTED", &["SJM-0201"]);
                self.expect(by_phone || waits, || told);
            }
            Deserves::Repetition => {
                let first = line["first_row"].as_u64().expect("a first row");
                let rows = &self.sheets["orders.csv"].rows;
                let same = rows[first as usize - 1] == rows[row as usize - 1];
                let fates = (self.fate(&file, first), fate.clone());
                let held = "HELD SJM-0401".to_owned();
                let wanted =
                    if same { ("arrived".to_owned(), "repeats".to_owned()) } else { (held.clone(), held) };
                self.expect(fates == wanted, || format!("{told}; {fates:?}, expected {wanted:?}"));
            }
        }
    }

    /// The value that a spoilt cell had before, in the app.
    fn repaired(&mut self, file: &str, row: u64, kind: &str, was: &str, now: &str) {
        let key = match file {
            "orders.csv" => self.cell(file, row, "order_id"),
            "memberships.csv" => self.cell(file, row, "membership_id"),
            _ => return,
        };
        let of_order = |column: &str| {
            let filter = format!("WHERE \"externalId\" = 'sejoli-{key}'");
            self.shop.query(&format!("SELECT {column} FROM \"Transaction\" {filter}"))[0][0].clone()
        };
        let (got, wanted) = match (file, kind) {
            (_, "amount_rp" | "amount_comma") => {
                let sen = of_order("CAST(ROUND(\"originalAmount\" * 100) AS INTEGER)");
                let wanted = (was.parse::<f64>().expect("an amount") * 100.0).round() as i64;
                (sen, Cell::Int(wanted))
            }
            ("memberships.csv", "date_dmy") => {
                let sql = format!(
                    "SELECT date(json_extract(\"payload\", '$.period.start') / 1000, 'unixepoch', '+7 hours') \
                     FROM \"SejoliSourceRecord\" WHERE \"kind\" = 'membership' AND \"sourceKey\" = '{key}'"
                );
                (self.shop.query(&sql)[0][0].clone(), Cell::Text(was[..10].to_owned()))
            }
            (_, "date_dmy") => {
                let day = of_order("date(\"createdAt\" / 1000, 'unixepoch', '+7 hours')");
                (day, Cell::Text(was[..10].to_owned()))
            }
            (_, "date_excel_serial") => {
                let second = of_order("datetime(\"createdAt\" / 1000, 'unixepoch', '+7 hours')");
                (second, Cell::Text(was.to_owned()))
            }
            (_, "date_indonesian") => {
                let minute =
                    of_order("strftime('%Y-%m-%d %H:%M', \"createdAt\" / 1000, 'unixepoch', '+7 hours')");
                (minute, Cell::Text(was[..16].to_owned()))
            }
            (_, "email_case") => {
                let user = of_order("(SELECT \"email\" FROM \"User\" u WHERE u.\"id\" = \"userId\")");
                (user, Cell::Text(was.to_lowercase()))
            }
            (_, "emoji") => (of_order("\"customerName\""), Cell::Text(now.to_owned())),
            (_, "html_entities") => {
                let decoded = format!("{was} – <i>Promo</i>");
                (of_order("\"description\""), Cell::Text(decoded))
            }
            _ => return,
        };
        self.expect(got == wanted, || format!("{file} {row} {kind}: {got:?}, expected {wanted:?}"));
    }

    /// Why a row that nobody touched may wait all the same: another row of the truth is to blame.
    fn collateral(&self, file: &str, row: u64) -> Option<&'static str> {
        let kind_of = |line: &Value, kind: &str| line["kind"] == kind && line["file"] == "orders.csv";
        match file {
            "orders.csv" => {
                let is_first = |line: &Value| {
                    kind_of(line, "duplicate_order_id") && line["first_row"].as_u64() == Some(row)
                };
                self.truth.iter().any(is_first).then_some("HELD SJM-0401")
            }
            "memberships.csv" => {
                let order = self.cell(file, row, "order_id");
                let lost_its_number = |line: &Value| {
                    kind_of(line, "missing_required") && line["column"] == "order_id" && line["was"] == *order
                };
                self.truth.iter().any(lost_its_number).then_some("HELD SJM-0504")
            }
            _ => None,
        }
    }

    fn check(mut self) -> Shop {
        for line in std::mem::take(&mut self.truth).iter().collect::<Vec<_>>() {
            self.judge(line);
            self.truth.push(line.clone());
        }
        let spoilt: BTreeSet<(String, u64)> = self
            .truth
            .iter()
            .map(|line| {
                (line["file"].as_str().unwrap_or_default().to_owned(), line["row"].as_u64().unwrap_or(0))
            })
            .collect();
        for file in FILES {
            for row in 1..=self.sheets[file].rows.len() as u64 {
                if spoilt.contains(&(file.to_owned(), row)) {
                    continue;
                }
                let fate = self.fate(file, row);
                let excused = self.collateral(file, row).is_some_and(|reason| reason == fate);
                self.expect(fate == "arrived" || excused, || format!("{file} {row}, untouched: {fate}"));
            }
        }
        assert!(self.problems.is_empty(), "{}", self.problems.join("\n"));
        self.shop
    }
}

fn every_row_of_a_messy_shop_comes_out_as_it_deserves(engine: Engine) {
    let shop = Account::of(engine, &fixture("messy")).check();
    assert_sound(&shop);
}

fn every_row_of_another_messy_shop_comes_out_as_it_deserves(engine: Engine) {
    let folder = workspace();
    shop::Shop { orders: 400, seed: 7 }.write_messy(folder.path()).expect("the shop is written");
    let shop = Account::of(engine, folder.path()).check();
    assert_sound(&shop);
}

// A newer export of the same shop.

fn a_newer_export_brings_paid_commissions_and_takes_refunded_ones_back(engine: Engine) {
    let (exports, _) = Exports::generated(60);
    let shop = Shop::new(engine);
    imported(&shop, "all", exports.path(), &[], DONE);
    let mut sheet = exports.sheet("orders.csv");
    let with = |status: &str| {
        sheet.find(|cell| {
            let amount = cell("affiliate_commission_amount");
            cell("payment_status") == status && !matches!(amount.as_str(), "" | "0")
        })
    };
    let (paid, refunded) = (with("PENDING"), with("PAID"));
    let numbers = (sheet.get(paid, "order_id").to_owned(), sheet.get(refunded, "order_id").to_owned());
    let conversion = |id: &str| {
        count(
            &shop,
            "AffiliateConversion",
            &format!(
                "\"transactionId\" = (SELECT \"id\" FROM \"Transaction\" WHERE \"externalId\" = 'sejoli-{id}')"
            ),
        )
    };
    let entry = |id: &str| count(&shop, "WalletTransaction", &format!("\"reference\" = 'sejoli-{id}'"));
    assert_eq!((conversion(&numbers.0), entry(&numbers.0)), (0, 0));
    assert_eq!((conversion(&numbers.1), entry(&numbers.1)), (1, 1));
    let untouched = |dump: &Dump| -> Vec<BTreeMap<String, String>> {
        let is_edited = |row: &&BTreeMap<String, String>| {
            let id = &row["externalId"];
            id.contains(&format!("sejoli-{}\"", numbers.0)) || id.contains(&format!("sejoli-{}\"", numbers.1))
        };
        dump["Transaction"].iter().filter(|row| !is_edited(row)).cloned().collect()
    };
    let before = untouched(&dump(&shop, Compared::Rows));

    sheet.set(paid, "payment_status", "PAID");
    let (date, amount) = (sheet.get(paid, "order_date").to_owned(), sheet.get(paid, "amount").to_owned());
    sheet.set(paid, "paid_date", &date);
    sheet.set(paid, "paid_amount", &amount);
    sheet.set(refunded, "payment_status", "REFUNDED");
    sheet.write(&exports.path().join("orders.csv"));
    let document = imported(&shop, "all", exports.path(), &[], DONE);

    assert_eq!(rows(&document, "orders", "updated"), 2);
    assert_eq!(rows(&document, "orders", "unchanged"), 58);
    assert_eq!(rows(&document, "orders", "created"), 0);
    assert_eq!((conversion(&numbers.0), entry(&numbers.0)), (1, 1), "PENDING to PAID");
    assert_eq!((conversion(&numbers.1), entry(&numbers.1)), (0, 0), "PAID to REFUNDED");
    assert_eq!(before.len(), 58);
    assert!(before == untouched(&dump(&shop, Compared::Rows)), "the other orders are as they were");
    assert_sound(&shop);
    let earned = sen(&shop, "AffiliateConversion", "commissionAmount", "1");
    assert_eq!(sen(&shop, "Wallet", "totalEarnings", "1"), earned);
    assert_eq!(sen(&shop, "AffiliateProfile", "totalEarnings", "1"), earned);
}

fn l9_an_order_that_the_app_has_edited_is_held_when_its_source_changes_too(engine: Engine) {
    let exports = Exports::new().orders(&[&[], &[&[("order_id", "5002")]]]);
    let shop = Shop::new(engine);
    imported(&shop, "all", exports.path(), &[], DONE);
    shop.sql("UPDATE \"Transaction\" SET \"amount\" = 77000 WHERE \"externalId\" IN ('sejoli-5001', 'sejoli-5002')");
    let mut sheet = exports.sheet("orders.csv");
    sheet.set(0, "paid_amount", "99000");
    sheet.write(&exports.path().join("orders.csv"));
    let before = dump(&shop, Compared::Rows);
    let document = imported(&shop, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!(found(&document, "SJM-0701"), 1);
    assert_eq!(rows(&document, "orders", "held"), 1);
    assert_eq!(rows(&document, "orders", "unchanged"), 1, "an edit of the app alone stays, without a word");
    assert_same(&before, &dump(&shop, Compared::Rows), "nothing is overwritten");
    assert_eq!(sen(&shop, "Transaction", "amount", "1"), 2 * 77_000 * 100);
}

// People.

fn l1_missing_buyers_are_created_and_no_order_is_dropped(engine: Engine) {
    let exports = Exports::new().orders(&[
        &[],
        &[&[("order_id", "5002"), ("buyer_email", "baru@example.org"), ("buyer_name", "Baru Sekali")]],
    ]);
    let shop = Shop::new(engine);
    app_user(&shop, "u1", "rina@example.org", "Rina", "MEMBER_FREE");
    imported(&shop, "all", exports.path(), &[], DONE);
    assert_eq!(count(&shop, "Transaction", "1"), 2);
    assert_eq!(
        texts(&shop, "SELECT \"email\" FROM \"User\" ORDER BY \"email\""),
        ["baru@example.org", "rina@example.org"]
    );
    let buyer = "SELECT u.\"name\" FROM \"Transaction\" t JOIN \"User\" u ON u.\"id\" = t.\"userId\" \
                 WHERE t.\"externalId\" = 'sejoli-5002' AND u.\"importSource\" = 'SEJOLI'";
    assert_eq!(texts(&shop, buyer), ["Baru Sekali"]);
}

fn l6_l8_nobody_gets_a_username_or_a_password(engine: Engine) {
    let shop = Shop::new(engine);
    imported(&shop, "all", &fixture("clean"), &[], DONE);
    assert!(count(&shop, "User", "1") > 100);
    assert_eq!(count(&shop, "User", "\"username\" IS NOT NULL"), 0);
    assert_eq!(count(&shop, "User", "\"password\" IS NOT NULL"), 0);
    assert_eq!(count(&shop, "User", "\"emailVerified\" <> 0"), 0);
}

fn l7_an_app_user_is_matched_whatever_the_case_of_the_address(engine: Engine) {
    let exports = Exports::new()
        .orders(&[&[], &[&[("order_id", "5002"), ("buyer_email", " RINA@example.ORG ")]]])
        .memberships(&[&[&[("user_email", "Rina@example.org")]]]);
    let shop = Shop::new(engine);
    app_user(&shop, "u1", "Rina@Example.Org", "Rina", "MEMBER_FREE");
    imported(&shop, "all", exports.path(), &[], DONE);
    assert_eq!(texts(&shop, "SELECT \"email\" FROM \"User\""), ["Rina@Example.Org"]);
    assert_eq!(count(&shop, "Transaction", "\"userId\" = 'u1'"), 2);
    assert_eq!(count(&shop, "UserMembership", "\"userId\" = 'u1'"), 1);
}

fn l7_a_row_without_an_identity_is_held_and_no_shared_user_is_made(engine: Engine) {
    let exports = Exports::new().orders(&[
        &[&[("buyer_phone", "081234567801")]],
        &[&[("order_id", "5002"), ("buyer_email", ""), ("buyer_phone", "081234567899")]],
        &[&[("order_id", "5003"), ("buyer_email", ""), ("buyer_phone", "+62 812-3456-7801")]],
    ]);
    let shop = Shop::new(engine);
    let document = imported(&shop, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!(rows(&document, "orders", "held"), 1);
    assert_eq!(texts(&shop, "SELECT \"code\" FROM \"SejoliImportReject\""), ["SJM-0102"]);
    assert_eq!(texts(&shop, "SELECT \"sourceKey\" FROM \"SejoliImportReject\""), ["5002"]);
    assert_eq!(texts(&shop, "SELECT \"email\" FROM \"User\""), ["rina@example.org"]);
    assert_eq!(found(&document, "SJM-0105"), 1, "5003 is recognised by its phone");
    assert_eq!(count(&shop, "Transaction", "1"), 2);
}

/// On MySQL two such users cannot be.
#[test]
fn l7_two_app_users_with_one_address_are_not_chosen_between() {
    two_app_users_with_one_address(Engine::Sqlite);
    #[cfg(feature = "postgres")]
    two_app_users_with_one_address(Engine::Postgres);
}

fn two_app_users_with_one_address(engine: Engine) {
    let exports = Exports::new().orders(&[&[]]);
    let shop = Shop::new(engine);
    app_user(&shop, "u1", "rina@example.org", "Rina", "MEMBER_FREE");
    app_user(&shop, "u2", "RINA@example.org", "Rina", "MEMBER_FREE");
    let document = imported(&shop, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!(found(&document, "SJM-0702"), 1);
    assert_eq!((count(&shop, "Transaction", "1"), count(&shop, "User", "1")), (0, 2));
}

fn l9_an_existing_user_is_filled_only_where_empty_and_an_admin_stays_one(engine: Engine) {
    let details =
        [("buyer_name", "Nama Lain"), ("buyer_phone", "081234567801"), ("buyer_whatsapp", "081234567802")];
    let exports = Exports::new().orders(&[&[&details]]).memberships(&[&[&[("order_id", "5001")]]]);
    let shop = Shop::new(engine);
    app_user(&shop, "u1", "rina@example.org", "Nama Asli", "ADMIN");
    shop.sql("UPDATE \"User\" SET \"whatsapp\" = '+628999', \"password\" = 'kept' WHERE \"id\" = 'u1'");
    imported(&shop, "all", exports.path(), &[], DONE);
    let user = "SELECT \"name\", \"role\", \"phone\", \"whatsapp\", \"password\", \"email\" FROM \"User\"";
    let user: Vec<String> = shop.query(user).remove(0).iter().map(text).collect();
    assert_eq!(user, ["Nama Asli", "ADMIN", "+6281234567801", "+628999", "kept", "rina@example.org"]);
    assert_eq!(count(&shop, "UserMembership", "\"isActive\" = 1 AND \"status\" = 'ACTIVE'"), 1);
}

/// MySQL's texts have 191 characters; the others have no bound.
fn a_cell_that_the_database_cannot_hold_waits_and_is_never_cut(engine: Engine) {
    let long = "Ä".repeat(192);
    let fits = "Ä".repeat(184);
    let number = "9".repeat(300);
    let exports = Exports::new().orders(&[
        &[&[("buyer_name", long.as_str())]],
        &[&[("order_id", "5002"), ("product_name", fits.as_str())]],
        &[&[("order_id", number.as_str())]],
    ]);
    let shop = Shop::new(engine);
    let bounded = shop.url().starts_with("mysql");
    let document = imported(&shop, "all", exports.path(), &[], if bounded { ROWS_LEFT } else { DONE });
    assert_eq!(found(&document, "SJM-0208"), 2 * u64::from(bounded));
    assert_eq!(rows(&document, "orders", "held"), 2 * u64::from(bounded));
    let names =
        texts(&shop, "SELECT \"customerName\" FROM \"Transaction\" WHERE length(\"customerName\") > 99");
    assert_eq!(names, if bounded { vec![] } else { vec![long] });
    assert_eq!(
        texts(&shop, "SELECT \"description\" FROM \"Transaction\" WHERE \"externalId\" = 'sejoli-5002'"),
        [fits]
    );
    let verified = shop.run(&["verify", &exports.path().display().to_string()]);
    assert_eq!(verified.code, DONE, "{}{}", verified.stdout, verified.stderr);
}

fn l13_an_order_that_the_app_has_in_another_spelling_waits_and_is_not_doubled(engine: Engine) {
    let shop = Shop::new(engine);
    app_user(&shop, "u1", "rina@example.org", "Rina", "MEMBER_FREE");
    let own = [
        app_transaction("t1", "u1", Some("SEJOLI-5001"), None),
        app_transaction("t2", "u1", Some("5002"), None),
        app_transaction("t3", "u1", Some("xendit-9"), Some("5003")),
        app_transaction("t4", "u1", Some("sejoli-5004"), None),
    ];
    for transaction in own {
        shop.store(Mode::Write).insert(transaction).expect("a transaction of the app");
    }
    let of = |id: &'static str| [("order_id", id)];
    let (two, three, four, five) = (of("5002"), of("5003"), of("5004"), of("5005"));
    let exports = Exports::new().orders(&[&[], &[&two], &[&three], &[&four], &[&five]]);
    let before =
        texts(&shop, "SELECT \"id\" || \"amount\" || \"updatedAt\" FROM \"Transaction\" ORDER BY \"id\"");
    let document = imported(&shop, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!(found(&document, "SJM-0703"), 4);
    assert_eq!((rows(&document, "orders", "held"), rows(&document, "orders", "created")), (4, 1));
    let own = "SELECT \"id\" || \"amount\" || \"updatedAt\" FROM \"Transaction\" WHERE \"id\" LIKE 't_' ORDER BY \"id\"";
    assert_eq!(texts(&shop, own), before, "the app's own rows stay as they are");
    assert_eq!(count(&shop, "Transaction", "1"), 5);
}

fn l9_a_membership_of_the_app_and_a_taken_code_stay_with_their_owners(engine: Engine) {
    let shop = Shop::new(engine);
    let exports = Exports::new()
        .affiliates(&[&[&[("total_commissions", "0")]]])
        .orders(&[&[]])
        .memberships(&[&[&[("order_id", "5001")]]]);
    app_user(&shop, "u1", "RINA@example.org", "Rina", "ADMIN");
    app_user(&shop, "u2", "lain@example.org", "Lain", "AFFILIATE");
    let at = Millis(1_700_000_000_000);
    let profile = AffiliateProfile {
        id: "p2".to_owned(),
        user_id: "u2".to_owned(),
        affiliate_code: "MITRA01".to_owned(),
        short_link: "lain".to_owned(),
        tier: 1,
        commission_rate: Rate::from_hundredths(1_000),
        total_clicks: 3,
        total_conversions: 0,
        total_sales: Money::ZERO,
        total_earnings: Money::ZERO,
        is_active: true,
        application_status: "APPROVED".to_owned(),
        whatsapp: None,
        approved_at: None,
        external_id: None,
        created_at: at,
        updated_at: at,
    };
    let map = exports.sheet("products.csv");
    let slug = map.get(map.find(|cell| cell("product_id") == "102"), "membership").to_owned();
    let membership = Membership {
        id: "m1".to_owned(),
        name: "Saudagar".to_owned(),
        slug: Some(slug),
        description: String::new(),
        duration: MembershipDuration::TwelveMonths,
        price: Money::rupiah(1),
        commission_type: CommissionType::Flat,
        affiliate_commission_rate: Rate::from_hundredths(0),
        features: JsonText("[]".to_owned()),
        is_active: true,
        created_at: at,
        updated_at: at,
    };
    let standing = UserMembership {
        id: "um1".to_owned(),
        user_id: "u1".to_owned(),
        membership_id: "m1".to_owned(),
        start_date: at,
        end_date: Millis(at.0 + 1),
        is_active: false,
        auto_renew: true,
        status: "CANCELLED".to_owned(),
        activated_at: None,
        price: Some(Money::rupiah(5)),
        transaction_id: None,
        external_id: None,
        created_at: at,
        updated_at: at,
    };
    let mut store = shop.store(Mode::Write);
    store.insert(profile).expect("a profile of the app");
    store.insert(membership).expect("a membership of the app");
    store.insert(standing).expect("a member of the app");
    drop(store);
    imported(&shop, "all", exports.path(), &[], DONE);
    let one = |sql: &str| texts(&shop, sql);
    assert_eq!(
        one("SELECT \"affiliateCode\" || ' ' || \"shortLink\" FROM \"AffiliateProfile\" WHERE \"id\" = 'p2'"),
        ["MITRA01 lain"]
    );
    assert_eq!(
        one("SELECT \"affiliateCode\" FROM \"AffiliateProfile\" WHERE \"id\" <> 'p2'"),
        ["SJ-MITRA01"]
    );
    let kept = "SELECT \"status\" || ' ' || \"price\" || ' ' || \"isActive\" || ' ' || \"endDate\" FROM \"UserMembership\"";
    assert_eq!(one(kept), ["CANCELLED 5 0 1700000000001"]);
    let filled = "SELECT \"externalId\" FROM \"UserMembership\" WHERE \"transactionId\" IS NOT NULL";
    assert_eq!(one(filled), ["M1"], "what was empty is filled");
    assert_eq!(one("SELECT \"role\" FROM \"User\" WHERE \"id\" = 'u1'"), ["ADMIN"]);
    let once = dump(&shop, Compared::Rows);
    imported(&shop, "all", exports.path(), &[], DONE);
    assert_same(&once, &dump(&shop, Compared::Rows), "the second time");
    let mut renewed = exports.sheet("memberships.csv");
    renewed.set(0, "expiry_date", "2031-01-01");
    renewed.write(&exports.path().join("memberships.csv"));
    imported(&shop, "all", exports.path(), &[], DONE);
    assert_eq!(one(kept), ["CANCELLED 5 0 1700000000001"], "also when Sejoli changes its mind");
    let verified = shop.run(&["verify", &exports.path().display().to_string()]);
    assert_eq!(verified.code, DONE, "{}{}", verified.stdout, verified.stderr);
}

fn l9_only_a_running_membership_raises_a_role(engine: Engine) {
    let buyer = |id: &'static str, email: &'static str| [("order_id", id), ("buyer_email", email)];
    let member = |id: &'static str, email: &'static str, end: &'static str, status: &'static str| {
        [
            ("membership_id", id),
            ("user_email", email),
            ("start_date", "2024-01-01"),
            ("expiry_date", end),
            ("status", status),
        ]
    };
    let webinar = [("product_id", "205"), ("amount", "0"), ("paid_amount", "0")];
    let exports = Exports::new()
        .orders(&[
            &[&buyer("5001", "webinar@example.org"), &webinar],
            &[&buyer("5002", "lama@example.org")],
            &[&buyer("5003", "aktif@example.org")],
        ])
        .memberships(&[
            &[&member("M1", "lama@example.org", "2024-12-31", "expired")],
            &[&member("M2", "aktif@example.org", "2026-12-31", "active")],
        ]);
    let shop = Shop::new(engine);
    app_user(&shop, "u1", "aktif@example.org", "Aktif", "MEMBER_FREE");
    imported(&shop, "all", exports.path(), &[], DONE);
    let role =
        |email: &str| texts(&shop, &format!("SELECT \"role\" FROM \"User\" WHERE \"email\" = '{email}'"));
    assert_eq!(role("webinar@example.org"), ["MEMBER_FREE"]);
    assert_eq!(role("lama@example.org"), ["MEMBER_FREE"]);
    assert_eq!(role("aktif@example.org"), ["MEMBER_PREMIUM"]);
}

// Orders.

fn l10_an_unknown_status_is_held_and_never_guessed(engine: Engine) {
    let exports = Exports::new().orders(&[
        &[&[("payment_status", "kurang jelas")]],
        &[&[("order_id", "5002"), ("payment_status", "LUNAS?")]],
    ]);
    let shop = Shop::new(engine);
    let document = imported(&shop, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!(found(&document, "SJM-0205"), 2);
    assert_eq!(rows(&document, "orders", "held"), 2);
    assert_eq!(count(&shop, "Transaction", "1"), 0);
    let codes = texts(&shop, "SELECT \"disposition\" || ' ' || \"code\" FROM \"SejoliImportReject\"");
    assert_eq!(codes, ["HELD SJM-0205", "HELD SJM-0205"]);
}

fn l11_only_paid_orders_are_revenue_and_earn_commission(engine: Engine) {
    let of = |id: &'static str, status: &'static str| [("order_id", id), ("payment_status", status)];
    let exports = Exports::new().affiliates(&[&[]]).orders(&[
        &[&of("5001", "PAID"), SOLD],
        &[&of("5002", "PENDING"), SOLD],
        &[&of("5003", "EXPIRED"), SOLD],
        &[&of("5004", "REFUNDED"), SOLD],
    ]);
    let shop = Shop::new(engine);
    let document = imported(&shop, "all", exports.path(), &[], DONE);
    let statuses = texts(&shop, "SELECT \"status\" FROM \"Transaction\" ORDER BY \"externalId\"");
    assert_eq!(statuses, ["SUCCESS", "PENDING", "FAILED", "REFUNDED"]);
    assert_eq!(sen(&shop, "Transaction", "amount", "\"status\" = 'SUCCESS'"), 100_000 * 100);
    assert_eq!(document["source_totals"]["orders"], 4);
    assert_eq!(count(&shop, "AffiliateConversion", "1"), 1);
    assert_eq!(sen(&shop, "Wallet", "totalEarnings", "1"), 30_000 * 100);
    assert_eq!(sen(&shop, "AffiliateProfile", "totalSales", "1"), 100_000 * 100);
}

fn l12_an_unmapped_product_is_listed_and_its_membership_held(engine: Engine) {
    let product = [("product_id", "999"), ("product_name", "Keanggotaan Premium Seumur Hidup")];
    let exports = Exports::new().orders(&[&[&product]]).memberships(&[&[&product, &[("order_id", "5001")]]]);
    let shop = Shop::new(engine);
    let document = imported(&shop, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!(texts(&shop, "SELECT \"type\" FROM \"Transaction\""), ["PRODUCT"]);
    assert_eq!(texts(&shop, "SELECT \"code\" FROM \"SejoliImportReject\""), ["SJM-0502"]);
    assert_eq!(rows(&document, "memberships", "held"), 1);
    assert_eq!(document["unmapped_products"][0][0], "999");
    assert_eq!(count(&shop, "UserMembership", "1"), 0);
    assert_eq!(count(&shop, "User", "\"role\" <> 'MEMBER_FREE'"), 0);
}

fn l12_the_kind_comes_from_the_map_and_never_from_the_title(engine: Engine) {
    let of = |id: &'static str, product: &'static str| [("order_id", id), ("product_id", product)];
    let title = [("product_name", "Keanggotaan Event Kelas Produk")];
    let exports = Exports::new().orders(&[
        &[&of("5001", "102"), &title],
        &[&of("5002", "201"), &title],
        &[&of("5003", "202"), &title],
        &[&of("5004", "204"), &title],
    ]);
    let shop = Shop::new(engine);
    imported(&shop, "all", exports.path(), &[], DONE);
    let kinds = texts(&shop, "SELECT \"type\" FROM \"Transaction\" ORDER BY \"externalId\"");
    assert_eq!(kinds, ["MEMBERSHIP", "PRODUCT", "EVENT", "COURSE"]);
}

fn l14_two_equal_orders_within_a_minute_both_arrive(engine: Engine) {
    let exports = Exports::new().orders(&[
        &[],
        &[&[("order_id", "5002"), ("order_date", "2024-05-06 10:00:20")]],
        &[&[("order_id", "5003")]],
    ]);
    let shop = Shop::new(engine);
    imported(&shop, "all", exports.path(), &[], DONE);
    assert_eq!(count(&shop, "Transaction", "\"amount\" = 100000 AND \"status\" = 'SUCCESS'"), 3);
    assert_eq!(count(&shop, "User", "1"), 1);
}

fn l15_the_sejoli_number_is_kept_as_it_is(engine: Engine) {
    let numbers = ["00042", "INV-7/2024", "100000000000000000000001", "42"];
    let ids: Vec<[(&str, &str); 1]> = numbers.iter().map(|number| [("order_id", *number)]).collect();
    let edits: Vec<[Edits<'_>; 1]> = ids.iter().map(|id| [id.as_slice()]).collect();
    let orders: Vec<&[Edits<'_>]> = edits.iter().map(|edits| edits.as_slice()).collect();
    let exports = Exports::new().orders(&orders);
    let shop = Shop::new(engine);
    imported(&shop, "all", exports.path(), &[], DONE);
    let kept: BTreeSet<String> =
        texts(&shop, "SELECT \"invoiceNumber\" FROM \"Transaction\"").into_iter().collect();
    assert_eq!(kept, numbers.iter().map(|number| (*number).to_owned()).collect());
    assert_eq!(count(&shop, "Transaction", "typeof(\"invoiceNumber\") = 'text'"), 4);
    assert_eq!(count(&shop, "Transaction", "\"externalId\" = 'sejoli-' || \"invoiceNumber\""), 4);
}

// Affiliates, commissions, wallets.

fn l16_a_self_referral_is_flagged_and_kept_with_its_commission(engine: Engine) {
    let exports = Exports::new().affiliates(&[&[]]).orders(&[
        &[SOLD, &[("buyer_email", "MITRA@example.org")]],
        &[SOLD, &[("order_id", "5002"), ("buyer_name", "Mitra Contoh")]],
    ]);
    let shop = Shop::new(engine);
    let document = imported(&shop, "all", exports.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0306"), 1, "by identity, not by name");
    assert!(findings(&shop).contains(&("orders.csv".to_owned(), 1, "SJM-0306".to_owned())));
    assert_eq!((count(&shop, "Transaction", "1"), count(&shop, "AffiliateConversion", "1")), (2, 2));
}

fn l17_where_no_commission_is_recorded_none_is_assumed(engine: Engine) {
    let exports = Exports::new().affiliates(&[&[&[("total_commissions", "0")]]]).orders(&[
        &[SOLD, &[("affiliate_commission_amount", "")]],
        &[SOLD, &[("order_id", "5002"), ("affiliate_commission_amount", "0")]],
    ]);
    let shop = Shop::new(engine);
    let document = imported(&shop, "all", exports.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0305"), 1);
    assert_eq!((count(&shop, "Transaction", "1"), count(&shop, "AffiliateConversion", "1")), (2, 0));
    assert_eq!(sen(&shop, "Wallet", "balance", "1"), 0);
}

fn l17_a_rate_above_a_hundred_or_a_commission_above_the_price_is_held(engine: Engine) {
    let exports = Exports::new().affiliates(&[&[]]).orders(&[
        &[SOLD, &[("affiliate_commission_rate", "150")]],
        &[SOLD, &[("order_id", "5002"), ("affiliate_commission_amount", "100001")]],
        &[SOLD, &[("order_id", "5003")]],
    ]);
    let shop = Shop::new(engine);
    let document = imported(&shop, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!((found(&document, "SJM-0302"), found(&document, "SJM-0301")), (1, 1));
    assert_eq!(rows(&document, "orders", "held"), 2);
    assert_eq!(texts(&shop, "SELECT \"externalId\" FROM \"Transaction\""), ["sejoli-5003"]);
    assert_eq!(sen(&shop, "AffiliateConversion", "commissionAmount", "1"), 30_000 * 100);
}

fn l17_the_recorded_amount_counts_and_not_todays_rate(engine: Engine) {
    let exports = Exports::new()
        .affiliates(&[&[&[("commission_rate", "50"), ("total_commissions", "12345")]]])
        .orders(&[&[SOLD, &[("affiliate_commission_amount", "12345")]]]);
    let shop = Shop::new(engine);
    let document = imported(&shop, "all", exports.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0303"), 1);
    assert_eq!(sen(&shop, "AffiliateConversion", "commissionAmount", "1"), 12_345 * 100);
    assert_eq!(sen(&shop, "AffiliateConversion", "commissionRate", "1"), 30 * 100);
}

fn l19_a_conversion_names_a_profile_and_never_a_user(engine: Engine) {
    let shop = Shop::new(engine);
    imported(&shop, "all", &fixture("clean"), &[], DONE);
    let named = |table: &str| {
        count(&shop, "AffiliateConversion", &format!("\"affiliateId\" IN (SELECT \"id\" FROM \"{table}\")"))
    };
    let all = count(&shop, "AffiliateConversion", "1");
    assert!(all > 0);
    assert_eq!((named("AffiliateProfile"), named("User")), (all, 0));
}

fn l20_a_conversion_is_dated_by_its_payment(engine: Engine) {
    let exports = Exports::new().affiliates(&[&[]]).orders(&[&[SOLD]]);
    let shop = Shop::new(engine);
    imported(&shop, "all", exports.path(), &[], DONE);
    let paid = millis("2024-05-07T08:00:00+07:00");
    assert_eq!(shop.number("SELECT \"createdAt\" FROM \"AffiliateConversion\""), paid);
    let entry = "SELECT \"createdAt\" FROM \"WalletTransaction\" WHERE \"type\" = 'COMMISSION'";
    assert_eq!(shop.number(entry), paid);
    assert_eq!(
        shop.number("SELECT \"createdAt\" FROM \"Transaction\""),
        millis("2024-05-06T10:00:00+07:00"),
        "L5: in the shop's zone, stored in UTC"
    );
}

fn l21_what_was_paid_out_is_not_withdrawable_again(engine: Engine) {
    let exports = Exports::new()
        .affiliates(&[
            &[&[("total_paid", "50000")]],
            &[&[
                ("affiliate_code", "MITRA02"),
                ("affiliate_email", "kedua@example.org"),
                ("total_paid", "10000"),
            ]],
        ])
        .orders(&[&[SOLD], &[SOLD, &[("order_id", "5002"), ("affiliate_code", "MITRA02")]]]);
    let shop = Shop::new(engine);
    let document = imported(&shop, "all", exports.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0602"), 1);
    let wallet = |code: &str, column: &str| {
        let of_code = format!(
            "\"userId\" = (SELECT \"eksporyukUserId\" FROM \"SejoliAffiliateMapping\" WHERE \"sejoliAffiliateCode\" = '{code}')"
        );
        sen(&shop, "Wallet", column, &of_code) / 100
    };
    assert_eq!((wallet("MITRA01", "balance"), wallet("MITRA02", "balance")), (0, 20_000));
    assert_eq!((wallet("MITRA01", "totalPayout"), wallet("MITRA02", "totalPayout")), (50_000, 10_000));
    let beyond = "\"type\" = 'ADJUSTMENT'";
    assert_eq!(count(&shop, "WalletTransaction", beyond), 1);
    assert_eq!(sen(&shop, "WalletTransaction", "amount", beyond), 20_000 * 100);
    assert_sound(&shop);
}

/// More entries than a transaction takes go, and the app pays out while they do.
#[test]
fn l21_no_ledger_is_written_for_a_wallet_that_cannot_follow() {
    let exports = Exports::new().affiliates(&[&[]]).orders(&[&[SOLD]]);
    let file = exports.path().join("orders.csv");
    let mut orders = exports.sheet("orders.csv");
    orders.rows = vec![orders.rows.remove(0); 1_100];
    for row in 0..orders.len() {
        orders.set(row, "order_id", &(5_001 + row).to_string());
    }
    orders.write(&file);
    let shop = Shop::new(Engine::Sqlite);
    imported(&shop, "all", exports.path(), &[], DONE);
    for row in 0..orders.len() {
        orders.set(row, "payment_status", "REFUNDED");
    }
    orders.write(&file);
    shop.sql(
        "CREATE TRIGGER \"paid out\" AFTER DELETE ON \"WalletTransaction\" \
         BEGIN UPDATE \"Wallet\" SET \"balance\" = 0; END",
    );
    imported(&shop, "all", exports.path(), &[], DONE);
    let settled = sen(&shop, "SejoliAffiliateTotals", "settledBalance", "1");
    assert_eq!(
        sen(&shop, "WalletTransaction", "amount", "1"),
        settled,
        "the ledger explains what was settled"
    );
    assert_eq!(count(&shop, "Wallet", "\"balance\" < 0"), 0);
}

/// Conversions and wallets by what the shop itself calls them.
fn settled(shop: &Shop) -> Vec<String> {
    let conversions = "SELECT 'conversion ' || t.\"externalId\" || ' ' || p.\"affiliateCode\" || ' ' || \
         c.\"commissionAmount\" || ' ' || c.\"commissionRate\" || ' ' || c.\"createdAt\" || ' ' || \
         (t.\"affiliateId\" = p.\"id\") FROM \"AffiliateConversion\" c \
         JOIN \"Transaction\" t ON t.\"id\" = c.\"transactionId\" \
         JOIN \"AffiliateProfile\" p ON p.\"id\" = c.\"affiliateId\" ORDER BY 1";
    let wallets = "SELECT 'wallet ' || m.\"sejoliAffiliateCode\" || ' ' || w.\"balance\" || ' ' || \
         w.\"totalEarnings\" || ' ' || w.\"totalPayout\" || ' ' || p.\"totalConversions\" || ' ' || \
         p.\"totalSales\" || ' ' || p.\"totalEarnings\" FROM \"SejoliAffiliateMapping\" m \
         JOIN \"Wallet\" w ON w.\"userId\" = m.\"eksporyukUserId\" \
         JOIN \"AffiliateProfile\" p ON p.\"userId\" = m.\"eksporyukUserId\" ORDER BY 1";
    let entries = "SELECT 'entry ' || \"reference\" || ' ' || \"type\" || ' ' || \"amount\" || ' ' || \"createdAt\" \
         FROM \"WalletTransaction\" ORDER BY 1";
    [conversions, wallets, entries].iter().flat_map(|sql| texts(shop, sql)).collect()
}

fn affiliates_that_come_after_their_orders_get_the_same_conversions_and_wallets(engine: Engine) {
    let (exports, figures) = Exports::generated(120);
    let (usual, late) = (Shop::new(engine), Shop::new(engine));
    imported(&usual, "all", exports.path(), &[], DONE);
    let document = imported(&late, "orders", exports.path(), &[], DONE);
    assert!(found(&document, "SJM-0304") > 0);
    assert_eq!(count(&late, "AffiliateConversion", "1"), 0);
    imported(&late, "affiliates", exports.path(), &[], DONE);
    let (expected, got) = (settled(&usual), settled(&late));
    assert_eq!(count(&usual, "AffiliateConversion", "1"), figures.conversions as i64);
    let missing: Vec<&String> = expected.iter().filter(|line| !got.contains(line)).collect();
    let extra: Vec<&String> = got.iter().filter(|line| !expected.contains(line)).collect();
    assert!(missing.is_empty() && extra.is_empty(), "missing {missing:?}\nextra {extra:?}");
    assert_sound(&late);
    let document = imported(&late, "orders", exports.path(), &[], DONE);
    assert_eq!(rows(&document, "orders", "unchanged"), 120, "L13: the orders are there already");
    assert_eq!(document["total"]["tables"], serde_json::json!({}));
}

fn two_affiliates_with_one_address_wait_for_a_person_and_their_orders_arrive(engine: Engine) {
    let exports = Exports::new()
        .affiliates(&[&[], &[&[("affiliate_code", "MITRA02"), ("affiliate_email", "MITRA@example.org")]]])
        .orders(&[&[SOLD], &[SOLD, &[("order_id", "5002"), ("affiliate_code", "MITRA02")]]]);
    let shop = Shop::new(engine);
    let document = imported(&shop, "all", exports.path(), &[], DONE);
    assert_eq!((found(&document, "SJM-0601"), found(&document, "SJM-0307")), (2, 2));
    let noted = "\"mappingStatus\" = 'PENDING' AND \"eksporyukUserId\" IS NULL AND length(\"notes\") > 0";
    assert_eq!(count(&shop, "SejoliAffiliateMapping", noted), 2);
    assert_eq!((count(&shop, "Transaction", "1"), count(&shop, "AffiliateConversion", "1")), (2, 0));
    assert_eq!((count(&shop, "AffiliateProfile", "1"), count(&shop, "Wallet", "1")), (0, 0));
    let kept = sen(&shop, "Transaction", "affiliateShare", "\"affiliateId\" IS NULL");
    assert_eq!(kept, 60_000 * 100, "the commission is remembered");
}

// Memberships.

fn l22_a_lifetime_has_one_representation(engine: Engine) {
    let product = [("product_id", "103"), ("expiry_date", "")];
    let zero =
        [("membership_id", "M2"), ("user_email", "dua@example.org"), ("expiry_date", "0000-00-00 00:00:00")];
    let exports = Exports::new().memberships(&[&[&product], &[&product, &zero]]);
    let shop = Shop::new(engine);
    imported(&shop, "memberships", exports.path(), &[], DONE);
    let forever = millis("2099-12-31T23:59:59.999Z");
    let alike = format!("\"endDate\" = {forever} AND \"status\" = 'ACTIVE' AND \"isActive\" = 1");
    assert_eq!(count(&shop, "UserMembership", &alike), 2);
}

fn l23_the_end_of_the_day_in_jakarta_decides_the_status(engine: Engine) {
    let member = |id: &'static str, email: &'static str, end: &'static str, status: &'static str| {
        [("membership_id", id), ("user_email", email), ("expiry_date", end), ("status", status)]
    };
    let exports = Exports::new().memberships(&[
        &[&member("M1", "satu@example.org", "2025-12-31", "active")],
        &[&member("M2", "dua@example.org", "2026-01-01", "expired")],
    ]);
    let shop = Shop::new(engine);
    let document = imported(&shop, "memberships", exports.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0505"), 2, "the file contradicts the dates");
    let of = |email: &str| {
        let sql = format!(
            "SELECT m.\"endDate\", m.\"status\", m.\"isActive\", m.\"startDate\" FROM \"UserMembership\" m \
             JOIN \"User\" u ON u.\"id\" = m.\"userId\" WHERE u.\"email\" = '{email}'"
        );
        shop.query(&sql).remove(0)
    };
    let start = Cell::Int(millis("2025-06-01T00:00:00+07:00"));
    let row = |end: &str, status: &str, active| {
        vec![Cell::Int(millis(end)), Cell::Text(status.to_owned()), Cell::Int(active), start.clone()]
    };
    assert_eq!(of("satu@example.org"), row("2025-12-31T23:59:59.999+07:00", "EXPIRED", 0));
    assert_eq!(of("dua@example.org"), row("2026-01-01T23:59:59.999+07:00", "ACTIVE", 1));
}

fn l24_renewals_become_one_membership_with_the_latest_end(engine: Engine) {
    let first = [("start_date", "2023-02-01"), ("expiry_date", "2024-02-01"), ("status", "expired")];
    let renewal = [
        ("membership_id", "M2"),
        ("product_id", "104"),
        ("start_date", "2024-02-10"),
        ("expiry_date", "2025-02-10"),
        ("status", "expired"),
        ("price", "649000"),
    ];
    let exports = Exports::new().memberships(&[&[&renewal], &[&first]]);
    let shop = Shop::new(engine);
    imported(&shop, "memberships", exports.path(), &[], DONE);
    let now = || {
        let sql = "SELECT \"startDate\", \"endDate\", CAST(\"price\" AS INTEGER), \"externalId\", \"status\", \
                   (SELECT COUNT(*) FROM \"SejoliSourceRecord\" s WHERE s.\"targetId\" = m.\"id\"), \
                   (SELECT COUNT(*) FROM \"UserMembership\") FROM \"UserMembership\" m";
        shop.query(sql).remove(0)
    };
    let expected = |end: &str, price, id: &str, status: &str, history| {
        let (start, end) = (millis("2023-02-01T00:00:00+07:00"), millis(end));
        let text = |text: &str| Cell::Text(text.to_owned());
        vec![
            Cell::Int(start),
            Cell::Int(end),
            Cell::Int(price),
            text(id),
            text(status),
            Cell::Int(history),
            Cell::Int(1),
        ]
    };
    assert_eq!(now(), expected("2025-02-10T23:59:59.999+07:00", 649_000, "M2", "EXPIRED", 2));

    let newest = [
        ("membership_id", "M3"),
        ("product_id", "104"),
        ("start_date", "2025-02-11"),
        ("expiry_date", "2026-02-11"),
        ("price", "700000"),
    ];
    let later = Exports::new().memberships(&[&[&newest]]);
    let document = imported(&shop, "memberships", later.path(), &[], DONE);
    assert_eq!(rows(&document, "memberships", "updated"), 1);
    assert_eq!(now(), expected("2026-02-11T23:59:59.999+07:00", 700_000, "M3", "ACTIVE", 3));

    let document = imported(&shop, "memberships", exports.path(), &[], DONE);
    assert_eq!(rows(&document, "memberships", "unchanged"), 2, "the older file again changes nothing");
    assert_eq!(now(), expected("2026-02-11T23:59:59.999+07:00", 700_000, "M3", "ACTIVE", 3));
}

// How things are kept.

/// Every time in the database by its storage class, the tool's own catalogue left out.
fn time_classes(shop: &Shop) -> BTreeMap<String, BTreeSet<String>> {
    let columns = shop.query(
        "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' \
         AND c.type = 'DATETIME' AND m.name <> 'SejoliSchemaObject' ORDER BY 1, 2",
    );
    let mut classes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for column in columns {
        let (table, column) = (text(&column[0]), text(&column[1]));
        let sql = format!(
            "SELECT DISTINCT typeof(\"{column}\") FROM \"{table}\" WHERE \"{column}\" IS NOT NULL \
             AND NOT (typeof(\"{column}\") = 'text' AND \"{column}\" NOT LIKE '____-__-__T__:__:__.___+00:00')"
        );
        for class in texts(shop, &sql) {
            classes.entry(class).or_default().insert(format!("{table}.{column}"));
        }
        let all = format!("\"{column}\" IS NOT NULL");
        let told = format!(
            "{all} AND (typeof(\"{column}\") = 'integer' OR \"{column}\" LIKE '____-__-__T__:__:__.___+00:00')"
        );
        assert_eq!(
            count(shop, &table, &all),
            count(shop, &table, &told),
            "{table}.{column} holds another form"
        );
    }
    classes
}

#[test]
fn times_are_kept_in_the_form_of_the_app() {
    let (exports, _) = Exports::generated(60);
    let numbers = Shop::new(Engine::Sqlite);
    imported(&numbers, "all", exports.path(), &[], DONE);
    let classes = time_classes(&numbers);
    assert_eq!(classes.keys().collect::<Vec<_>>(), ["integer"], "{classes:?}");

    let words = Shop::new(Engine::Sqlite);
    words.sql(
        "INSERT INTO \"User\" (\"id\", \"email\", \"name\", \"createdAt\", \"updatedAt\") VALUES \
         ('u1', 'lama@example.org', 'Lama', '2024-03-05T06:07:08.009+00:00', '2024-03-05T06:07:08.009+00:00')",
    );
    imported(&words, "all", exports.path(), &[], DONE);
    let classes = time_classes(&words);
    assert_eq!(classes.keys().collect::<Vec<_>>(), ["text"], "{classes:?}");
    let same = |shop: &Shop, sql: &str| shop.number(sql);
    assert_eq!(
        same(&numbers, "SELECT SUM(\"createdAt\") FROM \"Transaction\""),
        same(
            &words,
            "SELECT SUM(CAST(strftime('%s', \"createdAt\") AS INTEGER) * 1000) FROM \"Transaction\""
        ),
        "both forms tell the same times"
    );
    let document = imported(&words, "all", exports.path(), &[], DONE);
    assert_eq!(document["total"]["tables"], serde_json::json!({}), "L13, in text form as well");
}

fn rejects_come_back_in_the_columns_of_the_source_and_harmless_for_spreadsheets(engine: Engine) {
    let formula = "=HYPERLINK(\"https://example.org\",\"klik\")";
    let exports = Exports::new().orders(&[
        &[],
        &[&[
            ("order_id", "5002"),
            ("payment_status", "tunda?"),
            ("buyer_name", formula),
            ("buyer_phone", "+62 812-3456-7801"),
            ("product_name", "@SUM(A1)"),
            ("buyer_email", "dua@example.org"),
        ]],
    ]);
    let mut sheet = exports.sheet("orders.csv");
    sheet.columns.push("catatan".to_owned());
    sheet.rows[0].push("biasa".to_owned());
    sheet.rows[1].push("-5".to_owned());
    sheet.write(&exports.path().join("orders.csv"));
    let shop = Shop::new(engine);
    let document = imported(&shop, "all", exports.path(), &[], ROWS_LEFT);

    let folder = run_folder(&shop);
    let file = folder.join("rejected-orders.csv");
    let listed = document["files"].as_array().expect("files");
    assert!(listed.iter().any(|path| path.as_str() == file.to_str()), "{listed:?}");
    let rejected = Sheet::read(&file);
    let mut columns = sheet.columns.clone();
    columns.extend(["sejoli_migrate_code".to_owned(), "sejoli_migrate_reason".to_owned()]);
    assert_eq!(rejected.columns, columns);
    assert_eq!(rejected.rows.len(), 1);
    assert_eq!(rejected.get(0, "order_id"), "5002");
    assert_eq!(rejected.get(0, "buyer_name"), format!("'{formula}"));
    assert_eq!(rejected.get(0, "buyer_phone"), "'+62 812-3456-7801");
    assert_eq!(rejected.get(0, "product_name"), "'@SUM(A1)");
    assert_eq!(rejected.get(0, "catatan"), "'-5");
    assert_eq!(rejected.get(0, "payment_status"), "tunda?");
    assert_eq!(rejected.get(0, "sejoli_migrate_code"), "SJM-0205");
    assert!(
        rejected.get(0, "sejoli_migrate_reason").contains("status"),
        "the reason says what is the matter"
    );

    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for entry in fs::read_dir(&folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        assert_ne!(path.extension().and_then(|ending| ending.to_str()), Some("part"), "written whole");
    }
}

fn corrected_rejects_are_imported_and_only_they(engine: Engine) {
    let exports = Exports::new().orders(&[&[], &[&[("order_id", "5002"), ("payment_status", "tunda?")]]]);
    let shop = Shop::new(engine);
    imported(&shop, "all", exports.path(), &[], ROWS_LEFT);
    let mut sheet = exports.sheet("orders.csv");
    sheet.set(1, "payment_status", "PAID");
    sheet.write(&exports.path().join("orders.csv"));
    let document = imported(&shop, "all", exports.path(), &[], DONE);
    assert_eq!((rows(&document, "orders", "created"), rows(&document, "orders", "unchanged")), (1, 1));
    assert_eq!(count(&shop, "Transaction", "1"), 2);
}

on_each_engine!(
    a_clean_shop_arrives_with_exactly_its_own_figures,
    l2_the_books_of_every_phase_balance_to_the_sen,
    l13_importing_the_same_again_writes_nothing,
    any_batch_size_and_any_number_of_threads_give_the_same_database,
    any_batch_size_gives_the_same_database_of_a_messy_shop,
    the_order_of_the_rows_does_not_matter,
    the_kinds_one_by_one_equal_all_of_them_at_once,
    a_dry_run_writes_nothing_and_tells_what_the_real_one_does,
    every_row_of_a_messy_shop_comes_out_as_it_deserves,
    every_row_of_another_messy_shop_comes_out_as_it_deserves,
    a_newer_export_brings_paid_commissions_and_takes_refunded_ones_back,
    l9_an_order_that_the_app_has_edited_is_held_when_its_source_changes_too,
    l1_missing_buyers_are_created_and_no_order_is_dropped,
    l6_l8_nobody_gets_a_username_or_a_password,
    l7_an_app_user_is_matched_whatever_the_case_of_the_address,
    l7_a_row_without_an_identity_is_held_and_no_shared_user_is_made,
    l9_an_existing_user_is_filled_only_where_empty_and_an_admin_stays_one,
    l9_only_a_running_membership_raises_a_role,
    l9_a_membership_of_the_app_and_a_taken_code_stay_with_their_owners,
    l13_an_order_that_the_app_has_in_another_spelling_waits_and_is_not_doubled,
    a_cell_that_the_database_cannot_hold_waits_and_is_never_cut,
    l10_an_unknown_status_is_held_and_never_guessed,
    l11_only_paid_orders_are_revenue_and_earn_commission,
    l12_an_unmapped_product_is_listed_and_its_membership_held,
    l12_the_kind_comes_from_the_map_and_never_from_the_title,
    l14_two_equal_orders_within_a_minute_both_arrive,
    l15_the_sejoli_number_is_kept_as_it_is,
    l16_a_self_referral_is_flagged_and_kept_with_its_commission,
    l17_where_no_commission_is_recorded_none_is_assumed,
    l17_a_rate_above_a_hundred_or_a_commission_above_the_price_is_held,
    l17_the_recorded_amount_counts_and_not_todays_rate,
    l19_a_conversion_names_a_profile_and_never_a_user,
    l20_a_conversion_is_dated_by_its_payment,
    l21_what_was_paid_out_is_not_withdrawable_again,
    affiliates_that_come_after_their_orders_get_the_same_conversions_and_wallets,
    two_affiliates_with_one_address_wait_for_a_person_and_their_orders_arrive,
    l22_a_lifetime_has_one_representation,
    l23_the_end_of_the_day_in_jakarta_decides_the_status,
    l24_renewals_become_one_membership_with_the_latest_end,
    rejects_come_back_in_the_columns_of_the_source_and_harmless_for_spreadsheets,
    corrected_rejects_are_imported_and_only_they,
);
