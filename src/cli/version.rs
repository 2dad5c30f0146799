//! What `--version` says of this binary: what somebody needs to know who is asked for help.

use crate::language::tr;
use crate::store::migration::newest_version;

/// The commit that it is made of.
const COMMIT: &str = env!("BUILT_FROM");

/// The version in its long form; `-V` has the first line alone.
pub(super) fn long() -> String {
    let commit = if COMMIT == "unknown" { tr!("unknown") } else { COMMIT };
    let (version, tables) = (env!("CARGO_PKG_VERSION"), newest_version());
    let engines = engines().join(", ");
    tr!("{version}\ncommit: {commit}\nengines: {engines}\nthe tool's own tables: version {tables}")
}

/// The engines that are compiled in.
fn engines() -> Vec<&'static str> {
    let mut engines = vec!["SQLite"];
    engines.extend(cfg!(feature = "postgres").then_some("PostgreSQL"));
    engines.extend(cfg!(feature = "mysql").then_some("MySQL/MariaDB"));
    engines
}
