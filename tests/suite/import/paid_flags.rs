//! Where an export says of each commission whether it stands and was paid out, that is the exact record (L30): the flags
//! count, a total that says something else is a finding, and what the app has paid since is never touched.

use super::paid_commissions::{
    assert_agree, figure, order, paid, pay, repeated, requestable, rolled_back, verified, wallet,
    written_once,
};
use crate::support::exit_code::{DONE, ROWS_LEFT, VERIFICATION_FAILED};
use crate::support::{
    AppDatabase, Edits, Engine, Exports, count, found, imported, on_each_engine, rows, texts,
};

/// An order of the affiliate: number, commission in rupiah, where it stands, whether it was paid out.
type Flagged<'a> = (&'a str, &'a str, &'a str, &'a str);

fn exports(sold: &[Flagged<'_>], total_paid: &str) -> Exports {
    let rows: Vec<Vec<(&str, &str)>> = sold
        .iter()
        .map(|&(number, commission, status, flag)| {
            let mut cells = order(number, commission);
            cells.extend([("affiliate_commission_status", status), ("affiliate_commission_paid", flag)]);
            cells
        })
        .collect();
    let rows: Vec<[Edits<'_>; 1]> = rows.iter().map(|row| [row.as_slice()]).collect();
    let rows: Vec<&[Edits<'_>]> = rows.iter().map(<[Edits<'_>; 1]>::as_slice).collect();
    Exports::new().affiliates(&[&[&[("total_paid", total_paid)]]]).orders(&rows)
}

const FOUR: [Flagged<'static>; 4] = [
    ("998", "30000", "added", "0"),
    ("5001", "20000", "added", "1"),
    ("5002", "50000", "added", "0"),
    ("5003", "10000", "added", "1"),
];

fn l30_the_flags_say_which_commissions_are_paid(engine: Engine) {
    let exports = exports(&FOUR, "30000");
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(paid(&db), ["5001", "5003"], "not the oldest, which comes to the same sum");
    written_once(&document);
    assert!(!document["affiliates_to_review"].to_string().contains("SJM-0317"), "{document}");
    assert_agree(&db);
    verified(&db, &exports);
    repeated(&db, &exports);
}

fn l30_a_total_that_contradicts_the_flags_is_said_and_the_flags_count(engine: Engine) {
    let exports = exports(&FOUR, "45500");
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(paid(&db), ["5001", "5003"]);
    assert_eq!((requestable(&db), wallet(&db)), (80_000, (80_000, 30_000)));
    assert!(document["affiliates_to_review"].to_string().contains("SJM-0317"), "{document}");
    assert_eq!((figure(&document, "paid"), figure(&document, "difference")), ("30000".into(), "0".into()));
    assert_agree(&db);
    verified(&db, &exports);
    repeated(&db, &exports);
}

fn l30_a_later_export_moves_the_flags_and_a_rollback_moves_them_back(engine: Engine) {
    let older = exports(&FOUR, "30000");
    let db = AppDatabase::new(engine);
    imported(&db, "all", older.path(), &[], DONE);
    let before = db.query("SELECT * FROM \"AffiliateConversion\" ORDER BY \"id\"");
    let mut moved = FOUR;
    (moved[0].3, moved[1].3) = ("1", "0");
    let newer = exports(&moved, "40000");
    imported(&db, "all", newer.path(), &[], DONE);
    assert_eq!(paid(&db), ["998", "5003"]);
    assert_agree(&db);
    verified(&db, &newer);
    repeated(&db, &newer);
    rolled_back(&db, &[]);
    assert_eq!(db.query("SELECT * FROM \"AffiliateConversion\" ORDER BY \"id\""), before, "cell by cell");
    assert_agree(&db);
    verified(&db, &older);
}

fn l30_what_the_app_has_paid_counts_once_when_sejoli_flags_it(engine: Engine) {
    let older = exports(&FOUR, "30000");
    let db = AppDatabase::new(engine);
    imported(&db, "all", older.path(), &[], DONE);
    pay(&db, "5002", 50_000);
    let mut flagged = FOUR;
    flagged[2].3 = "1";
    let newer = exports(&flagged, "80000");
    let document = imported(&db, "all", newer.path(), &[], DONE);
    assert_eq!(paid(&db), ["5001", "5002", "5003"]);
    assert_eq!((requestable(&db), wallet(&db)), (30_000, (30_000, 80_000)));
    let notes = document["affiliates_to_review"].to_string();
    assert!(notes.contains("SJM-0318") && !notes.contains("SJM-0317"), "{document}");
    assert_eq!(
        (figure(&document, "paid"), figure(&document, "paid_in_app")),
        ("30000".into(), "50000".into())
    );
    verified(&db, &newer);
    repeated(&db, &newer);
    // Sejoli takes a flag back: what the app has paid stays.
    imported(&db, "all", older.path(), &[], DONE);
    assert_eq!(paid(&db), ["5001", "5002", "5003"]);
    verified(&db, &older);
}

fn l27_verify_names_a_flag_that_is_not_the_file_s(engine: Engine) {
    let exports = exports(&FOUR, "30000");
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let payload = "SELECT \"webhookPayload\" FROM \"SejoliWebhookLog\" WHERE \"orderId\" = '5001'";
    let kept = texts(&db, payload)[0].clone();
    let other = kept.replacen("\"commission_paid\":true", "\"commission_paid\":false", 1);
    let other = other.replacen("\"commission_paid\": true", "\"commission_paid\": false", 1);
    assert_ne!(kept, other);
    db.sql(&format!(
        "UPDATE \"SejoliWebhookLog\" SET \"webhookPayload\" = '{other}' WHERE \"orderId\" = '5001'"
    ));
    let outcome = db.run(&["verify", &exports.path().display().to_string()]);
    assert_eq!(outcome.code, VERIFICATION_FAILED, "{}", outcome.stdout);
    assert!(
        outcome.stdout.contains("order 5001: SejoliWebhookLog: webhookPayload: commission_paid"),
        "{}",
        outcome.stdout
    );
}

fn l37_a_known_flag_stays_known_where_a_later_file_has_none(engine: Engine) {
    let older = exports(&FOUR, "30000");
    let db = AppDatabase::new(engine);
    imported(&db, "all", older.path(), &[], DONE);
    let without = exports(&FOUR.map(|(number, commission, ..)| (number, commission, "", "")), "30000");
    imported(&db, "all", without.path(), &[], DONE);
    assert_eq!(paid(&db), ["5001", "5003"], "and not the oldest");
    assert_agree(&db);
    verified(&db, &without);
    repeated(&db, &without);
}

fn l30_where_some_orders_say_nothing_the_total_decides_about_these(engine: Engine) {
    let mut some = FOUR;
    (some[0].3, some[2].3) = ("", "");
    let exports = exports(&some, "60000");
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(paid(&db), ["998", "5001", "5003"], "30000 are flagged, 30000 are left of the total");
    assert_agree(&db);
    verified(&db, &exports);
    repeated(&db, &exports);
}

fn l17_only_an_added_commission_is_earned(engine: Engine) {
    let sold = [
        ("998", "30000", "pending", "0"),
        ("5001", "20000", "cancelled", "1"),
        ("5002", "50000", "added", "0"),
        ("5003", "", "pending", "0"),
    ];
    let exports = exports(&sold, "0");
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!((requestable(&db), count(&db, "AffiliateConversion", "1=1")), (50_000, 1));
    assert_eq!(["SJM-0315", "SJM-0316", "SJM-0305"].map(|code| found(&document, code)), [3, 1, 0]);
    verified(&db, &exports);
    repeated(&db, &exports);
}

fn l10_an_unknown_status_or_flag_of_a_commission_is_held(engine: Engine) {
    let sold = [
        ("998", "30000", "waiting", "0"),
        ("5001", "20000", "added", "maybe"),
        ("5002", "50000", "added", "1"),
    ];
    let exports = exports(&sold, "50000");
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!((rows(&document, "orders", "held"), found(&document, "SJM-0205")), (2, 2));
    assert_eq!(paid(&db), ["5002"]);
    verified(&db, &exports);
}

on_each_engine!(
    l30_the_flags_say_which_commissions_are_paid,
    l30_a_total_that_contradicts_the_flags_is_said_and_the_flags_count,
    l30_a_later_export_moves_the_flags_and_a_rollback_moves_them_back,
    l30_what_the_app_has_paid_counts_once_when_sejoli_flags_it,
    l27_verify_names_a_flag_that_is_not_the_file_s,
    l37_a_known_flag_stays_known_where_a_later_file_has_none,
    l30_where_some_orders_say_nothing_the_total_decides_about_these,
    l17_only_an_added_commission_is_earned,
    l10_an_unknown_status_or_flag_of_a_commission_is_held,
);
