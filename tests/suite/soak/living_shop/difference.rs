//! Two states held against each other, and the smallest differences between them in words.

use std::collections::BTreeMap;
use std::fmt::Debug;

use super::state::State;

/// How many differences are said.
const SAID: usize = 5;

/// The smallest differences, with how many more there are; nothing where the states are the same.
pub(super) fn smallest(expected: &State, found: &State) -> Option<String> {
    let mut all = Vec::new();
    compare("person", &expected.people, &found.people, &mut all);
    compare("order", &expected.orders, &found.orders, &mut all);
    compare("conversion of order", &expected.conversions, &found.conversions, &mut all);
    compare("membership", &expected.memberships, &found.memberships, &mut all);
    compare("ownership of a product", &expected.ownerships, &found.ownerships, &mut all);
    compare("wallet", &expected.wallets, &found.wallets, &mut all);
    compare("affiliate's profile", &expected.profiles, &found.profiles, &mut all);
    compare("mapping", &expected.mappings, &found.mappings, &mut all);
    compare("Sejoli's part of the ledger", &expected.ledger, &found.ledger, &mut all);
    compare("row of the app's own", &expected.own, &found.own, &mut all);
    if expected.affiliate_roles != found.affiliate_roles {
        let (expected, found) = (&expected.affiliate_roles, &found.affiliate_roles);
        all.push(format!("roles of affiliates: expected {expected:?}, found {found:?}"));
    }
    for number in expected.paid.symmetric_difference(&found.paid) {
        let (wanted, there) = (expected.paid.contains(number), found.paid.contains(number));
        all.push(format!("commission of order {number}: paid expected {wanted}, found {there}"));
    }
    if expected.settled != found.settled {
        let (expected, found) = (expected.settled, found.settled);
        all.push(format!("SejoliAffiliateTotals: expected {expected} sen settled, found {found}"));
    }
    if all.is_empty() {
        return None;
    }
    all.sort_by_key(String::len);
    let others = all.len().saturating_sub(SAID);
    all.truncate(SAID);
    let said = all.join("\n");
    Some(if others == 0 { said } else { format!("{said}\n(and {others} more)") })
}

fn compare<K: Debug + Ord, V: Debug + PartialEq>(
    what: &str,
    expected: &BTreeMap<K, V>,
    found: &BTreeMap<K, V>,
    all: &mut Vec<String>,
) {
    for (key, wanted) in expected {
        match found.get(key) {
            None => all.push(format!("{what} {key:?}: expected, but not there: {wanted:?}")),
            Some(there) if there != wanted => {
                all.push(format!("{what} {key:?}: {}", fields_that_differ(wanted, there)));
            }
            Some(_) => {}
        }
    }
    let unexpected = found.iter().filter(|(key, _)| !expected.contains_key(key));
    all.extend(
        unexpected.map(|(key, there)| format!("{what} {key:?}: there, but nobody expects it: {there:?}")),
    );
}

/// The fields of two rows that differ, by their names.
fn fields_that_differ(expected: &impl Debug, found: &impl Debug) -> String {
    let (expected, found) = (fields(expected), fields(found));
    let differ = expected.iter().filter_map(|(name, wanted)| {
        let there = found.get(name)?;
        (there != wanted).then(|| format!("{name} expected {wanted}, found {there}"))
    });
    differ.collect::<Vec<_>>().join("; ")
}

/// The fields of a row, in one line each; a plain value is one named so.
fn fields(row: &impl Debug) -> BTreeMap<String, String> {
    let shown = format!("{row:#?}");
    if !shown.contains('\n') {
        return BTreeMap::from([("value".to_owned(), shown)]);
    }
    let plain = |value: &str| value.trim_end_matches(',').to_owned();
    let (mut fields, mut name): (BTreeMap<String, String>, _) = (BTreeMap::new(), String::from("value"));
    for line in shown.lines() {
        match line.strip_prefix("    ").and_then(|line| line.split_once(": ")) {
            Some((field, value)) if !field.starts_with(' ') => {
                field.clone_into(&mut name);
                fields.insert(name.clone(), plain(value));
            }
            _ if line.starts_with(' ') => {
                fields.entry(name.clone()).or_default().push_str(&plain(line.trim()))
            }
            _ => {}
        }
    }
    fields
}

/// A comparison that finds nothing must be one that would find something.
#[test]
fn one_field_that_differs_is_said_by_its_name() {
    let mut expected = State::default();
    expected.wallets.insert("rina@example.org".to_owned(), super::state::WalletState::default());
    let mut found = expected.clone();
    assert_eq!(smallest(&expected, &found), None);
    found.wallets.get_mut("rina@example.org").expect("the wallet").balance = 7;
    let said = smallest(&expected, &found).expect("a difference");
    assert_eq!(said, "wallet \"rina@example.org\": balance expected 0, found 7");
}
