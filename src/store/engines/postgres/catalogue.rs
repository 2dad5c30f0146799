//! PostgreSQL's own catalogue of one schema.

use std::collections::HashSet;

use crate::store::codec::value::Cell;
use crate::store::engines::engine::{Engine, Question};
use crate::store::schema::catalogue::{
    Catalogue, ColumnShape, RowPlace, add_foreign_keys, add_indexes, flag, text,
};

/// Partitions are read, written and referenced by way of their table.
const COLUMNS: &str = "SELECT c.relname, has_table_privilege(c.oid, 'SELECT') \
    AND has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'), \
    a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef OR a.attidentity <> '', \
    coalesce((SELECT a.attnum = ANY (p.indkey::int2[]) FROM pg_index p WHERE p.indrelid = c.oid AND p.indisprimary), false), \
    CASE WHEN t.typname IN ('varchar', 'bpchar') AND a.atttypmod > 4 THEN a.atttypmod - 4 END, CAST(c.relkind AS text) \
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid \
    JOIN pg_type t ON t.oid = a.atttypid \
    WHERE n.nspname = ? AND c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped \
    ORDER BY c.relname, a.attnum";

/// Indexes over an expression or a part of the rows keep none of what an index over columns keeps.
const INDEXES: &str = "SELECT t.relname, i.relname, x.indisunique, x.indisvalid, a.attname \
    FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid \
    JOIN pg_namespace n ON n.oid = t.relnamespace \
    CROSS JOIN LATERAL unnest(x.indkey::int2[]) WITH ORDINALITY AS k(attnum, place) \
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum \
    WHERE n.nspname = ? AND NOT t.relispartition AND NOT x.indisprimary AND x.indpred IS NULL AND x.indexprs IS NULL \
    AND k.place <= x.indnkeyatts ORDER BY t.relname, i.relname, k.place";

/// What a key has of its own for each partition of either table follows from the key.
const FOREIGN_KEYS: &str = "SELECT t.relname, a.attname, f.relname FROM pg_constraint k \
    JOIN pg_class t ON t.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid \
    JOIN pg_namespace n ON n.oid = t.relnamespace \
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.conkey[1] \
    WHERE k.contype = 'f' AND k.conparentid = 0 AND NOT t.relispartition AND n.nspname = ? ORDER BY t.relname, k.conname";

/// What a schema holds.
pub(super) fn read(engine: &mut impl Engine, schema: &str) -> anyhow::Result<Catalogue> {
    let schema = [Cell::Text(schema.to_owned())];
    let questions = [COLUMNS, INDEXES, FOREIGN_KEYS].map(|sql| Question::new(sql, &schema));
    let mut answers = engine.query_all(&questions)?.into_iter();
    let mut tables = Catalogue::default();
    for row in answers.next().unwrap_or_default() {
        let mut cells = row.into_iter();
        let table = tables.entry(cells.next().and_then(text).unwrap_or_default()).or_default();
        table.writable = flag(cells.next());
        table.columns.push(ColumnShape {
            name: cells.next().and_then(text).unwrap_or_default(),
            declared: cells.next().and_then(text).unwrap_or_default(),
            required: flag(cells.next()),
            has_default: flag(cells.next()),
            primary: flag(cells.next()),
            length: cells
                .next()
                .and_then(|cell| if let Cell::Int(length) = cell { Some(length) } else { None }),
            collation: None,
        });
        table.place = match cells.next().and_then(text).as_deref() {
            Some("f") => RowPlace::Elsewhere,
            Some("p") => RowPlace::Partitions,
            _ => RowPlace::Own,
        };
    }
    add_indexes(&mut tables, answers.next().unwrap_or_default());
    add_foreign_keys(&mut tables, answers.next().unwrap_or_default());
    Ok(tables)
}

/// The schemas, but for this one, in which both of these tables are.
pub(super) fn schemas_with(
    engine: &mut impl Engine,
    tables: [&str; 2],
    but: &str,
) -> anyhow::Result<Vec<String>> {
    let sql = "SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
               WHERE c.relkind IN ('r', 'p') AND c.relname IN (?, ?) AND n.nspname <> ? \
               GROUP BY n.nspname HAVING count(*) = 2 ORDER BY n.nspname";
    let cells = tables.into_iter().chain([but]).map(|name| Cell::Text(name.to_owned()));
    let rows = engine.query(sql, &cells.collect::<Vec<_>>())?;
    Ok(rows.into_iter().flatten().filter_map(text).collect())
}

/// The tables into which no COPY goes: those with row security, which refuses it, and all of them where
/// another engine than PostgreSQL answers, which need not know COPY's binary format.
pub(super) fn without_copy(engine: &mut impl Engine, schema: &str) -> anyhow::Result<HashSet<String>> {
    let sql = "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
               WHERE n.nspname = ? AND (c.relrowsecurity OR version() NOT LIKE 'PostgreSQL %')";
    let rows = engine.query(sql, &[Cell::Text(schema.to_owned())])?;
    Ok(rows.into_iter().flatten().filter_map(text).collect())
}
