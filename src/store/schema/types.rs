//! Which declared types can hold which meaning.

use crate::store::value::Kind;

/// Whether a column that SQLite knows as `declared` can hold values of `kind`. SQLite itself would
/// store anything anywhere; Prisma and comparisons would not read it back.
pub fn sqlite_accepts(kind: Kind, declared: &str) -> bool {
    let declared = declared.to_ascii_uppercase();
    let any = |words: &[&str]| words.iter().any(|word| declared.contains(word));
    match kind {
        Kind::Text | Kind::Enum(_) => any(&["TEXT", "CHAR", "CLOB"]),
        Kind::Json => any(&["JSON", "TEXT"]),
        Kind::Int => any(&["INT"]),
        Kind::Bool => any(&["BOOL", "INT"]),
        Kind::Time => any(&["DATE", "TIME"]),
        Kind::Bytes => any(&["BLOB"]),
        Kind::Real => any(&["REAL", "FLOA", "DOUB", "DECIMAL", "NUMERIC"]),
        Kind::Money => any(&["DECIMAL", "NUMERIC", "REAL", "FLOA", "DOUB", "INT"]),
    }
}

/// The meaning in a word for messages.
pub fn word(kind: Kind) -> &'static str {
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
        for (kind, declared) in [
            (Kind::Text, "TEXT"),
            (Kind::Text, "VARCHAR(50)"),
            (Kind::Money, "DECIMAL"),
            (Kind::Time, "DATETIME"),
            (Kind::Json, "JSONB"),
            (Kind::Bool, "BOOLEAN"),
            (Kind::Real, "REAL"),
            (Kind::Bytes, "BLOB"),
        ] {
            assert!(sqlite_accepts(kind, declared), "{declared}");
        }
        assert!(!sqlite_accepts(Kind::Text, "INTEGER"));
        assert!(!sqlite_accepts(Kind::Money, "TEXT"));
        assert!(!sqlite_accepts(Kind::Time, "INTEGER"));
    }
}
