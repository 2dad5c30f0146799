//! What cannot be used: one clear line, the documented exit code, and a database as it was.

use std::fs;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};

use crate::support::exit_code::{DATABASE, INPUT};
use crate::support::library::Cell;
use crate::support::{
    AS_OF, AppDatabase, Compared, Engine, Outcome, assert_same, dump, fixture, tool, workspace,
};

/// One line on stderr that begins with "error:", contains all of this, and no backtrace or debug form.
#[track_caller]
fn assert_one_line(outcome: &Outcome, code: i32, parts: &[&str]) {
    assert_eq!(outcome.code, code, "{outcome:?}");
    let said = outcome.stderr.lines().filter(|line| !line.trim().is_empty());
    let lines: Vec<&str> = said.filter(|line| !line.starts_with("database: ")).collect();
    assert_eq!(lines.len(), 1, "{outcome:?}");
    assert!(lines[0].starts_with("error: "), "{}", lines[0]);
    assert!(!lines[0].contains("panicked") && !lines[0].contains("Failure {"), "{}", lines[0]);
    for part in parts {
        assert!(lines[0].contains(part), "\"{part}\" is not in: {}", lines[0]);
    }
    assert_eq!(outcome.stdout, "");
}

/// `import all` and `validate` refuse a path alike, and the database stays as it was, cell by cell.
#[track_caller]
fn assert_unusable(path: &Path, parts: &[&str]) {
    let db = AppDatabase::new(Engine::Sqlite);
    let before = dump(&db, Compared::Everything);
    assert_one_line(&db.import("all", path, &[]), INPUT, parts);
    let (given, out) = (path.display().to_string(), db.path("out").display().to_string());
    assert_one_line(&db.run(&["validate", &given, "--out", &out]), INPUT, parts);
    assert_same(&before, &dump(&db, Compared::Everything), "after the refusals");
    assert!(!db.path("shop.db-journal").exists());
}

fn written(folder: &tempfile::TempDir, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).expect("the file is written");
    path
}

fn orders() -> String {
    fs::read_to_string(fixture("clean").join("orders.csv")).expect("the orders")
}

#[test]
fn a_missing_file_is_named() {
    let folder = workspace();
    assert_unusable(&folder.path().join("orders.csv"), &["orders.csv", "No such file"]);
}

#[test]
fn a_folder_without_exports_is_named() {
    let folder = workspace();
    assert_unusable(folder.path(), &["no Sejoli export found"]);
    written(&folder, "catatan.txt", "bukan ekspor\n");
    assert_unusable(folder.path(), &["no Sejoli export found"]);
}

#[test]
fn a_folder_with_nothing_but_a_product_map_is_not_enough() {
    let folder = workspace();
    fs::copy(fixture("clean").join("products.csv"), folder.path().join("products.csv")).expect("a copy");
    assert_unusable(folder.path(), &["no Sejoli export found"]);
}

#[test]
fn a_broken_workbook_is_named() {
    let folder = workspace();
    let path = written(&folder, "orders.xlsx", b"PK\x03\x04 and nothing else");
    assert_unusable(folder.path(), &["orders.xlsx"]);
    assert_unusable(&path, &["orders.xlsx"]);
}

/// A packed file with these parts.
fn packed(parts: impl IntoIterator<Item = (String, Vec<u8>)>) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).expect("a part begins");
        std::io::Write::write_all(&mut archive, &bytes).expect("a part is written");
    }
    archive.finish().expect("the archive is whole").into_inner()
}

#[test]
fn a_workbook_that_unpacks_to_too_much_is_refused() {
    let folder = workspace();
    let zeros = vec![b' '; 257 << 20];
    let bomb = packed([("xl/sharedStrings.xml".to_owned(), zeros)]);
    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    let outcome = tool(&["validate", &written(&folder, "bom.xlsx", bomb).display().to_string()]);
    assert_one_line(&outcome, INPUT, &["bom.xlsx", "unpacks to more than 256 MB"]);
    let many = packed((0..10_001).map(|at| (format!("part{at}"), Vec::new())));
    let outcome = tool(&["validate", &written(&folder, "banyak.xlsx", many).display().to_string()]);
    assert_one_line(&outcome, INPUT, &["banyak.xlsx", "more than 10000 parts"]);
}

#[test]
fn a_csv_of_something_else_is_called_so() {
    let folder = workspace();
    let path = written(&folder, "stok.csv", "sku,stok,warna\n1,2,merah\n");
    assert_unusable(&path, &["stok.csv", "not a Sejoli export", "sku,stok,warna"]);
}

#[test]
fn an_empty_file_is_called_so() {
    let folder = workspace();
    assert_unusable(&written(&folder, "orders.csv", ""), &["orders.csv", "empty"]);
    assert_unusable(&written(&folder, "lain.csv", "\n\n"), &["lain.csv", "empty"]);
}

