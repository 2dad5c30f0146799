//! Which shop of a database is meant, and by which clock and currency it lives.

use std::collections::BTreeMap;

use crate::domain::date::SourceZone;
use crate::extract::input::form::HOW_TO_DUMP;
use crate::extract::intake::Intake;
use crate::extract::kept_rows::{Id, SiteRows};
use crate::extract::stored_text::MendedTexts;
use crate::extract::tables::SiteTable;
use crate::extract::words::Words;
use crate::failure::Failure;
use crate::language::tr;

/// Zones of WordPress without a summer time, and their offsets in hours.
const ZONES: [(&str, i32); 17] = [
    ("Asia/Jakarta", 7),
    ("Asia/Pontianak", 7),
    ("Asia/Makassar", 8),
    ("Asia/Ujung_Pandang", 8),
    ("Asia/Jayapura", 9),
    ("Asia/Bangkok", 7),
    ("Asia/Ho_Chi_Minh", 7),
    ("Asia/Singapore", 8),
    ("Asia/Kuala_Lumpur", 8),
    ("Asia/Manila", 8),
    ("Asia/Hong_Kong", 8),
    ("Asia/Shanghai", 8),
    ("Asia/Taipei", 8),
    ("Asia/Tokyo", 9),
    ("Asia/Seoul", 9),
    ("UTC", 0),
    ("Etc/UTC", 0),
];

/// The shop that was chosen.
#[derive(Debug)]
pub(crate) struct Shop {
    /// The prefix of its tables.
    pub(crate) prefix: String,
    /// Its rows; orders, commissions and subscriptions by number.
    pub(crate) rows: SiteRows,
    /// Words that repeat in them.
    pub(crate) words: Words,
    /// Texts that were mended.
    pub(crate) mended: MendedTexts,
    /// The clock by which its times are.
    pub(crate) zone: SourceZone,
    /// Whether it is what the REST add-on says, which knows neither settings nor memberships.
    pub(crate) is_of_rest: bool,
}

/// What the operator says of the shop.
#[derive(Clone, Debug, Default)]
pub(crate) struct ShopChoice {
    /// The prefix of its tables.
    pub(crate) prefix: Option<String>,
    /// The zone of its clock.
    pub(crate) zone: Option<SourceZone>,
}

impl Shop {
    /// Finds the shop among what was read.
    ///
    /// # Errors
    /// Exit code 6: there is none, or several, a table is missing, or its clock or currency is another one.
    pub(crate) fn choose(intake: Intake, choice: &ShopChoice) -> anyhow::Result<Self> {
        let Intake { mut sites, words, mended, is_of_rest } = intake;
        let prefix = chosen_prefix(&sites, choice.prefix.as_deref())?;
        let mut rows = sites.remove(&prefix).unwrap_or_default();
        let shared = if rows.tables.contains_key(&SiteTable::Users) { None } else { network_prefix(&prefix) };
        if let Some(network) = shared.and_then(|prefix| sites.remove(prefix)) {
            (rows.users, rows.user_fields) = (network.users, network.user_fields);
            let shared = network.tables.into_iter().filter(|(table, _)| table.is_shared());
            rows.tables.extend(shared);
        }
        if !is_of_rest {
            complete(&rows, &prefix)?;
        }
        let currency = rows.options.get("_sejoli_currency_type").map_or("IDR", String::as_str);
        if !currency.is_empty() && !currency.eq_ignore_ascii_case("IDR") {
            return Err(Failure::input(tr!(
                "the shop sells in {currency}; only rupiah (IDR) can be moved, since an amount in another currency would be taken for rupiah"
            )));
        }
        let zone = match choice.zone {
            Some(zone) if is_of_rest => zone,
            None if is_of_rest => {
                return Err(Failure::input(tr!(
                    "the REST add-on does not say by which clock the site's times are; say it with --source-tz, such as --source-tz Asia/Jakarta"
                )));
            }
            asked => zone(&rows.options, asked)?,
        };
        sort(&mut rows, &prefix)?;
        Ok(Self { prefix, rows, words, mended, zone, is_of_rest })
    }
}

