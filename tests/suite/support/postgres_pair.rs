//! A PostgreSQL server and its standby, of a test's own: one is killed, and the other one takes over.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use super::free_port;
use super::server::{Server, answers, as_user, give, init, program, run, serve, server_folder, wait_until};

/// What a server answers that may be written to.
const PRIMARY: (&str, &str) = ("SELECT CAST(pg_is_in_recovery() AS text)", "false");

/// A PostgreSQL server with a standby that follows it and is not waited for.
pub struct PostgresPair {
    primary: Option<Server>,
    _standby: Server,
    ports: [u16; 2],
    folder: tempfile::TempDir,
}

impl PostgresPair {
    /// Starts both.
    pub fn start() -> Self {
        let folder = server_folder();
        let ports = [free_port(), free_port()];
        let [primary, standby] = ["primary", "standby"].map(|name| folder.path().join(name));
        init("postgres", &primary);
        let url = |at: usize| format!("postgresql://postgres@127.0.0.1:{}/postgres", ports[at]);
        let server = serve("postgres", (&primary, &url(0), ports[0]), &[], PRIMARY);
        give("postgres", {
            std::fs::create_dir(&standby).expect("a folder");
            std::fs::set_permissions(&standby, Permissions::from_mode(0o700)).expect("a folder");
            &standby
        });
        let mut copy = as_user("postgres", &program("pg_basebackup", "postgresql"));
        copy.args([
            "-h",
            "127.0.0.1",
            "-p",
            &ports[0].to_string(),
            "-U",
            "postgres",
            "-R",
            "-c",
            "fast",
            "-D",
        ]);
        run(copy.arg(&standby));
        let ready = ("SELECT CAST(pg_is_in_recovery() AS text)", "true");
        let follower = serve("postgres", (&standby, &url(1), ports[1]), &[], ready);
        Self { primary: Some(server), _standby: follower, ports, folder }
    }

    /// The URL of a database by way of these servers: 0 is the first primary, 1 its standby.
    pub fn url(&self, servers: &[usize], database: &str) -> String {
        let hosts = servers.iter().map(|at| format!("127.0.0.1:{}", self.ports[*at]));
        format!("postgresql://postgres@{}/{database}", hosts.collect::<Vec<_>>().join(","))
    }

    /// What a server answers to a question.
    pub fn answers(&self, server: usize, question: &str) -> String {
        answers(&self.url(&[server], "postgres"), question).unwrap_or_else(|| panic!("{question}: no answer"))
    }

    /// Waits until the standby has done all that is committed, also what is not on the primary's disk yet.
    pub fn wait_for_standby(&self) {
        let at = self.answers(0, "SELECT CAST(pg_current_wal_insert_lsn() AS text)");
        wait_until("the standby follows", || {
            let caught_up = format!("SELECT CAST(pg_last_wal_replay_lsn() >= '{at}' AS text)");
            self.answers(1, &caught_up) == "true"
        });
    }

    /// Cuts the standby off: what is committed from now on does not reach it.
    pub fn cut_off(&self) {
        let conf = self.folder.path().join("standby/postgresql.auto.conf");
        let mut text = std::fs::read_to_string(&conf).expect("the settings of the standby");
        text.push_str("primary_conninfo = ''\n");
        std::fs::write(&conf, text).expect("the settings of the standby");
        self.answers(1, "SELECT CAST(pg_reload_conf() AS text)");
        let receives = "SELECT CAST(count(*) AS text) FROM pg_stat_wal_receiver";
        wait_until("the standby is cut off", || self.answers(1, receives) == "0");
    }

    /// Has the primary end as in a crash, and starts it again: what was not on its disk is gone.
    pub fn crash_and_restart(&mut self) {
        let data = self.folder.path().join("primary");
        let mut stop = as_user("postgres", &program("pg_ctl", "postgresql"));
        run(stop.args(["stop", "-w", "-m", "immediate", "-D"]).arg(&data));
        drop(self.primary.take());
        let url = self.url(&[0], "postgres");
        self.primary = Some(serve("postgres", (&data, &url, self.ports[0]), &[], PRIMARY));
    }

    /// Kills the primary and makes the standby one.
    pub fn fail_over(&mut self) {
        self.primary.take().expect("the primary runs").crash();
        let mut promote = as_user("postgres", &program("pg_ctl", "postgresql"));
        run(promote.args(["promote", "-w", "-D"]).arg(self.folder.path().join("standby")));
    }
}
