//! A Galera cluster of three nodes, whose members are killed, cut off and added while an import or a rollback is at work.
//! It takes minutes and a package that nothing else needs: `make test-cluster` runs these, the suite by itself does not.

use std::process::{Child, Command, Stdio};

use crate::support::exit_code::{DONE, ROWS_LEFT};
use crate::support::galera::GaleraCluster;
use crate::support::generator::GeneratedShop;
use crate::support::library::error::{DatabaseError, ErrorCode};
use crate::support::library::{DatabaseUse, Store};
use crate::support::{
    AS_OF, AppDatabase, BackgroundTool, Compared, Dump, Engine, Outcome, assert_same, dump, imported,
    insert_app_user, tool, workspace,
};

/// A shop, the cluster that it is imported into, and what an undisturbed import through one node leaves there.
struct Shop {
    exports: tempfile::TempDir,
    undisturbed: Dump,
    before: Dump,
    /// The database that is disturbed, by way of three nodes. It ends before its servers.
    db: AppDatabase,
    cluster: GaleraCluster,
}

/// Records in a batch: many commits, so that a moment between two of them is met.
const BATCH_SIZE: &str = "5";

impl Shop {
    fn new(orders: u32) -> Self {
        let exports = workspace();
        GeneratedShop::new(orders).write_messy(exports.path()).expect("the shop is written");
        let cluster = GaleraCluster::start(3);
        let on = |nodes: &[usize]| {
            let db = AppDatabase::on_server(Engine::Mysql, &cluster.url(nodes, "mysql"));
            insert_app_user(&db, "u-1", "owner@example.org", "", "MEMBER_FREE");
            db
        };
        let alone = on(&[0]);
        imported(&alone, "all", exports.path(), &["--batch-size", BATCH_SIZE], ROWS_LEFT);
        let undisturbed = dump(&alone, Compared::Content);
        let db = on(&[0, 1, 2]);
        let before = dump(&db, Compared::Rows);
        Self { exports, undisturbed, before, db, cluster }
    }

    fn path(&self) -> String {
        self.exports.path().display().to_string()
    }

    fn database(&self) -> String {
        let url = self.db.url();
        let (base, _) = url.split_once('?').expect("parameters");
        base.rsplit_once('/').expect("a database").1.to_owned()
    }

    fn words(&self) -> Vec<String> {
        let out = self.db.path("out").display().to_string();
        let words = [
            "import",
            "all",
            &self.path(),
            "--as-of",
            AS_OF,
            "--create-memberships",
            "--batch-size",
            BATCH_SIZE,
        ];
        words
            .iter()
            .map(|&word| word.to_owned())
            .chain(["--retries", "12", "--out", &out].map(str::to_owned))
            .collect()
    }

    fn start(&self, command: &[&str]) -> BackgroundTool {
        BackgroundTool::start(&self.db, &[&["-v"], command].concat())
    }

