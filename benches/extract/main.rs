//! The bar of speed of `extract`: a large shop's dump beside reading its bytes through `gzip` alone, and the same shop on a
//! server beside what the server's own client needs for the same cells.
//!
//! `make bench-extract`, or `cargo bench --bench extract -- ORDERS`. What is compared is taken on one machine, one after the other, three times; the best
//! counts. `-- ORDERS FILE` only writes the dump. The server is the one that `SEJOLI_TEST_MYSQL` names; the shop is loaded into a
//! database of its own there, which goes in the end.

mod dump;
mod live;
#[path = "../shared/ran.rs"]
mod ran;

use std::error::Error;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use dump::write_dump;
use live::LiveShop;
use ran::{Ran, run};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const DEFAULT_ORDERS: u64 = 1_000_000;
const ROUNDS: u32 = 3;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        return Ok(()); // built or listed by a test runner
    }
    let mut words = arguments.iter().filter(|argument| !argument.starts_with("--"));
    let orders = words.next().and_then(|word| word.parse().ok()).unwrap_or(DEFAULT_ORDERS);
    if let Some(path) = words.next() {
        return write_dump(Path::new(path), orders);
    }
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&home)?;
    let dump = home.join(format!("wordpress-{orders}.sql.gz"));
    if !dump.exists() {
        write_dump(&dump, orders)?;
    }
    measure_dump(&dump, &home, orders)?;
    measure_server(&dump, &home, orders)
}

fn measure_dump(dump: &Path, home: &Path, orders: u64) -> Result<()> {
    let (mut unpacking, mut extraction, mut bytes) = (f64::MAX, None, 0);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        bytes = unpack(dump)?;
        unpacking = unpacking.min(began.elapsed().as_secs_f64());
        extraction = better(extraction, extract(&dump.display().to_string(), home)?);
    }
    let Some(extraction) = extraction else { return Ok(()) };
    println!(
        "{orders} orders, {} MB of SQL: unpacked alone in {unpacking:.2} s, extracted in {}, {:.2} times as long",
        bytes >> 20,
        extraction.shown(),
        extraction.time.as_secs_f64() / unpacking
    );
    Ok(())
}

fn measure_server(dump: &Path, home: &Path, orders: u64) -> Result<()> {
    let shop = LiveShop::load(dump)?;
    let (mut client, mut extraction) = (f64::MAX, None);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        shop.read_by_client()?;
        client = client.min(began.elapsed().as_secs_f64());
        extraction = better(extraction, extract(&shop.url, home)?);
    }
    let Some(extraction) = extraction else { return Ok(()) };
    println!(
        "{orders} orders on a server: read by its own client in {client:.2} s, extracted in {}, {:.2} times as long",
        extraction.shown(),
        extraction.time.as_secs_f64() / client
    );
    Ok(())
}

/// The quicker of two runs.
fn better(best: Option<Ran>, ran: Ran) -> Option<Ran> {
    Some(best.filter(|best| best.time <= ran.time).unwrap_or(ran))
}

/// Reads the bytes through `gzip`, and counts them.
fn unpack(dump: &Path) -> Result<u64> {
    let mut gzip = Command::new("gzip").arg("-dc").arg(dump).stdout(Stdio::piped()).spawn()?;
    let bytes =
        gzip.stdout.take().map(|mut unpacked| io::copy(&mut unpacked, &mut io::sink())).transpose()?;
    if gzip.wait()?.success() { Ok(bytes.unwrap_or(0)) } else { Err("gzip has failed".into()) }
}

fn extract(input: &str, home: &Path) -> Result<Ran> {
    let out = home.join("extracted");
    let mut command = Command::new(env!("CARGO_BIN_EXE_sejoli-migrate"));
    command.arg("extract").arg(input).arg("--out").arg(out).stdout(Stdio::null());
    run(command)
}
