//! The app goes on while an import or a rollback runs: neither loses or overwrites what the other one
//! writes, and nobody waits for more than a batch.

use crate::support::exit_code::DONE;
use crate::support::library::DatabaseUse;
use crate::support::{
    AppDatabase, BackgroundTool, Compared, Engine, Exports, assert_same, count, dump, imported,
    on_each_engine,
};

/// A shop whose affiliates are there, with their wallets, and the exports of the rest.
fn begun(engine: Engine, exports: &Exports) -> AppDatabase {
    let db = AppDatabase::new(engine);
    imported(&db, "affiliates", exports.path(), &[], DONE);
    db
}

/// The same shop, imported while nobody else was there.
fn undisturbed(engine: Engine, exports: &Exports) -> AppDatabase {
    let db = begun(engine, exports);
    imported(&db, "all", exports.path(), &[], DONE);
    db
}

fn wallet_minor(db: &AppDatabase, column: &str, user: &str) -> i64 {
    db.number(&format!(
        "SELECT CAST(round(\"{column}\" * 100) AS INTEGER) FROM \"Wallet\" WHERE \"userId\" = '{user}'"
    ))
}

/// The user whose wallet the orders move most.
fn earner(db: &AppDatabase) -> String {
    let rows = db.query("SELECT \"userId\" FROM \"Wallet\" ORDER BY \"totalEarnings\" DESC LIMIT 1");
    rows[0][0].clone().into_text().expect("a user")
}

fn what_the_app_writes_all_the_while_is_neither_lost_nor_overwritten(engine: Engine) {
    let (exports, _) = Exports::generated(120);
    let alone = undisturbed(engine, &exports);
    let user = earner(&alone);
    let db = begun(engine, &exports);
    let mut running = BackgroundTool::import(&db, exports.path(), "5");
    let mut app = db.store(DatabaseUse::Write);
    let (mut moved, mut tried) = (0, 0);
    while running.is_running() || moved == 0 {
        tried += 1;
        if engine == Engine::Sqlite {
            // A file has one writer at a time: the app comes while the tool writes, and lets it go on after.
            running.wait_for_write(&db);
        }
        let done = app.transaction(|app| {
            app.execute(
                &format!("UPDATE \"Wallet\" SET \"balance\" = \"balance\" + 7 WHERE \"userId\" = '{user}'"),
                &[],
            )?;
            app.execute(
                &format!("UPDATE \"User\" SET \"username\" = 'app{tried}' WHERE \"id\" = '{user}'"),
                &[],
            )
        });
        // A busy file is the app's to try again.
        moved += i64::from(done.is_ok_and(|rows| rows == 1));
    }
    drop(app);
    let (code, stderr) = running.end();
    assert_eq!(code, DONE, "{stderr}");
    assert_eq!(wallet_minor(&db, "balance", &user), wallet_minor(&alone, "balance", &user) + moved * 700);
    assert_eq!(wallet_minor(&db, "totalEarnings", &user), wallet_minor(&alone, "totalEarnings", &user));
    let name = format!("\"id\" = '{user}' AND \"username\" LIKE 'app%'");
    assert_eq!(count(&db, "User", &name), 1);
    db.sql(&format!("UPDATE \"User\" SET \"username\" = NULL WHERE \"id\" = '{user}'"));
    db.sql(&format!(
        "UPDATE \"Wallet\" SET \"balance\" = \"balance\" - {} WHERE \"userId\" = '{user}'",
        moved * 7
    ));
    assert_same(&dump(&alone, Compared::Content), &dump(&db, Compared::Content), "beside the app");
}

on_each_engine!(what_the_app_writes_all_the_while_is_neither_lost_nor_overwritten);

