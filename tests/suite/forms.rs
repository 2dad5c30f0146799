//! One shop in every form that a file can have: whatever the form, the database is the same.

use std::fs;
use std::path::Path;

use rust_xlsxwriter::{Format, Formula, Workbook, Worksheet};

use crate::support::library::Cell;
use crate::support::{
    AS_OF, AppDatabase, Compared, Dump, Engine, assert_same, dump, fixture, workspace, write_sheet,
};

const FILES: [&str; 4] = ["affiliates.csv", "orders.csv", "memberships.csv", "products.csv"];

/// Imports and verifies a folder; what is in the database then.
#[track_caller]
fn rows_imported(folder: &Path, more: &[&str]) -> Dump {
    let db = AppDatabase::new(Engine::Sqlite);
    let done = db.import("all", folder, more);
    assert!([0, 3].contains(&done.code), "{done:?}");
    let path = folder.display().to_string();
    let mut verify = vec!["verify", path.as_str(), "--as-of", AS_OF];
    verify.extend(more);
    let verified = db.run(&verify);
    assert_eq!(verified.code, 0, "{verified:?}");
    dump(&db, Compared::ContentAnywhere)
}

/// The clean shop, each file written anew by `form`.
#[track_caller]
fn assert_same_in_form(form: impl Fn(&str) -> Vec<u8>, more: &[&str]) {
    let folder = workspace();
    for name in FILES {
        let text = fs::read_to_string(fixture("clean").join(name)).expect("the fixture");
        fs::write(folder.path().join(name), form(&text)).expect("the file is written");
    }
    let expected = rows_imported(&fixture("clean"), &[]);
    assert!(!expected["Transaction"].is_empty());
    assert_same(&expected, &rows_imported(folder.path(), more), "the shop in this form");
}

/// The records of a file written by `quoted`, with something else between the cells.
fn rewritten(text: &str, delimiter: &str, quoted: impl Fn(&str) -> String) -> String {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let line = |record: csv::StringRecord| record.iter().map(&quoted).collect::<Vec<_>>().join(delimiter);
    reader.records().map(|record| line(record.expect("a record")) + "\n").collect()
}

fn always_quoted(cell: &str) -> String {
    format!("\"{}\"", cell.replace('"', "\"\""))
}

#[test]
fn semicolons_tabs_and_bars_part_cells_as_commas_do() {
    for delimiter in [";", "\t", "|"] {
        assert_same_in_form(|text| rewritten(text, delimiter, always_quoted).into_bytes(), &[]);
    }
}

#[test]
fn a_delimiter_that_is_given_is_believed() {
    let semicolons = |text: &str| rewritten(text, ";", always_quoted).into_bytes();
    assert_same_in_form(semicolons, &["--delimiter", "semicolon"]);
    let folder = workspace();
    let orders = fs::read_to_string(fixture("clean").join("orders.csv")).expect("the fixture");
    fs::write(folder.path().join("orders.csv"), semicolons(&orders)).expect("the file is written");
    assert_eq!(
        AppDatabase::new(Engine::Sqlite).import("orders", folder.path(), &["--delimiter", "comma"]).code,
        6
    );
}

#[test]
fn the_encoding_of_the_letters_does_not_matter() {
    let utf16 = |text: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(bytes).collect()
    };
    assert_same_in_form(|text| format!("\u{feff}{text}").into_bytes(), &[]);
    assert_same_in_form(|text| utf16(text, u16::to_le_bytes), &[]);
    assert_same_in_form(|text| utf16(text, u16::to_be_bytes), &[]);
    assert_same_in_form(|text| utf16(text, u16::to_le_bytes).split_off(2), &[]);
    assert_same_in_form(|text| text.as_bytes().to_vec(), &["--encoding", "utf-8"]);
}

#[test]
fn windows_line_ends_and_lines_around_the_table_do_not_matter() {
    assert_same_in_form(|text| text.replace('\n', "\r\n").into_bytes(), &[]);
    assert_same_in_form(|text| format!("Laporan Desember\n\nsep=,\n{text}\n\n,,,,\n").into_bytes(), &[]);
    assert_same_in_form(|text| format!("Format distrik tidak sesuai.{text}").into_bytes(), &[]);
}

#[test]
fn a_windows_1252_file_is_read_and_said_to_be_one() {
    let folder = workspace();
    let text = "order_id,order_date,product_id,buyer_name,buyer_email,amount,payment_status\n\
                1,2024-01-02,7,Ren\u{e9}e,renee@example.org,1000,PENDING\n";
    let bytes: Vec<u8> = text.chars().map(|letter| letter as u8).collect();
    fs::write(folder.path().join("orders.csv"), bytes).expect("the file is written");
    let db = AppDatabase::new(Engine::Sqlite);
    let done = db.import("orders", folder.path(), &[]);
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(db.query("SELECT \"name\" FROM \"User\""), [[Cell::Text("Ren\u{e9}e".to_owned())]]);
    assert!(findings_text(&db).contains("SJM-0801"), "{}", findings_text(&db));
}

