//! What a MySQL or MariaDB server is like before an import.

use std::path::PathBuf;

use crate::domain::date::Millis;
use crate::language::tr;
use crate::store::codec::value::Cell;
use crate::store::engines::engine::Engine;
use crate::store::engines::health::{ServerHealth, Setting, SettingVerdict};
use crate::store::engines::mysql::connection::RowWay;
use crate::store::engines::mysql::privileges::read as privileges;
use crate::store::schema::catalogue::text;

const SERVER: &str = "SELECT VERSION(), CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED), \
    (SELECT CAST(COALESCE(SUM(data_length + index_length), 0) AS SIGNED) FROM information_schema.tables \
    WHERE table_schema = DATABASE()), (SELECT CAST(COUNT(*) AS SIGNED) FROM information_schema.tables \
    WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' AND engine <> 'InnoDB')";

const SETTINGS: &str = "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('sql_mode', 'time_zone', 'max_allowed_packet', \
    'innodb_flush_log_at_trx_commit', 'read_only', 'transaction_isolation', 'tx_isolation', 'datadir', \
    'character_set_server', 'log_bin', 'binlog_format')";

/// The smallest packet that a batch of usual orders surely fits into, and the one that is advised.
const LEAST_PACKET: i64 = 1 << 20;
const GOOD_PACKET: i64 = 16 << 20;

/// Reads it.
pub(super) fn read(engine: &mut impl Engine) -> anyhow::Result<ServerHealth> {
    let mut server = engine.query(SERVER, &[])?.into_iter().flatten();
    let version = server.next().and_then(text).unwrap_or_default();
    let mut number = || match server.next() {
        Some(Cell::Int(number)) => number,
        _ => 0,
    };
    let (clock, bytes, others) = (Millis(number()), number(), number());
    let rows = engine.query(SETTINGS, &[])?;
    let found = |name: &str| {
        let row = rows.iter().find(|row| row[0] == Cell::Text(name.to_owned()));
        row.and_then(|row| text(row[1].clone())).unwrap_or_default()
    };
    let mut settings = settings(&found);
    settings.push(
        Setting::ok("tables", if others == 0 { "InnoDB" } else { tr!("not InnoDB alone") }).unless(
            others == 0,
            SettingVerdict::Stop,
            tr!("a table without transactions: what failed half-way could not be taken back"),
        ),
    );
    let folder = found("datadir");
    Ok(ServerHealth {
        known: is_known(&version),
        version: if version.contains("MariaDB") { version } else { format!("MySQL {version}") },
        settings,
        clock: Some(clock),
        bytes: u64::try_from(bytes)?,
        may_create: privileges(engine)?.allows(&["CREATE", "ALTER", "INDEX"], None),
        folder: (!folder.is_empty()).then(|| PathBuf::from(folder)),
    })
}

/// The way that many rows of one table go, which follows from how far away the server is.
pub(super) fn way_of_rows(way: RowWay) -> Setting {
    let said = match way {
        RowWay::Load => tr!("by LOAD DATA"),
        RowWay::InsertFarAway => tr!("by INSERT, since the server is far away"),
        RowWay::InsertWithoutLoad => tr!("by INSERT, since local_infile is off"),
    };
    Setting::ok("rows", said)
}

/// MariaDB 10.4 and MySQL 8 on; MariaDB 10.11 is the one that is tested.
fn is_known(version: &str) -> bool {
    let mut numbers = version.split(['.', '-']).map(|part| part.parse::<u32>().unwrap_or(0));
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    found >= if version.contains("MariaDB") { (10, 4) } else { (8, 0) }
}

fn settings(found: &impl Fn(&str) -> String) -> Vec<Setting> {
    let setting = |name: &'static str| Setting::ok(name, found(name));
    let isolation = [found("transaction_isolation"), found("tx_isolation")].concat();
    let packet: i64 = found("max_allowed_packet").parse().unwrap_or(0);
    let packets = setting("max_allowed_packet")
        .unless(
            packet >= GOOD_PACKET,
            SettingVerdict::Warning,
            tr!("large batches may not fit; 16 MB or more is better"),
        )
        .unless(
            packet >= LEAST_PACKET,
            SettingVerdict::Stop,
            tr!("a batch does not fit into one packet; set 16 MB or more"),
        );
    vec![
        setting("read_only").unless(
            ["OFF", "0"].contains(&found("read_only").as_str()),
            SettingVerdict::Stop,
            tr!("this server takes no rows"),
        ),
        setting("sql_mode").unless(
            found("sql_mode").contains("STRICT_"),
            SettingVerdict::Warning,
            tr!("the app's own sessions cut what is too long; the tool's sessions are strict"),
        ),
        setting("character_set_server").unless(
            found("character_set_server") == "utf8mb4",
            SettingVerdict::Warning,
            tr!("the app's new tables cannot hold every letter; the tool says utf8mb4 itself"),
        ),
        packets,
        setting("innodb_flush_log_at_trx_commit").unless(
            found("innodb_flush_log_at_trx_commit") == "1",
            SettingVerdict::Warning,
            tr!("after a crash of the server, an import that has ended may lack its last batches; run verify then"),
        ),
        setting("binlog_format").unless(
            !(found("log_bin") == "ON" && found("binlog_format") == "STATEMENT"),
            SettingVerdict::Stop,
            tr!("the tool's READ COMMITTED transactions cannot be logged by statement; set MIXED or ROW"),
        ),
        // The tool's sessions are READ COMMITTED and in UTC whatever stands here.
        Setting::ok("transaction_isolation", isolation),
        setting("time_zone"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_apart_by_product() {
        for version in ["10.11.14-MariaDB-0+deb12u2", "8.0.36", "9.1.0", "11.4.2-MariaDB"] {
            assert!(is_known(version), "{version}");
        }
        for version in ["10.3.39-MariaDB", "5.7.44-log", "nonsense"] {
            assert!(!is_known(version), "{version}");
        }
    }

    #[test]
    fn a_small_packet_stops_and_a_middling_one_warns() {
        let of = |packet: &str| {
            let found =
                |name: &str| if name == "max_allowed_packet" { packet.to_owned() } else { String::new() };
            settings(&found).into_iter().find(|setting| setting.name == "max_allowed_packet").unwrap().verdict
        };
        assert_eq!(of("1024"), SettingVerdict::Stop);
        assert_eq!(of("4194304"), SettingVerdict::Warning);
        assert_eq!(of("67108864"), SettingVerdict::Ok);
    }
}
