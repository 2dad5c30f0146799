//! The same shop in a database that is far away: what each command takes, in seconds and in turns of the conversation.

use std::time::Duration;

use url::Url;

use crate::database::Engine;
use crate::far_proxy::Proxy;
use crate::pooler::Pooler;
use crate::{Bench, Result, run};

/// How long bytes are under way in each direction: a server in another country.
const DELAY: Duration = Duration::from_millis(15);

/// How a server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Direct,
    /// Through a pooler beside the server; PostgreSQL alone has one.
    Pooled,
}

impl Way {
    fn leads_to(self, engine: Engine) -> bool {
        engine == Engine::Postgres || (engine == Engine::Mysql && self == Way::Direct)
    }
}

/// Measures every engine that has a server.
pub fn measure(bench: &Bench, engines: &[Engine], way: Way) -> Result<()> {
    let by_way = if way == Way::Pooled { ", through a pooler" } else { "" };
    println!("{} orders, {} ms away in each direction{by_way}", bench.orders, DELAY.as_millis());
    for engine in engines.iter().filter(|engine| way.leads_to(**engine)) {
        let database = bench.fresh(*engine, "far")?;
        let mut url = Url::parse(&database.url)?;
        let pooler = (way == Way::Pooled).then(|| Pooler::before(&url)).transpose()?;
        if let Some(pooler) = &pooler {
            url = pooler.url.clone();
            url.set_query(Some("pgbouncer=true"));
        }
        let host = url.host_str().unwrap_or("127.0.0.1").to_owned();
        let usual = if *engine == Engine::Postgres { 5432 } else { 3306 };
        let proxy = Proxy::start((host, url.port().unwrap_or(usual)), DELAY)?;
        url.set_host(Some("127.0.0.1"))?;
        url.set_port(Some(proxy.port)).map_err(|()| "a URL without a port")?;
        walk(bench, *engine, url.as_str(), &proxy)?;
    }
    Ok(())
}

fn walk(bench: &Bench, engine: Engine, far: &str, proxy: &Proxy) -> Result<()> {
    let (shop, out) = (bench.shop(), bench.out());
    let commands: [(&str, Vec<&str>); 6] = [
        ("schema check", vec!["schema", "check"]),
        ("import", vec!["import", "all", &shop, "--create-memberships", "--out", &out]),
        ("verify", vec!["verify", &shop]),
        ("status", vec!["status"]),
        ("doctor", vec!["doctor", &shop]),
        ("rollback", vec!["rollback", "--last", "--yes"]),
    ];
    for (name, arguments) in commands {
        proxy.take_turns();
        let ran = run(bench.tool(far, &arguments))?;
        let (seconds, turns) = (ran.time.as_secs_f64(), proxy.take_turns());
        println!("  {:<9} {name:<13} {seconds:>6.2} s {turns:>6} turns", engine.name());
    }
    Ok(())
}
