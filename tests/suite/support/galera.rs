//! A Galera cluster of a test's own, whose nodes are stopped, killed and cut off: that must not reach the tests beside it.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use super::server::{Server, answers, init, program, serve, server_folder, wait_until};

/// A Galera cluster on this machine.
pub struct GaleraCluster {
    nodes: Vec<GaleraNode>,
    folder: tempfile::TempDir,
}

/// A node: its server while it runs, and its ports for clients, the group, a whole and a partial transfer of state.
struct GaleraNode {
    server: Option<Server>,
    ports: [u16; 4],
}

impl GaleraCluster {
    /// A cluster of so many nodes that run, and one more place for a node that may join.
    pub fn start(running: usize) -> Self {
        let folder = server_folder();
        let nodes = (0..=running).map(|_| GaleraNode { server: None, ports: free_ports() }).collect();
        let mut cluster = Self { nodes, folder };
        (0..running).for_each(|node| cluster.start_node(node));
        cluster
    }

    /// Starts a node, which gets what it lacks from the others; the first one begins the cluster.
    pub fn start_node(&mut self, node: usize) {
        let data = self.data(node);
        if !data.exists() {
            init("mysql", &data);
        }
        let options = self.options(node);
        let url = self.url(&[node], "mysql");
        let port = self.nodes[node].ports[0];
        let ready = ("SHOW GLOBAL STATUS LIKE 'wsrep_local_state_comment'", "Synced");
        self.nodes[node].server = Some(serve("mysql", (&data, &url, port), &options, ready));
    }

    /// The URL of a database by way of these nodes.
    pub fn url(&self, nodes: &[usize], database: &str) -> String {
        let hosts = nodes.iter().map(|node| format!("127.0.0.1:{}", self.nodes[*node].ports[0]));
        format!("mysql://root@{}/{database}?connect_timeout=2", hosts.collect::<Vec<_>>().join(","))
    }

    /// Stops a node where it is, or lets it go on: to the others it is cut off.
    pub fn signal(&self, node: usize, name: &str) {
        self.nodes[node].server.as_ref().expect("the node runs").signal(name);
    }

    /// Kills a node.
    pub fn crash(&mut self, node: usize) {
        self.nodes[node].server.take().expect("the node runs").crash();
    }

    /// Waits until all running nodes see so many in the cluster.
    pub fn wait_for_size(&self, size: usize) {
        let running = (0..self.nodes.len()).filter(|node| self.nodes[*node].server.is_some());
        self.wait_for_size_at(&running.collect::<Vec<_>>(), size);
    }

    /// Waits until these nodes see so many in the cluster.
    pub fn wait_for_size_at(&self, nodes: &[usize], size: usize) {
        let size = size.to_string();
        for node in nodes {
            let url = self.url(&[*node], "mysql");
            wait_until("the cluster is complete", || {
                answers(&url, "SHOW GLOBAL STATUS LIKE 'wsrep_cluster_size'") == Some(size.clone())
            });
        }
    }

    fn data(&self, node: usize) -> PathBuf {
        self.folder.path().join(format!("node{node}"))
    }

    fn options(&self, node: usize) -> Vec<String> {
        let [_, group, whole, partial] = self.nodes[node].ports;
        let others =
            self.nodes.iter().enumerate().filter(|(at, other)| *at != node && other.server.is_some());
        let others =
            others.map(|(_, other)| format!("127.0.0.1:{}", other.ports[1])).collect::<Vec<_>>().join(",");
        let begins = if others.is_empty() { vec!["--wsrep-new-cluster".to_owned()] } else { Vec::new() };
        let own = [
            format!("--wsrep-provider={}", galera_library()),
            "--wsrep-on=ON".to_owned(),
            format!("--wsrep-cluster-address=gcomm://{others}"),
            format!("--wsrep-node-name=node{node}"),
            "--wsrep-node-address=127.0.0.1".to_owned(),
            "--wsrep-sst-method=rsync".to_owned(),
            format!("--wsrep-sst-receive-address=127.0.0.1:{whole}"),
            format!(
                "--wsrep-provider-options=base_host=127.0.0.1;base_port={group};\
                 gmcast.listen_addr=tcp://127.0.0.1:{group};ist.recv_addr=127.0.0.1:{partial}"
            ),
            "--binlog-format=ROW".to_owned(),
            "--innodb-autoinc-lock-mode=2".to_owned(),
            "--wsrep-slave-threads=2".to_owned(),
        ];
        own.into_iter().chain(begins).collect()
    }
}

/// Ports of one node, each another one: a port that is free is free for whoever asks next, too.
fn free_ports() -> [u16; 4] {
    let listeners: Vec<_> = (0..4).map(|_| TcpListener::bind("127.0.0.1:0").expect("a port")).collect();
    std::array::from_fn(|at| listeners[at].local_addr().expect("an address").port())
}

fn galera_library() -> String {
    let places = ["/usr/lib/galera/libgalera_smm.so", "/usr/lib64/galera-4/libgalera_smm.so"];
    let found = places.into_iter().find(|place| Path::new(place).exists());
    let found =
        found.unwrap_or_else(|| panic!("the test needs libgalera_smm.so: install the package galera-4"));
    program("rsync", "rsync");
    found.to_owned()
}