/// Each of these holds a row of the app's in a transaction, waits until the tool wants it, and commits:
/// what the tool had read of it by then is no longer true.
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod servers {
    use crate::support::row_locks::until_one_waits;

    use super::*;

    const REFUSED: i32 = 5;

    /// Begins `start` while the app holds what `sql` has changed; commits when the tool waits for it.
    #[track_caller]
    fn held_meanwhile(
        engine: Engine,
        db: &AppDatabase,
        sql: &str,
        start: impl FnOnce() -> BackgroundTool,
    ) -> BackgroundTool {
        let mut look = db.store(DatabaseUse::Read);
        let mut app = db.store(DatabaseUse::Write);
        app.transaction(|app| {
            assert_eq!(app.execute(sql, &[]).expect(sql), 1, "{sql}");
            let mut running = start();
            until_one_waits(engine, &mut look, &mut running);
            Ok(running)
        })
        .expect("the app commits")
    }

    fn l21_a_wallet_that_the_app_moves_in_between_keeps_both_moves(engine: Engine) {
        let (exports, _) = Exports::generated(200);
        let alone = undisturbed(engine, &exports);
        let user = earner(&alone);
        let db = begun(engine, &exports);
        let paid = format!(
            "UPDATE \"Wallet\" SET \"balance\" = \"balance\" + 500, \"totalPayout\" = 9 WHERE \"userId\" = '{user}'"
        );
        let running =
            held_meanwhile(engine, &db, &paid, || BackgroundTool::import(&db, exports.path(), "500"));
        let (code, stderr) = running.end();
        assert_eq!(code, DONE, "{stderr}");
        assert_eq!(wallet_minor(&db, "balance", &user), wallet_minor(&alone, "balance", &user) + 50_000);
        assert_eq!(wallet_minor(&db, "totalEarnings", &user), wallet_minor(&alone, "totalEarnings", &user));
    }

    fn l9_a_role_that_the_app_gives_in_between_stays(engine: Engine) {
        let (exports, _) = Exports::generated(200);
        let alone = undisturbed(engine, &exports);
        let raised =
            alone.query("SELECT \"id\" FROM \"User\" WHERE \"role\" = 'MEMBER_PREMIUM' ORDER BY 1 LIMIT 1");
        let user = raised[0][0].clone().into_text().expect("a user");
        let db = begun(engine, &exports);
        imported(&db, "orders", exports.path(), &[], DONE);
        let promoted = format!("UPDATE \"User\" SET \"role\" = 'ADMIN' WHERE \"id\" = '{user}'");
        let running =
            held_meanwhile(engine, &db, &promoted, || BackgroundTool::import(&db, exports.path(), "500"));
        let (code, stderr) = running.end();
        assert_eq!(code, DONE, "{stderr}");
        assert!(stderr.contains("was changed by somebody else meanwhile; trying again"), "{stderr}");
        assert_eq!(count(&db, "User", &format!("\"id\" = '{user}' AND \"role\" = 'ADMIN'")), 1);
    }

    /// Also where the row is alone in its batch.
    fn somebody_who_registers_in_between_is_recognised(engine: Engine) {
        for batch in ["500", "1"] {
            let (exports, figures) = Exports::generated(60);
            let email = exports.sheet("orders.csv").get(20, "buyer_email").to_owned();
            let db = begun(engine, &exports);
            let now = "'2026-01-01 00:00:00.000'";
            let registered = format!(
                "INSERT INTO \"User\" (\"id\", \"email\", \"name\", \"createdAt\", \"updatedAt\") VALUES \
                 ('own', '{}', 'Nama Sendiri', {now}, {now})",
                email.to_lowercase()
            );
            let running = held_meanwhile(engine, &db, &registered, || {
                BackgroundTool::import(&db, exports.path(), batch)
            });
            let (code, stderr) = running.end();
            assert_eq!(code, DONE, "{stderr}");
            assert_eq!(count(&db, "User", "\"id\" = 'own' AND \"name\" = 'Nama Sendiri'"), 1);
            assert!(count(&db, "Transaction", "\"userId\" = 'own'") >= 1);
            assert_eq!(count(&db, "Transaction", "1").unsigned_abs(), figures.orders);
        }
    }

    /// While a batch is open, only its own rows are taken: everybody else's are free, and new ones come in.
    fn nobody_waits_for_more_than_a_batch(engine: Engine) {
        const BATCH: usize = 5;
        let (exports, _) = Exports::generated(200);
        let db = begun(engine, &exports);
        imported(&db, "orders", exports.path(), &[], DONE);
        let mut look = db.store(DatabaseUse::Read);
        let mut other = db.store(DatabaseUse::Write);
        let mut app = db.store(DatabaseUse::Write);
        let users = count(&db, "User", "1").unsigned_abs() as usize;
        let buyers = db.query(
            "SELECT \"id\" FROM \"User\" WHERE \"role\" = 'MEMBER_FREE' AND \"id\" IN \
             (SELECT \"userId\" FROM \"Transaction\" WHERE \"status\" = 'SUCCESS' AND \"type\" = 'MEMBERSHIP')",
        );
        let ids: Vec<String> = buyers.iter().filter_map(|row| row[0].clone().into_text()).collect();
        let all =
            format!("UPDATE \"User\" SET \"username\" = \"id\" WHERE \"id\" IN ('{}')", ids.join("','"));
        let running = app
            .transaction(|app| {
                app.execute(&all, &[])?;
                let mut running = BackgroundTool::import(&db, exports.path(), &BATCH.to_string());
                until_one_waits(engine, &mut look, &mut running);
                let free = other.query("SELECT \"id\" FROM \"Transaction\" FOR UPDATE SKIP LOCKED", &[])?;
                assert!(free.len() >= 200 - BATCH, "{} of 200 free", free.len());
                let free = other.query("SELECT \"id\" FROM \"User\" FOR UPDATE SKIP LOCKED", &[])?;
                assert!(free.len() >= users - ids.len() - BATCH, "{} of {users} free", free.len());
                let now = "'2026-01-01 00:00:00.000'";
                let new = format!(
                    "INSERT INTO \"User\" (\"id\", \"email\", \"name\", \"createdAt\", \"updatedAt\") VALUES \
                     ('new', 'baru@example.com', 'Baru', {now}, {now})"
                );
                other.execute(&new, &[])?;
                let wallet =
                    "INSERT INTO \"Wallet\" (\"id\", \"userId\", \"createdAt\", \"updatedAt\") VALUES";
                other.execute(&format!("{wallet} ('w', 'new', {now}, {now})"), &[])?;
                running.assert_running();
                Ok(running)
            })
            .expect("the app commits");
        let (code, stderr) = running.end();
        assert_eq!(code, DONE, "{stderr}");
        db.refresh();
        assert_eq!(count(&db, "Wallet", "\"id\" = 'w'"), 1);
    }

    /// A rollback looks at everything first; what is edited after that look is not undone over.
    fn what_is_edited_while_a_rollback_begins_is_not_overwritten(engine: Engine) {
        let (exports, _) = Exports::generated(60);
        let db = AppDatabase::new(engine);
        imported(&db, "all", exports.path(), &[], DONE);
        let user =
            db.query("SELECT \"id\" FROM \"User\" WHERE \"role\" = 'MEMBER_PREMIUM' ORDER BY 1 LIMIT 1");
        let user = user[0][0].clone().into_text().expect("a user");
        let renamed = format!("UPDATE \"User\" SET \"role\" = 'MENTOR' WHERE \"id\" = '{user}'");
        let back = ["rollback", "--last", "--yes"];
        let running = held_meanwhile(engine, &db, &renamed, || BackgroundTool::start(&db, &back));
        let (code, stderr) = running.end();
        assert_eq!(code, REFUSED, "{stderr}");
        assert!(stderr.contains(&user) && stderr.contains("after it was looked at"), "{stderr}");
        db.refresh();
        assert_eq!(count(&db, "User", &format!("\"id\" = '{user}' AND \"role\" = 'MENTOR'")), 1);
        let kept = db.run(&["rollback", "--last", "--yes", "--keep-edited"]);
        assert_eq!(kept.code, DONE, "{kept:?}");
        assert_eq!(count(&db, "User", "\"role\" = 'MENTOR'"), 1);
        assert_eq!(count(&db, "Transaction", "1"), 0);
    }

    /// Behind a pooler, a server may take over that has not heard of the last batches, and no connection breaks. Its checkpoint
    /// is another one than the import has stored, and is not written over.
    fn l25_a_checkpoint_that_another_server_has_is_gone_on_from(engine: Engine) {
        let (exports, _) = Exports::generated(200);
        let alone = undisturbed(engine, &exports);
        let user = earner(&alone);
        let db = begun(engine, &exports);
        let (mut look, mut other) = (db.store(DatabaseUse::Read), db.store(DatabaseUse::Write));
        let mut app = db.store(DatabaseUse::Write);
        let earlier = "'2026-01-01 00:00:00.000'";
        let running = app
            .transaction(|app| {
                app.execute(
                    &format!("UPDATE \"Wallet\" SET \"updatedAt\" = {earlier} WHERE \"userId\" = '{user}'"),
                    &[],
                )?;
                let mut running = BackgroundTool::import(&db, exports.path(), "50");
                until_one_waits(engine, &mut look, &mut running);
                let stored = format!(
                    "UPDATE \"SejoliImportRun\" SET \"updatedAt\" = {earlier} WHERE \"state\" = 'RUNNING'"
                );
                assert_eq!(other.execute(&stored, &[])?, 1);
                Ok(running)
            })
            .expect("the app commits");
        let (code, stderr) = running.end();
        assert_eq!(code, DONE, "{stderr}");
        assert!(stderr.contains("SejoliImportRun") && stderr.contains("going on with run"), "{stderr}");
        assert_same(&dump(&alone, Compared::Content), &dump(&db, Compared::Content), "in the end");
    }

    crate::support::on_each_server!(
        l25_a_checkpoint_that_another_server_has_is_gone_on_from,
        l21_a_wallet_that_the_app_moves_in_between_keeps_both_moves,
        l9_a_role_that_the_app_gives_in_between_stays,
        somebody_who_registers_in_between_is_recognised,
        nobody_waits_for_more_than_a_batch,
        what_is_edited_while_a_rollback_begins_is_not_overwritten,
    );
}
