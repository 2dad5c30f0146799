//! One import shared by several processes: together they leave what one would have left.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::support::app_plans::{insert_doors, insert_plan, link, open_doors};
use crate::support::library::{DatabaseUse, Partition};
use crate::support::{
    AS_OF, AppDatabase, Compared, Edits, Engine, Exports, Outcome, SOLD, Sheet, assert_same, dump, fixture,
    json, on_each_engine,
};

/// Starts a part; it runs beside the others.
fn start(db: &AppDatabase, path: &Path, part: &str, more: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sejoli-migrate"));
    command.args(["--database-url", &db.url(), "import", "all"]).arg(path);
    command.args(["--create-memberships", "--as-of", AS_OF, "--partition", part]).args(more);
    command.arg("--out").arg(db.path(&format!("out-{}", part.replace('/', "-"))));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the binary runs")
}

fn end(child: Child) -> Outcome {
    let output = child.wait_with_output().expect("it ends");
    output.into()
}

/// Four parts at once, the first one last.
fn shared(db: &AppDatabase, path: &Path, code: i32) {
    let parts = ["4/4", "3/4", "2/4", "1/4"];
    let running: Vec<Child> =
        parts.iter().map(|part| start(db, path, part, &["--batch-size", "20"])).collect();
    let ended: Vec<Outcome> = running.into_iter().map(end).collect();
    drop(db.store(DatabaseUse::Read)); // what was read before is old now
    let worst = ended.iter().map(|outcome| outcome.code).max();
    assert!(ended.iter().all(|outcome| [0, code].contains(&outcome.code)), "{ended:#?}");
    assert_eq!(worst, Some(code), "{ended:#?}");
}

fn four_processes_leave_what_one_would_have_left(engine: Engine) {
    for (name, code) in [("clean", 0), ("messy", 3)] {
        let (alone, together) = (AppDatabase::new(engine), AppDatabase::new(engine));
        assert_eq!(alone.import("all", &fixture(name), &[]).code, code);
        shared(&together, &fixture(name), code);
        assert_same(&dump(&alone, Compared::Content), &dump(&together, Compared::Content), name);
        assert_eq!(together.number("SELECT count(DISTINCT \"updatedAt\") FROM \"Transaction\""), 1);
        let left = "SELECT count(*) FROM \"SejoliImportReject\"";
        assert_eq!(together.number(left), alone.number(left), "every row is told of once");
        let fixture = fixture(name).display().to_string();
        let verified = together.run(&["verify", &fixture]);
        assert_eq!(verified.code, 0, "{verified:?}");
    }
}

fn four_processes_open_what_one_would_have_opened(engine: Engine) {
    let app = || {
        let db = AppDatabase::with_access(engine);
        insert_doors(&db);
        for plan in ["keanggotaan-perintis", "keanggotaan-saudagar", "keanggotaan-seumur-hidup"] {
            insert_plan(&db, plan);
            ["g-all", "c-saudagar", "b-all"].into_iter().for_each(|door| link(&db, plan, door));
        }
        db
    };
    let (alone, together) = (app(), app());
    assert_eq!(alone.import("all", &fixture("clean"), &[]).code, 0);
    shared(&together, &fixture("clean"), 0);
    assert!(open_doors(&alone).len() > 30, "{:?}", open_doors(&alone));
    assert_same(&dump(&alone, Compared::Content), &dump(&together, Compared::Content), "clean");
}

fn a_second_shared_import_writes_nothing_and_all_of_them_can_be_taken_back(engine: Engine) {
    let db = AppDatabase::new(engine);
    let before = dump(&db, Compared::Content);
    shared(&db, &fixture("clean"), 0);
    let once = dump(&db, Compared::Content);
    shared(&db, &fixture("clean"), 0);
    assert_same(&once, &dump(&db, Compared::Content), "twice");
    assert_eq!(db.number("SELECT count(*) FROM \"SejoliImportRun\" WHERE \"state\" = 'COMPLETED'"), 8);
    let standing = "SELECT count(*) FROM \"SejoliImportRun\" WHERE \"state\" <> 'ROLLED_BACK'";
    while db.number(standing) > 0 {
        let undone = db.run(&["rollback", "--last", "--yes"]);
        assert_eq!(undone.code, 0, "{undone:?}");
    }
    assert_same(&before, &dump(&db, Compared::Content), "taken back");
}

