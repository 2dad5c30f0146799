//! MySQL's own catalogue of the database that is in use.

use crate::store::codec::value::Cell;
use crate::store::engines::engine::{Engine, Question};
use crate::store::schema::catalogue::{Catalogue, ColumnShape, add_foreign_keys, add_indexes, flag, text};

const COLUMNS: &str = "SELECT c.table_name, c.column_name, c.column_type, c.is_nullable = 'NO', \
    c.column_default IS NOT NULL OR c.extra LIKE '%auto_increment%', c.column_key = 'PRI', \
    c.character_maximum_length, c.collation_name \
    FROM information_schema.columns c JOIN information_schema.tables t \
    ON t.table_schema = c.table_schema AND t.table_name = c.table_name \
    WHERE c.table_schema = DATABASE() AND t.table_type = 'BASE TABLE' ORDER BY c.table_name, c.ordinal_position";

const INDEXES: &str = "SELECT table_name, index_name, non_unique = 0, 1, column_name FROM information_schema.statistics \
    WHERE table_schema = DATABASE() AND index_name <> 'PRIMARY' ORDER BY table_name, index_name, seq_in_index";

const FOREIGN_KEYS: &str = "SELECT table_name, column_name, referenced_table_name FROM information_schema.key_column_usage \
    WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL AND ordinal_position = 1 \
    ORDER BY table_name, constraint_name";

/// What an import does to the rows of a table.
const WRITES: [&str; 4] = ["SELECT", "INSERT", "UPDATE", "DELETE"];

/// The collation that the users' ids are compared by, which is that of all tables of an app; none where there are no users, or their ids
/// are in another character set than the connection.
pub(super) fn collation_of_keys(catalogue: &Catalogue) -> Option<&str> {
    let ids = catalogue.get("User")?.column("id")?;
    ids.collation.as_deref().filter(|collation| collation.starts_with("utf8mb4_"))
}

/// What the database holds.
pub(super) fn read(engine: &mut impl Engine) -> anyhow::Result<Catalogue> {
    let privileges = crate::store::engines::mysql::privileges::read(engine)?;
    let questions = [COLUMNS, INDEXES, FOREIGN_KEYS].map(|sql| Question::new(sql, &[]));
    let mut answers = engine.query_all(&questions)?.into_iter();
    let mut tables = Catalogue::default();
    for row in answers.next().unwrap_or_default() {
        let mut cells = row.into_iter();
        let name = cells.next().and_then(text).unwrap_or_default();
        let writable = privileges.allows(&WRITES, Some(&name));
        let table = tables.entry(name).or_default();
        table.writable = writable;
        table.columns.push(ColumnShape {
            name: cells.next().and_then(text).unwrap_or_default(),
            declared: cells.next().and_then(text).unwrap_or_default(),
            required: flag(cells.next()),
            has_default: flag(cells.next()),
            primary: flag(cells.next()),
            length: cells
                .next()
                .and_then(|cell| if let Cell::Int(length) = cell { Some(length) } else { None }),
            collation: cells.next().and_then(text),
        });
    }
    add_indexes(&mut tables, answers.next().unwrap_or_default());
    add_foreign_keys(&mut tables, answers.next().unwrap_or_default());
    Ok(tables)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_compared_by_the_collation_of_the_users_ids() {
        let collated = |collation: &str| {
            let mut tables = Catalogue::default();
            tables.entry("User".to_owned()).or_default().columns.push(ColumnShape {
                name: "id".to_owned(),
                declared: "varchar(191)".to_owned(),
                required: true,
                has_default: false,
                primary: true,
                length: Some(191),
                collation: Some(collation.to_owned()),
            });
            collation_of_keys(&tables).map(str::to_owned)
        };
        assert_eq!(collated("utf8mb4_unicode_ci").as_deref(), Some("utf8mb4_unicode_ci"));
        assert_eq!(collated("latin1_swedish_ci"), None, "keys of other letters would not arrive");
        assert_eq!(collation_of_keys(&Catalogue::default()), None);
    }
}