/// The prefix of the one shop, or of the one that was asked for.
fn chosen_prefix(sites: &BTreeMap<String, SiteRows>, asked: Option<&str>) -> anyhow::Result<String> {
    let shops: Vec<(&String, &SiteRows)> =
        sites.iter().filter(|(_, rows)| rows.tables.contains_key(&SiteTable::Orders)).collect();
    let listed = || {
        let line = |(prefix, rows): &(&String, &SiteRows)| {
            let url = rows.options.get("siteurl").map_or(tr!("without a siteurl"), String::as_str);
            tr!(
                "{prefix} ({} orders, {url})",
                rows.orders.len().max(rows.tables[&SiteTable::Orders] as usize)
            )
        };
        shops.iter().map(line).collect::<Vec<_>>().join(", ")
    };
    match (asked, shops.as_slice()) {
        (Some(asked), _) if shops.iter().any(|(prefix, _)| *prefix == asked) => Ok(asked.to_owned()),
        (_, []) => Err(Failure::input(
            tr!("none of its tables is called …sejolisa_orders: this is not the database of a Sejoli shop")
                .to_owned()
                + &advice(),
        )),
        (Some(asked), _) => {
            Err(Failure::input(tr!("there is no shop with the prefix {asked}; there are: {}", listed())))
        }
        (None, [(prefix, _)]) => Ok((*prefix).clone()),
        (None, _) => Err(Failure::input(tr!(
            "there are {} shops in it; choose one with --prefix: {}",
            shops.len(),
            listed()
        ))),
    }
}

fn advice() -> String {
    tr!("; export the whole database with: {HOW_TO_DUMP}")
}

/// The prefix of the network that a site belongs to: `wp_` of `wp_2_`.
pub(crate) fn network_prefix(prefix: &str) -> Option<&str> {
    let without_number = prefix.strip_suffix('_')?.trim_end_matches(|digit: char| digit.is_ascii_digit());
    (without_number.len() + 1 < prefix.len() && without_number.ends_with('_')).then_some(without_number)
}

/// Whether all tables are there, with the rows that no site is without.
fn complete(rows: &SiteRows, prefix: &str) -> anyhow::Result<()> {
    let missing: Vec<String> = SiteTable::ALL
        .into_iter()
        .filter(|table| !rows.tables.contains_key(table))
        .map(|table| format!("{prefix}{}", table.suffix()))
        .collect();
    if !missing.is_empty() {
        return Err(Failure::input(tr!(
            "the shop is not whole: {} {} missing{}",
            missing.join(", "),
            if missing.len() == 1 { "is" } else { "are" },
            advice()
        )));
    }
    if rows.options.is_empty() || rows.users.is_empty() {
        return Err(Failure::input(
            tr!("the tables are there, and no rows of settings and users: was the structure dumped without the data?")
                .to_owned()
                + &advice(),
        ));
    }
    Ok(())
}

/// The zone of the site's clock, as its settings have it, held against what the operator says.
fn zone(options: &BTreeMap<String, String>, asked: Option<SourceZone>) -> anyhow::Result<SourceZone> {
    let option = |name: &str| options.get(name).map_or("", |text| text.trim());
    let name = option("timezone_string");
    let (shown, known) = match (name, option("gmt_offset")) {
        ("", "") => ("UTC".to_owned(), Some(SourceZone::east(0))),
        ("", offset) => (format!("UTC{}", Offset(offset)), of_offset(offset)),
        (name, _) => (name.to_owned(), of_name(name)),
    };
    match (known, asked) {
        (Some(known), Some(asked)) if known != asked => Err(Failure::input(tr!(
            "the site's clock is {shown} by its settings, and --source-tz says {asked}: leave --source-tz away, or correct it"
        ))),
        (Some(zone), _) | (None, Some(zone)) => Ok(zone),
        (None, None) => Err(Failure::input(tr!(
            "the site's clock is {shown}, which is no zone with a fixed offset that the tool knows; say with --source-tz by which offset its times are"
        ))),
    }
}

struct Offset<'a>(&'a str);