#[test]
fn a_missing_column_is_named_with_the_nearest_one() {
    let folder = workspace();
    let path = written(&folder, "orders.csv", orders().replacen("payment_status", "pay_status", 1));
    assert_unusable(
        &path,
        &["orders.csv", "looks like orders", "the column payment_status (nearest: \"pay_status\")"],
    );
}

#[test]
fn a_binary_file_is_refused() {
    let folder = workspace();
    let bytes: Vec<u8> = (0_u32..4_096).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    assert_unusable(&written(&folder, "orders.csv", bytes), &["orders.csv"]);
}

#[test]
fn l4_an_unclosed_quote_does_not_swallow_the_rest_of_the_file() {
    let folder = workspace();
    let mut lines: Vec<String> = orders().lines().map(str::to_owned).collect();
    let damaged = lines.iter().position(|line| line.starts_with("10005,")).expect("such an order");
    let mut cells: Vec<&str> = lines[damaged].split(',').collect();
    let open = format!("\"{}", cells[5]);
    cells[5] = &open;
    lines[damaged] = cells.join(",");
    let path = written(&folder, "orders.csv", format!("{}\n", lines.join("\n")));
    let db = AppDatabase::new(Engine::Sqlite);
    let outcome = db.import("orders", &path, &["--format", "json"]);
    assert_eq!(outcome.code, 3, "{outcome:?}");
    let done: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("a document");
    assert_eq!(done["phases"]["orders"]["rejected"]["rows"], 1);
    assert_eq!(done["phases"]["orders"]["created"]["rows"], lines.len() as u64 - 2);
    let rejects = db.query("SELECT \"code\", \"line\" FROM \"SejoliImportReject\"");
    let expected = vec![Cell::Text("SJM-0406".to_owned()), Cell::Int(damaged as i64 + 1)];
    assert_eq!(rejects, [expected]);
}

/// A database that is refused: one line, exit code 7, not a byte changed.
#[track_caller]
fn assert_refused(path: &Path, parts: &[&str]) {
    let before = fs::read(path).ok();
    let (url, clean) = (format!("file:{}", path.display()), fixture("clean").display().to_string());
    let out = path.with_extension("out").display().to_string();
    for more in [&[][..], &["--dry-run"], &["--create-memberships"]] {
        let mut args = vec!["--database-url", url.as_str(), "import", "all", clean.as_str()];
        args.extend(["--out", out.as_str(), "--as-of", AS_OF]);
        args.extend(more);
        assert_one_line(&tool(&args), DATABASE, parts);
        assert!(before == fs::read(path).ok(), "{}: the file changed", path.display());
    }
}

#[test]
fn a_missing_database_is_not_made_by_an_import() {
    let folder = workspace();
    let path = folder.path().join("toko.db");
    assert_refused(&path, &["toko.db", "schema apply"]);
    assert!(!path.exists());
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    let folder = workspace();
    let path = written(&folder, "toko.db", "ini bukan basis data, hanya catatan biasa\n".repeat(40));
    assert_refused(&path, &["toko.db", "not an SQLite database"]);
}

#[test]
fn a_folder_is_no_database() {
    let folder = workspace();
    let path = folder.path().join("toko.db");
    fs::create_dir(&path).expect("a folder");
    assert_refused(&path, &["toko.db", "folder"]);
}

#[test]
fn a_database_of_another_program_is_left_alone() {
    let folder = workspace();
    let path = folder.path().join("lain.db");
    SqliteConnection::establish(&path.to_string_lossy())
        .expect("the database opens")
        .batch_execute("CREATE TABLE catatan (isi TEXT); INSERT INTO catatan VALUES ('milik orang lain')")
        .expect("the table is made");
    assert_refused(&path, &["not the app's database"]);
}

#[test]
fn a_database_without_the_schema_says_what_to_do() {
    let folder = workspace();
    assert_refused(&written(&folder, "kosong.db", ""), &["schema apply"]);
    let db = AppDatabase::new(Engine::Sqlite);
    db.sql("DROP TABLE \"SejoliWebhookLog\"");
    assert_refused(&db.path("shop.db"), &["schema"]);
}

#[test]
fn l29_a_server_that_is_not_there_is_named_without_its_password() {
    let clean = fixture("clean").display().to_string();
    for scheme in ["postgresql", "mysql"] {
        let url = format!("{scheme}://toko:rahasia@127.0.0.1:1/app");
        let outcome = tool(&["--database-url", &url, "import", "all", &clean]);
        assert_one_line(&outcome, DATABASE, &[&format!("{scheme}://toko:***@127.0.0.1:1/app")]);
        assert!(!outcome.stderr.contains("rahasia"), "{}", outcome.stderr);
    }
}

#[test]
fn an_export_of_another_kind_is_not_taken_for_the_one_asked_for() {
    let db = AppDatabase::new(Engine::Sqlite);
    let before = fs::read(db.path("shop.db")).expect("the database");
    let outcome = db.import("orders", &fixture("clean").join("affiliates.csv"), &[]);
    assert_one_line(&outcome, INPUT, &["no export of orders", "affiliates"]);
    assert!(before == fs::read(db.path("shop.db")).expect("the database"));
}