/// Only the first part reads the flags of `commissions.csv`, which are not those of the oldest orders. Its settlement is taken
/// back after what the other parts have written.
fn l30_what_a_part_has_written_stands_until_the_part_itself_is_taken_back(engine: Engine) {
    let numbers: Vec<String> = (5001..5017).map(|number| number.to_string()).collect();
    let buyers: Vec<String> = numbers.iter().map(|number| format!("pembeli{number}@example.org")).collect();
    let order = |at: usize| {
        let mut cells = SOLD.to_vec();
        cells.extend([("order_id", numbers[at].as_str()), ("buyer_email", &buyers[at])]);
        cells.extend([("affiliate_commission_rate", ""), ("affiliate_commission_amount", "10000")]);
        cells
    };
    let commission = |at: usize| {
        let flag = if at < 8 { "0" } else { "1" };
        let number = numbers[at].as_str();
        let of_order = [("id", number), ("order_id", number), ("affiliate_code", "MITRA01"), ("tier", "1")];
        [of_order.as_slice(), &[("amount", "10000"), ("status", "added"), ("paid", flag)]].concat()
    };
    let (orders, commissions): (Vec<_>, Vec<_>) = (0..16).map(|at| (order(at), commission(at))).unzip();
    let orders: Vec<[Edits<'_>; 1]> = orders.iter().map(|row| [row.as_slice()]).collect();
    let orders: Vec<&[Edits<'_>]> = orders.iter().map(<[Edits<'_>; 1]>::as_slice).collect();
    let commissions: Vec<[Edits<'_>; 1]> = commissions.iter().map(|row| [row.as_slice()]).collect();
    let commissions: Vec<&[Edits<'_>]> = commissions.iter().map(<[Edits<'_>; 1]>::as_slice).collect();
    let exports = Exports::new()
        .affiliates(&[&[&[("total_commissions", "160000"), ("total_paid", "80000")]]])
        .orders(&orders)
        .commissions(&commissions);
    let db = AppDatabase::new(engine);
    let empty = dump(&db, Compared::Content);
    shared(&db, exports.path(), 0);
    assert_eq!(db.number("SELECT count(*) FROM \"AffiliateConversion\" WHERE \"paidOut\""), 8);
    let verified = db.run(&["verify", &exports.path().display().to_string()]);
    assert_eq!(verified.code, 0, "{verified:?}");
    for _ in 0..4 {
        let undone = db.run(&["rollback", "--last", "--yes"]);
        assert_eq!(undone.code, 0, "{undone:?}");
    }
    assert_same(&empty, &dump(&db, Compared::Content), "as it was");
}

on_each_engine!(
    l30_what_a_part_has_written_stands_until_the_part_itself_is_taken_back,
    four_processes_open_what_one_would_have_opened,
    four_processes_leave_what_one_would_have_left,
    a_second_shared_import_writes_nothing_and_all_of_them_can_be_taken_back,
);

#[test]
fn a_part_waits_for_the_first_one_and_goes_when_it_is_told_to() {
    let db = AppDatabase::new(Engine::Sqlite);
    let mut waiting = start(&db, &fixture("clean"), "2/2", &[]);
    let mut said = std::io::BufReader::new(waiting.stderr.take().expect("its words"));
    let mut line = String::new();
    while !line.contains("waiting for the first part") {
        line.clear();
        let read = std::io::BufRead::read_line(&mut said, &mut line).expect("a line");
        assert!(read > 0, "it ended instead of waiting");
    }
    let whole = db.import("all", &fixture("clean"), &[]);
    assert_eq!(whole.code, 5, "a part keeps everybody out who wants the whole: {whole:?}");
    assert!(whole.stderr.contains("part 2/2"), "{whole:?}");
    let told = Command::new("kill").args(["-TERM", &waiting.id().to_string()]).status().expect("kill");
    assert!(told.success());
    assert_eq!(waiting.wait().expect("it ends").code(), Some(143));
    assert_eq!(db.number("SELECT count(*) FROM \"User\""), 0);
    assert_eq!(db.import("all", &fixture("clean"), &[]).code, 0, "the lock went with it");
}