/// The findings file of the only run.
fn findings_text(db: &AppDatabase) -> String {
    let run = fs::read_dir(db.path("out")).expect("the runs").next().expect("a run").expect("an entry");
    fs::read_to_string(run.path().join("findings.csv")).expect("the findings")
}

#[test]
fn lines_that_are_no_records_are_named() {
    let folder = workspace();
    let text = "PHP Deprecated: something\norder_id,order_date,product_id,buyer_name,buyer_email,amount,payment_status,warna\n\
                1,2024-01-02,7,Siti,siti@example.org,1000,PENDING,merah\nTotal,,,,,\"Rp 1.000\",,\n";
    fs::write(folder.path().join("orders.csv"), text).expect("the file is written");
    let db = AppDatabase::new(Engine::Sqlite);
    let done = db.import("orders", folder.path(), &[]);
    assert_eq!(done.code, 0, "{done:?}");
    let findings = findings_text(&db);
    for code in ["SJM-0802", "SJM-0803", "SJM-0804"] {
        assert!(findings.contains(code), "{code}: {findings}");
    }
    assert!(findings.contains("warna") && findings.contains("PHP Deprecated"), "{findings}");
}

#[test]
fn columns_with_names_of_their_own_are_mapped() {
    let folder = workspace();
    let text = "nomor,order_date,product_id,buyer_name,buyer_email,amount,payment_status\n\
                1,2024-01-02,7,Siti,siti@example.org,1000,PENDING\n";
    fs::write(folder.path().join("orders.csv"), text).expect("the file is written");
    let map = folder.path().join("columns.map");
    fs::write(&map, "column,field\nNomor,order_id\n").expect("the map is written");
    let db = AppDatabase::new(Engine::Sqlite);
    assert_eq!(db.import("orders", folder.path(), &[]).code, 6);
    let map = map.display().to_string();
    let done = db.import("orders", folder.path(), &["--columns", &map]);
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(db.number("SELECT count(*) FROM \"Transaction\" WHERE \"externalId\" = 'sejoli-1'"), 1);
}

#[test]
fn what_was_rejected_is_corrected_and_imported_again() {
    let folder = workspace();
    let text = "order_id,order_date,product_id,buyer_name,buyer_email,buyer_phone,amount,payment_status\n\
                1,2024-01-02,7,=Siti,siti@example.org,+6281234567890,seribu,PENDING\n";
    fs::write(folder.path().join("orders.csv"), text).expect("the file is written");
    let db = AppDatabase::new(Engine::Sqlite);
    assert_eq!(db.import("orders", folder.path(), &[]).code, 3);
    let run = fs::read_dir(db.path("out")).expect("the runs").next().expect("a run").expect("an entry");
    let rejected = run.path().join("rejected-orders.csv");
    let text = fs::read_to_string(&rejected).expect("the rejects");
    assert!(text.contains("'=Siti") && text.contains("'+62"), "{text}");
    fs::write(&rejected, text.replace("seribu", "1000")).expect("the file is written");
    assert_eq!(db.import("orders", &rejected, &[]).code, 0);
    let row = db.query("SELECT \"customerName\", \"customerPhone\" FROM \"Transaction\"");
    let expected = ["=Siti", "+6281234567890"].map(|text| Cell::Text(text.to_owned())).to_vec();
    assert_eq!(row, [expected]);
    let payload = db.query("SELECT \"webhookPayload\" FROM \"SejoliWebhookLog\"");
    assert!(!format!("{payload:?}").contains("sejoli_migrate_"), "{payload:?}");
}

fn clean(name: &str) -> String {
    fs::read_to_string(fixture("clean").join(name)).expect("the fixture")
}

#[test]
fn the_same_shop_as_workbooks_is_the_same_cell_by_cell() {
    let folder = workspace();
    for name in FILES {
        let mut book = Workbook::new();
        write_sheet(book.add_worksheet(), &clean(name), 0);
        let path = folder.path().join(name.replace(".csv", ".xlsx"));
        book.save(path).expect("the workbook is saved");
    }
    assert_same(
        &rows_imported(&fixture("clean"), &[]),
        &rows_imported(folder.path(), &[]),
        "the shop as workbooks",
    );
}

