//! What the app's team has made before an import: plans, and the groups, courses and products that they open.

use std::collections::BTreeSet;
use std::path::Path;

use crate::Result;
use crate::access_schema::{Dialect, Strictness, access_schema};
use crate::database::Engine;

/// The owner of the groups, who is not among the imported people.
pub const TEAM: &str = "u-team";

/// The statements that add these tables and rows. Every plan opens a group, a course and a product.
pub fn script(engine: Engine, product_map: &Path) -> Result<String> {
    let dialect = match engine {
        Engine::Sqlite => Dialect::Sqlite,
        Engine::Postgres => Dialect::Postgres,
        Engine::Mysql => Dialect::Mysql,
    };
    let now = if dialect == Dialect::Sqlite { "1767200400000" } else { "'2025-12-31 17:00:00'" };
    let mut script = String::new();
    if dialect == Dialect::Mysql {
        script += "SET SESSION sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES');\n";
    }
    script += &access_schema(dialect, Strictness::Strict, &[]);
    script += &format!(
        "INSERT INTO \"User\" (\"id\", \"email\", \"name\", \"role\", \"createdAt\", \"updatedAt\") \
         VALUES ('{TEAM}', 'tim@example.org', 'Tim', 'ADMIN', {now}, {now});\n"
    );
    for (plan, duration) in plans(product_map)? {
        script += &plan_rows(&plan, &duration, now);
    }
    Ok(script)
}

/// The slug and the duration of every plan that the product map names.
fn plans(product_map: &Path) -> Result<BTreeSet<(String, String)>> {
    let mut reader = csv::Reader::from_path(product_map)?;
    let header = reader.headers()?.clone();
    let place = |name: &str| header.iter().position(|column| column == name).ok_or(format!("no {name}"));
    let (slug, duration) = (place("membership")?, place("duration")?);
    let mut plans = BTreeSet::new();
    for record in reader.records() {
        let record = record?;
        plans.extend(
            (!record[slug].is_empty()).then(|| (record[slug].to_owned(), record[duration].to_owned())),
        );
    }
    Ok(plans)
}

fn plan_rows(plan: &str, duration: &str, now: &str) -> String {
    let mut rows = format!(
        "INSERT INTO \"Membership\" (\"id\", \"name\", \"slug\", \"description\", \"duration\", \"price\", \"features\", \
         \"createdAt\", \"updatedAt\") VALUES ('p-{plan}', '{plan}', '{plan}', '', '{duration}', 1000000, '[]', {now}, {now});\n\
         INSERT INTO \"Group\" (\"id\", \"name\", \"ownerId\") VALUES ('g-{plan}', '{plan}', '{TEAM}');\n\
         INSERT INTO \"Course\" (\"id\", \"title\", \"status\") VALUES ('c-{plan}', '{plan}', 'PUBLISHED');\n\
         INSERT INTO \"Product\" (\"id\", \"creatorId\", \"name\", \"slug\", \"description\", \"price\", \"createdAt\", \
         \"updatedAt\") VALUES ('b-{plan}', '{TEAM}', '{plan}', '{plan}', '', 50000, {now}, {now});\n"
    );
    for (table, column, door) in
        [("Group", "groupId", "g"), ("Course", "courseId", "c"), ("Product", "productId", "b")]
    {
        rows += &format!(
            "INSERT INTO \"Membership{table}\" (\"id\", \"membershipId\", \"{column}\") \
             VALUES ('{door}-{plan}', 'p-{plan}', '{door}-{plan}');\n"
        );
    }
    rows
}