/// A part that fails at a membership of its own leaves its run interrupted, when the other is complete.
#[test]
fn a_part_that_is_complete_begins_nothing_new_while_another_is_interrupted() {
    let (alone, db) = (AppDatabase::new(Engine::Sqlite), AppDatabase::new(Engine::Sqlite));
    assert_eq!(alone.import("all", &fixture("clean"), &[]).code, 0);
    let second: Partition = "2/2".parse().expect("a part");
    let memberships = Sheet::read(&fixture("clean").join("memberships.csv"));
    let of_second = |row: &usize| second.includes(&memberships.get(*row, "user_email").to_lowercase());
    let at = (0..memberships.len()).rfind(of_second).expect("a member of the second part");
    db.sql(&format!(
        "CREATE TRIGGER \"stop\" BEFORE INSERT ON \"SejoliSourceRecord\" WHEN NEW.\"sourceKey\" = '{}' \
         BEGIN SELECT RAISE(ABORT, 'stop here'); END",
        memberships.get(at, "membership_id")
    ));
    let begin = |part: &str| start(&db, &fixture("clean"), part, &[]);
    let ended = [begin("1/2"), begin("2/2")].map(end);
    assert_eq!(ended.each_ref().map(|outcome| outcome.code), [0, 1], "{ended:#?}");
    db.sql("DROP TRIGGER \"stop\"");
    let first = end(begin("1/2"));
    assert_eq!(first.code, 0, "{first:?}");
    assert!(first.stderr.contains("part 1/2 is complete already; part 2/2 is not"), "{first:?}");
    let status = db.run(&["status", "--format", "json"]);
    let runs = json(&status)["runs"].as_array().expect("runs").clone();
    let interrupted = runs.iter().find(|run| run["state"] == "RUNNING").expect("an interrupted part");
    let orders = &interrupted["phases"]["orders"];
    assert!(orders.is_object(), "{interrupted}");
    assert!(orders["total"].is_null() && orders["left"] == 0, "a part does not know its share: {orders}");
    let second = end(begin("2/2"));
    assert_eq!(second.code, 0, "{second:?}");
    drop(db.store(DatabaseUse::Read));
    assert_same(&dump(&alone, Compared::Content), &dump(&db, Compared::Content), "after the interruption");
    assert_eq!(db.number("SELECT count(*) FROM \"SejoliImportRun\" WHERE \"state\" = 'COMPLETED'"), 2);
    assert_eq!(db.number("SELECT count(*) FROM \"SejoliImportRun\""), 2);
}

#[test]
fn a_part_that_was_taken_back_takes_part_in_the_next_import() {
    let (alone, db) = (AppDatabase::new(Engine::Sqlite), AppDatabase::new(Engine::Sqlite));
    assert_eq!(alone.import("all", &fixture("clean"), &[]).code, 0);
    let begin = |part: &str| start(&db, &fixture("clean"), part, &[]);
    let ended = [begin("1/2"), begin("2/2")].map(end);
    assert_eq!(ended.each_ref().map(|outcome| outcome.code), [0, 0], "{ended:#?}");
    assert_eq!(db.run(&["rollback", "--last", "--yes"]).code, 0);
    let ended = [begin("2/2"), begin("1/2")].map(end);
    assert_eq!(ended.each_ref().map(|outcome| outcome.code), [0, 0], "{ended:#?}");
    drop(db.store(DatabaseUse::Read));
    assert_same(&dump(&alone, Compared::Content), &dump(&db, Compared::Content), "taken back and done again");
}

#[test]
fn parts_that_make_no_sense_are_refused() {
    let db = AppDatabase::new(Engine::Sqlite);
    for wrong in [&["--partition", "5/4"][..], &["--partition", "1/2", "--dry-run"]] {
        assert_eq!(db.import("all", &fixture("clean"), wrong).code, 2, "{wrong:?}");
    }
    assert_eq!(db.import("affiliates", &fixture("clean"), &["--partition", "1/2"]).code, 2);
}