#[test]
fn one_workbook_holds_the_shop_in_sheets_with_titles_notes_and_hidden_rows() {
    let folder = workspace();
    let mut book = Workbook::new();
    let notes = book.add_worksheet().set_name("Catatan").expect("a name");
    notes.write_string(0, 0, "nothing of Sejoli's").expect("a note");
    for name in FILES {
        let sheet = book.add_worksheet().set_name(name).expect("a name");
        sheet.merge_range(0, 0, 0, 3, "Laporan Desember", &Format::new()).expect("a title");
        write_sheet(sheet, &clean(name), 2);
        sheet.set_row_hidden(4).expect("a hidden row");
    }
    book.save(folder.path().join("toko.xlsx")).expect("the workbook is saved");
    assert_same(
        &rows_imported(&fixture("clean"), &[]),
        &rows_imported(folder.path(), &[]),
        "the shop in one workbook",
    );
    let db = AppDatabase::new(Engine::Sqlite);
    db.import("all", folder.path(), &[]);
    let findings = findings_text(&db);
    assert!(findings.contains("SJM-0806") && findings.contains("toko.xlsx,orders.csv"), "{findings}");
}

/// An order in a sheet of its own.
fn order_sheet(sheet: &mut Worksheet, id: f64) {
    let text = "order_id,order_date,product_id,buyer_name,buyer_email,buyer_phone,amount,payment_status\n\
                ,2024-01-02,7,Siti,siti@example.org,8123456789,,PENDING\n";
    write_sheet(sheet, text, 0);
    sheet.write_number(1, 0, id).expect("a number");
    sheet.write_formula(1, 6, Formula::new("=2*500").set_result("1000")).expect("a formula");
}

#[test]
fn two_sheets_of_one_kind_are_not_chosen_between() {
    let folder = workspace();
    let mut book = Workbook::new();
    order_sheet(book.add_worksheet().set_name("2023").expect("a name"), 1.0);
    order_sheet(book.add_worksheet().set_name("2024").expect("a name"), 2.0);
    let path = folder.path().join("orders.xlsx");
    book.save(&path).expect("the workbook is saved");
    let db = AppDatabase::new(Engine::Sqlite);
    let refused = db.import("orders", &path, &[]);
    assert_eq!(refused.code, 6);
    assert!(refused.stderr.contains("[2023]") && refused.stderr.contains("--sheet"), "{refused:?}");
    assert_eq!(db.import("orders", &path, &["--sheet", "2025"]).code, 6);
    let done = db.import("orders", &path, &["--sheet", "2024"]);
    assert_eq!(done.code, 0, "{done:?}");
    let row = db.query("SELECT \"externalId\", \"customerPhone\", \"amount\" FROM \"Transaction\"");
    let text = |text: &str| Cell::Text(text.to_owned());
    assert_eq!(row[0][..2], [text("sejoli-2"), text("+628123456789")]);
    assert_eq!(db.number("SELECT count(*) FROM \"Transaction\" WHERE \"amount\" = 1000"), 1);
}

#[test]
fn a_rate_in_percent_is_what_its_cell_shows() {
    let folder = workspace();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let text = "order_id,order_date,product_id,buyer_email,amount,paid_amount,payment_status,paid_date,affiliate_code,\
                affiliate_commission_rate,affiliate_commission_amount\n\
                1,2024-01-02,7,siti@example.org,100000,100000,PAID,2024-01-02,17,,30000\n\
                2,2024-01-02,7,siti@example.org,100000,100000,PAID,2024-01-02,17,,12500\n\
                3,2024-01-02,7,siti@example.org,100000,100000,PAID,2024-01-02,17,0.3,30000\n";
    write_sheet(sheet, text, 0);
    let percent = Format::new().set_num_format("0%");
    sheet.write_number_with_format(1, 9, 0.3, &percent).expect("a rate");
    let decimals = Format::new().set_num_format("0.00 %");
    sheet.write_number_with_format(2, 9, 0.125, &decimals).expect("a rate");
    book.save(folder.path().join("orders.xlsx")).expect("the workbook is saved");
    let db = AppDatabase::new(Engine::Sqlite);
    let done = db.import("orders", folder.path(), &[]);
    assert_eq!(done.code, 0, "{done:?}");
    let rates = db.query("SELECT \"affiliateRate\" FROM \"SejoliWebhookLog\" ORDER BY \"orderId\"");
    assert_eq!(rates, [[Cell::Real(30.0)], [Cell::Real(12.5)], [Cell::Real(0.3)]]);
    let findings = findings_text(&db);
    let doubtful: Vec<&str> = findings.lines().filter(|line| line.contains("SJM-0312")).collect();
    assert!(doubtful.len() == 1 && doubtful[0].contains(",3,"), "only the bare 0.3 is doubtful: {findings}");
}

