//! Which declared types can hold values of which kind.

use crate::store::codec::value::Kind;
use crate::store::schema::dialect::Dialect;

/// Whether a column of a declared type can hold values of a kind, such that Prisma reads them back.
pub(crate) fn accepts(dialect: Dialect, kind: Kind, declared: &str) -> bool {
    let declared = declared.to_ascii_uppercase();
    let any = |words: &[&str]| words.iter().any(|word| declared.contains(word));
    match (kind, dialect) {
        (Kind::Enum(_), Dialect::Postgres) => any(TEXTS) || !any(OTHERS),
        (Kind::Enum(_), Dialect::Mysql) => any(TEXTS) || declared.starts_with("ENUM"),
        (Kind::Json, Dialect::Mysql) => any(&["JSON", "LONGTEXT"]),
        (Kind::Bool, Dialect::Postgres) => any(&["BOOL"]),
        (Kind::Bytes, _) => any(&["BLOB", "BYTEA"]),
        (Kind::Text, Dialect::Sqlite | Dialect::Postgres) | (Kind::Enum(_), Dialect::Sqlite) => any(TEXTS),
        (Kind::Text, Dialect::Mysql) => any(TEXTS) && !declared.starts_with("ENUM"),
        (Kind::Json, _) => any(&["JSON", "TEXT"]),
        (Kind::Int, _) => any(&["INT"]),
        (Kind::Bool, _) => any(&["BOOL", "INT"]),
        (Kind::Time, _) => any(&["DATE", "TIME"]),
        (Kind::Real, _) => any(&["REAL", "FLOA", "DOUB", "DECIMAL", "NUMERIC"]),
        (Kind::Money, _) => any(&["DECIMAL", "NUMERIC", "REAL", "FLOA", "DOUB", "INT"]),
    }
}

const TEXTS: &[&str] = &["TEXT", "CHAR", "CLOB"];
/// Parts of the names of PostgreSQL's built-in types that are not text: a type without them is taken for an
/// enum.
const OTHERS: &[&str] =
    &["INT", "NUMERIC", "DOUBLE", "REAL", "BOOL", "TIME", "DATE", "JSON", "BYTEA", "UUID", "[]"];

/// A kind in words, for messages.
pub(crate) fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Enum(_) => "text",
        Kind::Json => "JSON",
        Kind::Int => "a whole number",
        Kind::Bool => "a boolean",
        Kind::Time => "a time",
        Kind::Bytes => "bytes",
        Kind::Real => "a number",
        Kind::Money => "an amount",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prismas_own_types_are_accepted_and_others_are_not() {
        use Dialect::{Mysql, Postgres, Sqlite};
        for (dialect, kind, declared) in [
            (Sqlite, Kind::Text, "TEXT"),
            (Sqlite, Kind::Text, "VARCHAR(50)"),
            (Sqlite, Kind::Money, "DECIMAL"),
            (Sqlite, Kind::Time, "DATETIME"),
            (Sqlite, Kind::Json, "JSONB"),
            (Sqlite, Kind::Bool, "BOOLEAN"),
            (Sqlite, Kind::Real, "REAL"),
            (Sqlite, Kind::Bytes, "BLOB"),
            (Postgres, Kind::Text, "character varying(50)"),
            (Postgres, Kind::Enum("Role"), "\"Role\""),
            (Postgres, Kind::Money, "numeric(65,30)"),
            (Postgres, Kind::Money, "double precision"),
            (Postgres, Kind::Time, "timestamp(3) without time zone"),
            (Postgres, Kind::Json, "jsonb"),
            (Postgres, Kind::Bytes, "bytea"),
            (Mysql, Kind::Text, "varchar(191)"),
            (Mysql, Kind::Enum("Role"), "enum('ADMIN')"),
            (Mysql, Kind::Bool, "tinyint(1)"),
            (Mysql, Kind::Json, "longtext"),
            (Mysql, Kind::Bytes, "longblob"),
        ] {
            assert!(accepts(dialect, kind, declared), "{declared}");
        }
        for (dialect, kind, declared) in [
            (Sqlite, Kind::Text, "INTEGER"),
            (Sqlite, Kind::Money, "TEXT"),
            (Sqlite, Kind::Time, "INTEGER"),
            (Postgres, Kind::Enum("Role"), "integer"),
            (Postgres, Kind::Bool, "integer"),
            (Postgres, Kind::Text, "\"Role\""),
            (Mysql, Kind::Text, "enum('TEXT')"),
            (Mysql, Kind::Time, "bigint(20)"),
        ] {
            assert!(!accepts(dialect, kind, declared), "{declared}");
        }
    }
}
