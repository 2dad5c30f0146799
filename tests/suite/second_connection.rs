//! An import reads by a second connection what does not depend on what it writes. It can do without one.

use url::Url;

use crate::support::exit_code::DONE;
use crate::support::library::DatabaseUse;
use crate::support::sessions::{end_session, other_sessions};
use crate::support::{
    AS_OF, AppDatabase, BackgroundTool, Compared, Engine, Exports, assert_same, dump, fixture, imported,
    on_each_server, tool,
};

/// The second connection goes and the first one stays.
fn l25_a_lost_second_connection_is_met_by_another_attempt(engine: Engine) {
    let (exports, _) = Exports::generated(600);
    let undisturbed = AppDatabase::new(engine);
    imported(&undisturbed, "all", exports.path(), &["--batch-size", "5"], DONE);
    let db = AppDatabase::new(engine);
    let mut look = db.store(DatabaseUse::Write);
    let (path, out) = (exports.path().display().to_string(), db.path("out").display().to_string());
    let options = ["--as-of", AS_OF, "--create-memberships", "--batch-size", "5", "--out", &out];
    let mut running = BackgroundTool::start(&db, &[&["import", "all", &path], options.as_slice()].concat());
    let any_membership = "SELECT \"id\" FROM \"UserMembership\" LIMIT 1";
    while look.query(any_membership, &[]).expect("memberships").is_empty() {
        running.assert_running();
    }
    let [_, second] = other_sessions(engine, &mut look)[..] else { panic!("not two connections") };
    end_session(engine, &mut look, second);
    let (code, stderr) = running.end();
    assert_eq!(code, DONE, "{stderr}");
    assert!(stderr.contains("trying again"), "{stderr}");
    assert_same(&dump(&undisturbed, Compared::Content), &dump(&db, Compared::Content), "after the cut");
}

/// A user of the database who may do all that an import does, over one connection at a time.
struct LoneUser<'a> {
    db: &'a AppDatabase,
    name: String,
    url: String,
}

impl<'a> LoneUser<'a> {
    fn of(db: &'a AppDatabase) -> Self {
        let mut url = Url::parse(&db.url()).expect("a URL");
        let name = format!("lone_{}", url.path().trim_start_matches('/'));
        assert!(name.len() < 64, "{name}");
        url.set_username(&name).expect("a user");
        if url.scheme() == "mysql" {
            db.sql(&format!("CREATE USER '{name}'@'%' WITH MAX_USER_CONNECTIONS 1"));
            db.sql(&format!("GRANT ALL ON `{}`.* TO '{name}'@'%'", url.path().trim_start_matches('/')));
        } else {
            db.sql(&format!("CREATE ROLE {name} LOGIN CONNECTION LIMIT 1"));
            db.sql(&format!("GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}"));
        }
        Self { db, name, url: url.to_string() }
    }
}

impl Drop for LoneUser<'_> {
    fn drop(&mut self) {
        if self.url.starts_with("mysql") {
            self.db.sql(&format!("DROP USER '{}'@'%'", self.name));
        } else {
            self.db.sql(&format!("DROP OWNED BY {name}; DROP ROLE {name}", name = self.name));
        }
    }
}

fn a_server_that_lets_in_one_connection_is_asked_everything_by_that_one(engine: Engine) {
    let path = fixture("clean");
    let usual = AppDatabase::new(engine);
    imported(&usual, "all", &path, &[], DONE);
    let db = AppDatabase::new(engine);
    let lone = LoneUser::of(&db);
    let (log, out) = (db.path("import.log").display().to_string(), db.path("out").display().to_string());
    let options = ["--as-of", AS_OF, "--create-memberships", "--log-file", &log, "--out", &out];
    let path = path.display().to_string();
    let outcome =
        tool(&[&["--database-url", lone.url.as_str(), "import", "all", &path], options.as_slice()].concat());
    assert_eq!(outcome.code, DONE, "{outcome:?}");
    let log = std::fs::read_to_string(&log).expect("the log");
    assert!(log.contains("there is no second connection"), "{log}");
    assert!(!outcome.stderr.contains("trying again"), "{outcome:?}");
    assert_same(&dump(&usual, Compared::Content), &dump(&db, Compared::Content), "by one connection");
}

on_each_server!(
    l25_a_lost_second_connection_is_met_by_another_attempt,
    a_server_that_lets_in_one_connection_is_asked_everything_by_that_one
);