#[test]
fn rejects_of_a_workbook_are_a_workbook_too() {
    let folder = workspace();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    order_sheet(sheet, 1.0);
    sheet.write_string(1, 3, "=Siti").expect("a name");
    sheet.write_string(1, 6, "seribu").expect("a word");
    let path = folder.path().join("orders.xlsx");
    book.save(&path).expect("the workbook is saved");
    let db = AppDatabase::new(Engine::Sqlite);
    assert_eq!(db.import("orders", &path, &[]).code, 3);
    let place = db.query("SELECT \"file\", \"line\" FROM \"SejoliImportReject\"");
    assert_eq!(place, [[Cell::Text("orders.xlsx [Sheet1]".to_owned()), Cell::Int(2)]]);
    let run = fs::read_dir(db.path("out")).expect("the runs").next().expect("a run").expect("an entry");
    let csv = fs::read_to_string(run.path().join("rejected-orders.csv")).expect("the rejects");
    let rejected = run.path().join("rejected-orders.xlsx");
    assert_eq!(db.import("orders", &rejected, &[]).code, 3);
    let again = fs::read_dir(db.path("out")).expect("the runs").map(|run| run.expect("an entry").path());
    let again = again.filter(|path| *path != run.path()).last().expect("another run");
    assert_eq!(fs::read_to_string(again.join("rejected-orders.csv")).expect("the rejects"), csv);
}

const NATIVE: &str = "Format distrik tidak sesuai.INV,product,created_at,name,email,phone,quantity,price,status,\
    affiliate,affiliate_id,address,payment,courier,variant,notes\n";

#[test]
fn the_plugins_own_export_is_imported_with_what_there_is() {
    let folder = workspace();
    let rows = "10001,\"Kelas  Ekspor\",\"2024-01-02 03:04:05\",\"Siti R\",siti@example.org,081234567890,1,899000.5,Selesai,\
                17,Budi,\"Jl. Melati 5\nKudus\",manual,-,-,\"say \\\"hi\\\"\"\n\
                10002,Lain,\"2024-01-03 03:04:05\",Tono,tono@example.org,,1,899.000,\"Menunggu Pembayaran\",0,,-,manual,-,-,\n\
                10003,Lain,\"2024-01-03 03:04:05\",Tono,tono@example.org,,1,899.000,Batal,0,,-,manual,-,-,\"C:\\\"\n";
    fs::write(folder.path().join("export.csv"), format!("{NATIVE}{rows}")).expect("the file is written");
    let map = "product_id,product_name,kind,membership,duration,price,product\n7,Kelas Ekspor,COURSE,,,,\n";
    fs::write(folder.path().join("map.csv"), map).expect("the map is written");
    let db = AppDatabase::new(Engine::Sqlite);
    let done = db.import("orders", folder.path(), &[]);
    assert_eq!(done.code, 3, "{done:?}");
    let held = db.query("SELECT \"code\", \"sourceKey\" FROM \"SejoliImportReject\"");
    assert_eq!(held, [["SJM-0205", "10002"].map(|text| Cell::Text(text.to_owned()))]);
    let paid = "SELECT count(*) FROM \"Transaction\" WHERE \"externalId\" = 'sejoli-10001' AND \"amount\" = 899000.5 \
                AND \"type\" = 'COURSE' AND \"paidAt\" = \"createdAt\"";
    assert_eq!(db.number(paid), 1);
    assert_eq!(db.number("SELECT count(*) FROM \"Transaction\" WHERE \"amount\" = 899"), 1);
    assert_eq!(db.number("SELECT count(*) FROM \"AffiliateConversion\""), 0);
    let payload = db.query("SELECT \"webhookPayload\" FROM \"SejoliWebhookLog\" ORDER BY \"orderId\"");
    let payload = format!("{payload:?}");
    assert!(payload.contains("native") && payload.contains("of the order"), "{payload}");
    assert!(findings_text(&db).contains("SJM-0807"));
    let path = folder.path().display().to_string();
    let verified = db.run(&["verify", &path, "--as-of", AS_OF]);
    assert_eq!(verified.code, 0, "{verified:?}");
    assert_eq!(db.number("SELECT count(*) FROM \"SejoliWebhookLog\" WHERE \"affiliateCode\" = '17'"), 1);
}

#[test]
fn other_files_of_the_plugin_are_recognised_and_passed_over() {
    let folder = workspace();
    let path = folder.path().join("users.csv");
    fs::write(&path, "User ID,name,email,phone,address,affiliate,group\n1,Siti,siti@example.org,,,,\n")
        .expect("a file");
    let refused = AppDatabase::new(Engine::Sqlite).import("all", &path, &[]);
    assert_eq!(refused.code, 6);
    assert!(refused.stderr.contains("list of users"), "{refused:?}");
}