    fn import(&self) -> BackgroundTool {
        let words = self.words();
        self.start(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// What each of these nodes has, seen by itself.
    fn dumps(&self, nodes: &[usize], compared: Compared) -> Vec<Dump> {
        let at = |node: &usize| AppDatabase::at(Engine::Mysql, &self.cluster.url(&[*node], &self.database()));
        nodes.iter().map(|node| dump(&at(node), compared)).collect()
    }

    #[track_caller]
    fn assert_imported(&self, nodes: &[usize], what: &str) {
        for (node, found) in nodes.iter().zip(self.dumps(nodes, Compared::Content)) {
            assert_same(&self.undisturbed, &found, &format!("{what}, at node {node}"));
            let url = self.cluster.url(&[*node], &self.database());
            let verified = tool(&["--database-url", &url, "verify", &self.path()]);
            assert_eq!(verified.code, DONE, "{what}, at node {node}: {verified:?}");
        }
    }

    #[track_caller]
    fn assert_untouched(&self, nodes: &[usize], what: &str) {
        for (node, found) in nodes.iter().zip(self.dumps(nodes, Compared::Rows)) {
            assert_same(&self.before, &found, &format!("{what}, at node {node}"));
        }
    }

    #[track_caller]
    fn roll_back(&self) {
        let undone = self.db.run(&["rollback", "--last", "--yes"]);
        assert_eq!(undone.code, DONE, "{undone:?}");
    }

    /// Starts a part of the import, at a node of its own.
    fn part(&self, number: usize) -> Child {
        let order = [number % 3, (number + 1) % 3, (number + 2) % 3];
        let mut command = Command::new(env!("CARGO_BIN_EXE_sejoli-migrate"));
        command.args(["--database-url", &self.cluster.url(&order, &self.database())]);
        command.args(self.words()).args(["--partition", &format!("{}/3", number + 1)]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("the binary runs")
    }
}

#[track_caller]
fn ended_well(running: BackgroundTool, code: i32) -> String {
    let (ended, said) = running.end();
    assert_eq!(ended, code, "{said}");
    said
}

#[test]
#[ignore = "make test-cluster"]
fn an_import_through_one_node_and_through_three_is_the_same_on_every_node() {
    let shop = Shop::new(300);
    ended_well(shop.import(), ROWS_LEFT);
    shop.assert_imported(&[0, 1, 2], "through one node");
    shop.roll_back();
    shop.assert_untouched(&[0, 1, 2], "rolled back");
    let parts: Vec<Child> = (0..3).map(|number| shop.part(number)).collect();
    for part in parts {
        let outcome: Outcome = part.wait_with_output().expect("it ends").into();
        println!("refused by other nodes: {}", outcome.stderr.matches("trying again").count());
        assert!([DONE, ROWS_LEFT].contains(&outcome.code), "{outcome:?}");
    }
    shop.db.refresh();
    shop.assert_imported(&[0, 1, 2], "in parts");
    (0..3).for_each(|_| shop.roll_back());
    shop.assert_untouched(&[0, 1, 2], "the parts rolled back");
}

#[test]
#[ignore = "make test-cluster"]
fn l25_a_node_that_is_killed_in_the_middle_is_left_for_another() {
    let mut shop = Shop::new(300);
    let mut running = shop.import();
    running.wait_for_message("batch=20 ");
    shop.cluster.crash(0);
    let said = ended_well(running, ROWS_LEFT);
    assert!(said.contains("trying again") && said.contains("going on with run"), "{said}");
    shop.db.refresh();
    shop.assert_imported(&[1, 2], "after a node was killed");
    shop.cluster.start_node(0);
    shop.assert_imported(&[0], "after it came back");
    let mut running = shop.start(&["rollback", "--last", "--yes"]);
    running.wait_for_message("batch undone");
    shop.cluster.crash(0);
    let said = ended_well(running, DONE);
    assert!(said.contains("trying again"), "{said}");
    shop.db.refresh();
    shop.assert_untouched(&[1, 2], "rolled back, and a node killed meanwhile");
}

#[test]
#[ignore = "make test-cluster"]
fn a_node_that_joins_and_one_that_is_cut_off_meanwhile_end_as_the_others() {
    let mut shop = Shop::new(300);
    let mut running = shop.import();
    running.wait_for_message("batch=10 ");
    shop.cluster.start_node(3);
    ended_well(running, ROWS_LEFT);
    shop.db.refresh();
    shop.assert_imported(&[0, 1, 2, 3], "while a node joined");
    shop.roll_back();
    shop.assert_untouched(&[0, 1, 2, 3], "rolled back on four");
    shop.cluster.crash(3);
    for (node, others) in [(2, [0, 1]), (0, [1, 2])] {
        shop.cluster.wait_for_size(3);
        let mut running = shop.import();
        running.wait_for_message("batch=10 ");
        shop.cluster.signal(node, "-STOP");
        shop.cluster.wait_for_size_at(&others, 2);
        shop.cluster.signal(node, "-CONT");
        ended_well(running, ROWS_LEFT);
        shop.cluster.wait_for_size(3);
        shop.db.refresh();
        shop.assert_imported(&[0, 1, 2], &format!("node {node} was cut off"));
        shop.roll_back();
        shop.assert_untouched(&[0, 1, 2], "rolled back");
    }
}

#[test]
#[ignore = "make test-cluster"]
fn l25_a_commit_that_the_other_nodes_refuse_passes_and_another_node_tells_what_was_committed() {
    let shop = Shop::new(30);
    let at = |node: usize| {
        Store::open(&shop.cluster.url(&[node], &shop.database()), DatabaseUse::Write).expect("a node")
    };
    let (mut first, mut second) = (at(0), at(1));
    let edit = "UPDATE \"User\" SET \"name\" = 'another' WHERE \"id\" = 'u-1'";
    let lost = first.transaction(|store| {
        store.run_script(edit)?;
        second.run_script(&edit.replace("another", "third"))?;
        Ok(())
    });
    let lost = lost.expect_err("the other node was first");
    let lost = lost.downcast::<DatabaseError>().expect("an error of the database's");
    assert!(lost.code == ErrorCode::Mysql(1213) && lost.is_transient(), "{lost:?}");
    // A node that does nothing at the moment has not done the last commit of another one either.
    let mut third = at(2);
    third.run_script("FLUSH TABLES WITH READ LOCK").expect("the node stops");
    first.run_script(&edit.replace("another", "fourth")).expect("a commit at the first node");
    let url = shop.cluster.url(&[2], &shop.database());
    let asked = std::thread::spawn(move || {
        let mut store = Store::open(&url, DatabaseUse::Read).expect("the node answers");
        store.query("SELECT \"name\" FROM \"User\" WHERE \"id\" = 'u-1'", &[]).expect("a row")
    });
    let stale = third.query("SELECT \"name\" FROM \"User\" WHERE \"id\" = 'u-1'", &[]).expect("a row");
    assert!(format!("{stale:?}").contains("third"), "{stale:?}");
    third.run_script("UNLOCK TABLES").expect("the node goes on");
    let rows = asked.join().expect("an answer");
    assert!(format!("{rows:?}").contains("fourth"), "{rows:?}");
}

#[test]
#[ignore = "make test-cluster"]
fn a_node_that_may_only_be_read_is_passed_over() {
    let shop = Shop::new(30);
    let mut first = Store::open(&shop.cluster.url(&[0], "mysql"), DatabaseUse::Write).expect("a node");
    first.run_script("SET GLOBAL read_only = 1").expect("the node is closed");
    ended_well(shop.import(), ROWS_LEFT);
    shop.assert_imported(&[1, 2], "past a node that may only be read");
}
