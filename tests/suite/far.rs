//! A server that is far away: how often the conversation turns. What a command takes there is little else.

use std::time::Duration;

use url::Url;

use crate::support::exit_code::DONE;
use crate::support::far_proxy::Proxy;
use crate::support::pooler::Pooler;
use crate::support::{AS_OF, AppDatabase, Engine, Exports, count, on_each_server, tool};

/// Far enough in each direction that rows go to MySQL as to a far server: to a near one they take turns of their own.
const AWAY: Duration = Duration::from_millis(1);

/// A database behind a proxy that counts turns.
struct Far {
    url: String,
    proxy: Proxy,
}

impl Far {
    fn from(db: &AppDatabase) -> Self {
        Self::at(&db.url())
    }

    fn at(url: &str) -> Self {
        let mut url = Url::parse(url).expect("a URL");
        let usual = if url.scheme() == "mysql" { 3306 } else { 5432 };
        let host = url.host_str().expect("a host").to_owned();
        let proxy = Proxy::start((host, url.port().unwrap_or(usual)), AWAY).expect("a proxy");
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(proxy.port)).expect("a port");
        Self { url: url.to_string(), proxy }
    }

    /// The turns that a command takes, which must end well.
    fn turns(&self, db: &AppDatabase, args: &[&str]) -> u64 {
        db.refresh();
        self.proxy.take_turns();
        let outcome = tool(&[&["--database-url", self.url.as_str()], args].concat());
        assert_eq!(outcome.code, DONE, "{args:?}: {}{}", outcome.stdout, outcome.stderr);
        self.proxy.take_turns()
    }
}

/// The most tenths of a turn that one batch more may cost an import, `verify` and a rollback.
const MOST_TENTHS: [u64; 3] = [40, 10, 55];

/// One batch more costs few turns, whatever the number of its tables: look-ups, before-images, what is written, the commit.
fn a_batch_takes_few_turns(engine: Engine) {
    let (exports, _) = Exports::generated(240);
    let folder = exports.path().display().to_string();
    let walk = |batch_size: &str| {
        let db = AppDatabase::new(engine);
        let far = Far::from(&db);
        let out = db.path("out").display().to_string();
        let import = ["import", "all", &folder, "--out", &out, "--as-of", AS_OF];
        let import = [&import[..], &["--create-memberships", "--batch-size", batch_size]].concat();
        let imported = far.turns(&db, &import);
        let batches = count(&db, "DataImportLog", "1 = 1");
        let verified = far.turns(&db, &["verify", &folder]);
        let undone = far.turns(&db, &["rollback", "--last", "--yes"]);
        (batches, [imported, verified, undone])
    };
    let (few, of_few) = walk("120");
    let (many, of_many) = walk("12");
    let more = u64::try_from(many - few).expect("more batches");
    assert!(more > 20, "{few} and {many} batches");
    let tenths: Vec<u64> =
        of_few.iter().zip(of_many).map(|(few, many)| 10 * many.saturating_sub(*few) / more).collect();
    let said =
        format!("{few} batches {of_few:?}, {many} batches {of_many:?}: {tenths:?} tenths of a turn a batch");
    assert!(tenths.iter().zip(MOST_TENTHS).all(|(taken, most)| *taken <= most), "{said}");
}

on_each_server!(a_batch_takes_few_turns);

/// A pooler in transaction mode, whose sessions have to be set anew in each transaction, takes hardly a turn more: settings,
/// COMMIT and what is written travel along.
#[test]
fn a_pooler_takes_hardly_more_turns() {
    let (exports, _) = Exports::generated(240);
    let folder = exports.path().display().to_string();
    let walk = |pooled: bool| {
        let db = AppDatabase::new(Engine::Postgres);
        let pooler = pooled.then(|| Pooler::before(&db));
        let url = pooler.as_ref().map_or_else(|| db.url(), |pooler| pooler.url.clone());
        let far = Far::at(&url);
        let out = db.path("out").display().to_string();
        let import = ["import", "all", &folder, "--out", &out, "--as-of", AS_OF];
        let import = [&import[..], &["--create-memberships", "--batch-size", "12"]].concat();
        let imported = far.turns(&db, &import);
        let verified = far.turns(&db, &["verify", &folder]);
        [imported, verified, far.turns(&db, &["rollback", "--last", "--yes"])]
    };
    let (direct, pooled) = (walk(false), walk(true));
    let said = format!("{direct:?} turns, through a pooler {pooled:?}");
    assert!(direct.iter().zip(pooled).all(|(direct, pooled)| pooled <= direct + direct / 8), "{said}");
}

/// The rows that `verify` reads at once.
const PAGE: u32 = 4_000;

/// The most turns of `verify` of a shop that fills no page, and for each page of orders more.
const MOST_OF_VERIFY: [u64; 2] = [100, 12];

/// What `verify` asks of a page does not depend on the number of tables: questions that do not need each other's answers
/// are asked together. Of each page there are the orders, their buyers, decisions, memberships and what the app shows of them.
fn verify_takes_few_turns(engine: Engine) {
    let verified = |orders: u32| {
        let (exports, _) = Exports::generated(orders);
        let folder = exports.path().display().to_string();
        let db = AppDatabase::new(engine);
        let out = db.path("out").display().to_string();
        let import = ["import", "all", &folder, "--out", &out, "--as-of", AS_OF, "--create-memberships"];
        let far = Far::from(&db);
        far.turns(&db, &import);
        far.turns(&db, &["verify", &folder])
    };
    let small = verified(240);
    let page = verified(240 + 2 * PAGE).saturating_sub(small) / 2;
    let said = format!("{small} turns, and {page} for each page more");
    assert!([small, page].iter().zip(MOST_OF_VERIFY).all(|(taken, most)| *taken <= most), "{said}");
}

on_each_server!(verify_takes_few_turns);
