//! Who may do what, out of `SHOW GRANTS`: MySQL has no function that one could ask.

use crate::store::engines::engine::Engine;
use crate::store::schema::catalogue::text;

/// What this user may do in the database that is in use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Privileges {
    /// The words of each grant, and the table that it is for; none for all tables.
    grants: Vec<(Vec<String>, Option<String>)>,
    /// Whether a role is among the grants: what that allows is listed nowhere.
    by_role: bool,
}

/// Reads the grants of this session's user.
pub(super) fn read(engine: &mut impl Engine) -> anyhow::Result<Privileges> {
    let database = engine.query("SELECT DATABASE()", &[])?;
    let database = database.into_iter().flatten().next().and_then(text).unwrap_or_default();
    let rows = engine.query("SHOW GRANTS", &[])?;
    let lines: Vec<String> = rows.into_iter().filter_map(|mut row| text(row.remove(0))).collect();
    Ok(Privileges::of(&lines, &database))
}

impl Privileges {
    fn of(lines: &[String], database: &str) -> Self {
        let mut privileges = Self::default();
        for line in lines {
            let Some(rest) = line.strip_prefix("GRANT ") else { continue };
            let Some((words, place)) = rest.split_once(" ON ") else {
                privileges.by_role = true;
                continue;
            };
            let Some((on, _)) = place.split_once(" TO ") else { continue };
            let Some((schema, table)) = parts(on) else { continue };
            if schema == "*" || matches(&schema, database) {
                let words = words.split(',').map(|word| word.trim().to_uppercase()).collect();
                privileges.grants.push((words, (table != "*").then_some(table)));
            }
        }
        privileges
    }

    /// Whether all of these are allowed, on a table or on all of them. A role gets the benefit of the
    /// doubt.
    pub(super) fn allows(&self, wanted: &[&str], table: Option<&str>) -> bool {
        let has = |wanted: &str| {
            self.grants.iter().any(|(words, on)| {
                let here = on.as_deref().is_none_or(|on| Some(on) == table);
                here && words.iter().any(|word| word == wanted || word.starts_with("ALL PRIVILEGES"))
            })
        };
        self.by_role || wanted.iter().all(|wanted| has(wanted))
    }
}

/// Schema and table of `` `schema`.`table` ``, `` `schema`.* `` or `*.*`; a session with ANSI_QUOTES
/// sees other quotes.
fn parts(on: &str) -> Option<(String, String)> {
    let on = on.trim_start_matches("TABLE ").trim();
    let quote = on.chars().next().filter(|first| matches!(first, '`' | '"'));
    let (schema, table) = match quote {
        Some(quote) => on[1..].split_once(&format!("{quote}."))?,
        None => on.split_once('.')?,
    };
    let unquoted = |name: &str| match quote {
        Some(quote) => name.trim_matches(quote).replace(&format!("{quote}{quote}"), &quote.to_string()),
        None => name.to_owned(),
    };
    Some((unquoted(schema), unquoted(table)))
}

/// Whether a grant's pattern (`_` and `%` stand for letters, unless escaped) is for this database.
fn matches(pattern: &str, database: &str) -> bool {
    let mut pattern = pattern.chars();
    match pattern.next() {
        None => database.is_empty(),
        Some('%') => {
            let rest = pattern.as_str();
            database
                .char_indices()
                .map(|(at, _)| at)
                .chain([database.len()])
                .any(|at| matches(rest, &database[at..]))
        }
        Some(first) => {
            let wanted = if first == '\\' { pattern.next() } else { Some(first) };
            let mut letters = database.chars();
            match (letters.next(), first) {
                (Some(_), '_') => matches(pattern.as_str(), letters.as_str()),
                (letter, _) => {
                    letter.is_some() && letter == wanted && matches(pattern.as_str(), letters.as_str())
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&str; 4] = ["SELECT", "INSERT", "UPDATE", "DELETE"];

    fn of(grants: &[&str]) -> Privileges {
        let lines: Vec<String> = grants.iter().map(|grant| format!("GRANT {grant} TO `u`@`%`")).collect();
        Privileges::of(&lines, "toko_1")
    }

    #[test]
    fn a_reader_is_told_from_a_writer() {
        assert!(of(&["ALL PRIVILEGES ON *.*"]).allows(&ALL, Some("User")));
        assert!(of(&["USAGE ON *.*", "SELECT, INSERT, UPDATE, DELETE ON `toko\\_1`.*"]).allows(&ALL, None));
        assert!(!of(&["USAGE ON *.*", "SELECT ON `toko_1`.*"]).allows(&ALL, Some("User")));
        assert!(!of(&["ALL PRIVILEGES ON `toko_2`.*"]).allows(&ALL, None));
        assert!(of(&["ALL PRIVILEGES ON `toko%`.*"]).allows(&ALL, None));
    }

    #[test]
    fn a_grant_for_one_table_is_for_that_table() {
        let grants = of(&["SELECT ON `toko_1`.*", "INSERT, UPDATE, DELETE ON `toko_1`.`User`"]);
        assert!(grants.allows(&ALL, Some("User")));
        assert!(of(&["SELECT, INSERT, UPDATE, DELETE ON \"toko_1\".\"User\""]).allows(&ALL, Some("User")));
        assert!(!grants.allows(&ALL, Some("Wallet")));
    }

    #[test]
    fn what_a_role_allows_is_not_known() {
        assert!(of(&["`writers`"]).allows(&ALL, Some("User")));
    }
}