impl std::fmt::Display for Offset<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0.starts_with(['-', '+']) { "" } else { "+" };
        write!(f, "{sign}{}", self.0)
    }
}

fn of_name(name: &str) -> Option<SourceZone> {
    let known = ZONES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    known.map(|(_, hours)| SourceZone::east(hours * 3600)).or_else(|| name.parse().ok())
}

/// WordPress keeps hours: `7`, `5.5`, `-3`.
fn of_offset(text: &str) -> Option<SourceZone> {
    let hours: f64 = text.parse().ok()?;
    (-14.0..=14.0).contains(&hours).then(|| SourceZone::east((hours * 3600.0).round() as i32))
}

/// Puts the rows in the order of their numbers, so that every form of the same shop gives the same files.
fn sort(rows: &mut SiteRows, prefix: &str) -> anyhow::Result<()> {
    rows.orders.sort_unstable_by_key(|row| row.id);
    rows.commissions.sort_unstable_by_key(|row| row.id);
    rows.subscriptions.sort_unstable_by_key(|row| row.id);
    rows.access_posts.sort_unstable();
    rows.associations.sort_unstable();
    let once = |table: SiteTable, mut ids: Box<dyn Iterator<Item = Id> + '_>| {
        let mut before = None;
        let twice = ids.find(|id| before.replace(*id) == Some(*id));
        twice.map_or(Ok(()), |id| {
            let table = table.suffix();
            Err(Failure::input(tr!("the row {id} of {prefix}{table} stands twice; give one dump alone")))
        })
    };
    once(SiteTable::Orders, Box::new(rows.orders.iter().map(|row| row.id)))?;
    once(SiteTable::Commissions, Box::new(rows.commissions.iter().map(|row| row.id)))?;
    once(SiteTable::Subscriptions, Box::new(rows.subscriptions.iter().map(|row| row.id)))
}

/// Rows by the order that they belong to.
#[derive(Debug)]
pub(crate) struct ByOrder(Vec<(Id, u32)>);

impl ByOrder {
    /// Takes the order of each row, in turn.
    pub(crate) fn new(orders: impl Iterator<Item = Id>) -> Self {
        let mut rows: Vec<(Id, u32)> = orders.zip(0..).collect();
        rows.sort_unstable();
        Self(rows)
    }

    /// The rows of an order, by position.
    pub(crate) fn of(&self, order: Id) -> impl Iterator<Item = usize> + '_ {
        let first = self.0.partition_point(|(of, _)| *of < order);
        self.0[first..].iter().take_while(move |(of, _)| *of == order).map(|(_, at)| *at as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(name: &str, offset: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("timezone_string".into(), name.into()), ("gmt_offset".into(), offset.into())])
    }

    #[test]
    fn a_site_of_a_network_has_the_networks_users() {
        assert_eq!(network_prefix("wp_2_"), Some("wp_"));
        assert_eq!(network_prefix("wp7_"), None, "a number within the prefix itself");
        assert_eq!(network_prefix("shop_12_"), Some("shop_"));
        assert_eq!(network_prefix("wp_"), None);
    }

    #[test]
    fn the_clock_is_the_sites_own_and_a_contradiction_is_refused() {
        let jakarta = SourceZone::JAKARTA;
        assert_eq!(zone(&settings("Asia/Jakarta", "0"), None).ok(), Some(jakarta));
        assert_eq!(zone(&settings("", "7"), Some(jakarta)).ok(), Some(jakarta));
        assert_eq!(zone(&settings("", ""), None).ok(), Some(SourceZone::east(0)));
        assert_eq!(zone(&settings("", "5.5"), None).ok(), Some(SourceZone::east(19_800)));
        let refused =
            zone(&settings("Asia/Makassar", ""), Some(jakarta)).expect_err("a contradiction").to_string();
        assert!(refused.contains("Asia/Makassar") && refused.contains("--source-tz"), "{refused}");
        assert!(zone(&settings("Europe/Amsterdam", ""), None).is_err(), "it has a summer time");
        assert!(zone(&settings("", "-3"), Some(jakarta)).expect_err("another").to_string().contains("UTC-3"));
    }
}
