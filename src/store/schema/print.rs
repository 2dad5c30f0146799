//! Prints what the tool adds, for whoever maintains the app's schema with Prisma or applies SQL by hand.

use crate::store::schema::dialect::Dialect;
use crate::store::schema::script::{MigrationScript, scripts};

/// The models for the app's schema.prisma.
const PRISMA: &str = include_str!("../../../migrations/sejoli.prisma");

/// What `schema print` shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PrintFormat {
    /// Models for the app's schema.prisma.
    Prisma,
    /// The statements that `schema apply` runs.
    Sql,
}

/// The text of what `schema apply` adds to a database of this dialect.
pub(crate) fn print(format: PrintFormat, dialect: Dialect) -> String {
    match format {
        PrintFormat::Prisma => prisma(dialect),
        PrintFormat::Sql => {
            let heading = |script: &MigrationScript| format!("-- {}\n{}", script.name, script.up);
            scripts(dialect).iter().map(heading).collect::<Vec<_>>().join("\n")
        }
    }
}

/// The models, with the attribute that MySQL needs where a text may be longer than 191 characters:
/// Prisma's default for `String` there is `VARCHAR(191)`.
fn prisma(dialect: Dialect) -> String {
    match dialect {
        Dialect::Sqlite | Dialect::Postgres => PRISMA.to_owned(),
        Dialect::Mysql => ["  file        String\n", "  file      String\n", "  reason      String\n"]
            .iter()
            .fold(PRISMA.to_owned(), |text, line| text.replace(line, &line.replace('\n', " @db.Text\n"))),
    }
}
