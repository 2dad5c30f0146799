//! What `doctor` and `report` tell the operator of the app around the import, and the redirects of old links.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::support::exit_code::{DONE, USAGE};
use crate::support::library::tables::{Transaction, TransactionStatus};
use crate::support::library::{DatabaseUse, Millis};
use crate::support::{
    AppDatabase, Edits, Engine, Exports, SOLD, app_transaction, imported, insert_app_user, json,
    on_each_engine,
};

const DAY: i64 = 24 * 3_600_000;

/// A PENDING order of an import, placed so many days ago.
fn pending(db: &AppDatabase, number: &str, days: i64) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_millis() as i64;
    let external = format!("sejoli-{number}");
    let order = Transaction {
        status: TransactionStatus::Pending,
        created_at: Millis(now - days * DAY),
        ..app_transaction(number, "u-buyer", Some(&external), None)
    };
    db.store(DatabaseUse::Write).insert(order).expect("an order");
}

fn job(document: &serde_json::Value, name: &str) -> u64 {
    let jobs = document["operator"]["jobs"].as_array().expect("jobs");
    let job = jobs.iter().find(|job| job["name"] == name).unwrap_or_else(|| panic!("{name}: {document}"));
    job["rows"].as_u64().expect("a number")
}

fn l36_doctor_counts_whom_the_apps_jobs_would_write_to(engine: Engine) {
    let db = AppDatabase::with_access(engine);
    insert_app_user(&db, "u-buyer", "pembeli@example.org", "Pembeli", "MEMBER_FREE");
    for (number, days) in [("1", 1), ("2", 2), ("3", 5), ("4", 400)] {
        pending(&db, number, days);
    }
    let document = json(&db.run(&["doctor", "--format", "json"]));
    assert_eq!(job(&document, "payment-followup"), 2, "of the last three days");
    assert_eq!(job(&document, "check-payment-status"), 3, "of the last week");
    assert_eq!(job(&document, "learning-reminders"), 0);
}

fn l33_l35_the_list_names_plans_that_open_nothing_and_the_button_that_is_not_to_be_pressed(engine: Engine) {
    let db = AppDatabase::with_access(engine);
    let exports = Exports::new().orders(&[&[]]).memberships(&[&[&[("expiry_date", "2099-06-01")]]]);
    imported(&db, "all", exports.path(), &[], DONE);
    let outcome = db.run(&["doctor"]);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    let text = outcome.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "Link the plan \"Keanggotaan Saudagar 12 Bulan\", which opens nothing to 1 people; then `sejoli-migrate grant`.",
        "Do not press \"update member codes\"",
        "renewal: a second row of one person and plan is inserted",
        "middleware: MEMBER_FREE is turned away",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let list = outcome.stdout.lines().skip_while(|line| *line != "Before the import");
    assert!(
        list.clone().count() > 10 && list.clone().all(|line| line.chars().count() <= 80),
        "{}",
        outcome.stdout
    );
    let report = db.run(&["report"]);
    assert!(report.stdout.contains("The app's jobs"), "{}", report.stdout);
}

fn old_links_lead_to_the_affiliates_code(engine: Engine) {
    let number: Edits<'_> = &[("affiliate_code", "17")];
    let word: Edits<'_> = &[
        ("affiliate_code", "MITRA02"),
        ("affiliate_email", "kedua@example.org"),
        ("affiliate_name", "Kedua"),
    ];
    let exports = Exports::new().affiliates(&[&[number], &[word]]).orders(&[&[SOLD, number]]);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let redirects = |more: &[&str]| {
        let mut args = vec!["report", "redirects", "--site", "https://app.example.org"];
        args.extend(more);
        db.run(&args)
    };
    let nginx = redirects(&[]);
    assert_eq!(nginx.code, DONE, "{}", nginx.stderr);
    assert_eq!(nginx.stdout, "rewrite ^/aff/17(/.*)?$ https://app.example.org/checkout?ref=17? permanent;\n");
    assert!(nginx.stderr.contains("MITRA02"), "{}", nginx.stderr);
    let file = db.path("vercel.json");
    let vercel = redirects(&["--server", "vercel", "--out", &file.display().to_string()]);
    assert_eq!(vercel.code, DONE, "{}", vercel.stderr);
    let written: serde_json::Value =
        serde_json::from_slice(&std::fs::read(file).expect("the file")).expect("JSON");
    assert_eq!(written["redirects"][0]["source"], "/aff/17/:path*");
    let document = json(&redirects(&["--format", "json"]));
    assert_eq!(document["redirects"][0]["to"], "https://app.example.org/checkout?ref=17");
    for wrong in [
        &["--site", "app.example.org"][..],
        &["--site", "https://app.example.org/a;return 301 https://other.example"],
        &["--site", "https://app.example.org", "--page", "/checkout; return 301 https://other.example"],
        &["--site", "https://app.example.org", "--page", "/checkout permanent"],
        &["--site", "https://app.example.org", "--page", "/$request_uri"],
    ] {
        let refused = db.run(&[&["report", "redirects"], wrong].concat());
        assert_eq!(refused.code, USAGE, "{wrong:?}: {}", refused.stderr);
        assert_eq!(refused.stdout, "", "{wrong:?}");
    }
}

on_each_engine!(
    l36_doctor_counts_whom_the_apps_jobs_would_write_to,
    l33_l35_the_list_names_plans_that_open_nothing_and_the_button_that_is_not_to_be_pressed,
    old_links_lead_to_the_affiliates_code,
);
