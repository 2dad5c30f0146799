//! Counts and sums: the files against the database, by status; only SUCCESS is revenue (L11).

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::money::Money;
use crate::domain::order::Order;
use crate::domain::source_kind::SourceKind;
use crate::source::Export;
use crate::store::codec::value::{Cell, Field as _, Kind};
use crate::store::schema::tables::WebhookLog;
use crate::store::session::store::Store;
use crate::verify::context::VerifyContext;
use crate::verify::orders::{earned, status_of};
use crate::verify::reader::{ExportReader, Payload};
use crate::verify::report::VerifyCheck;

/// Where the row stands that a stored order was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderOrigin {
    /// It is this one.
    Here,
    /// Another row of the given files, which counts itself.
    Another,
    /// A file that is not given here.
    Elsewhere,
}

/// Orders and their amounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    orders: u64,
    minor: i64,
}

impl Sum {
    fn add(&mut self, amount: Money) {
        self.join(Sum { orders: 1, minor: amount.minor() });
    }

    fn join(&mut self, other: Sum) {
        self.orders += other.orders;
        self.minor += other.minor;
    }
}

/// What an order adds to the sums.
#[derive(Clone, Debug)]
struct Counted {
    status: &'static str,
    charged: Money,
    /// Who has earned what by it.
    commission: Option<(String, Money)>,
}

/// What the files come to.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    by_status: BTreeMap<&'static str, Sum>,
    commission: HashMap<String, Sum>,
    held: Sum,
    rejected: Sum,
    /// Rows for which another row of the same order stands.
    pub superseded: u64,
    /// Orders of files that are not given here, each once.
    moved: HashMap<String, Counted>,
}

impl Sums {
    /// Counts an order that is in the database, once.
    pub fn count(&mut self, order: &Order, place: OrderOrigin) {
        let counted = || Counted {
            status: status_of(order.status).as_str(),
            charged: order.charged(),
            commission: order.affiliate_code.clone().zip(earned(order)),
        };
        match place {
            OrderOrigin::Here => self.add(counted()),
            OrderOrigin::Another => {}
            OrderOrigin::Elsewhere => {
                self.moved.entry(order.id.clone()).or_insert_with(counted);
            }
        }
    }

    fn add(&mut self, counted: Counted) {
        self.by_status.entry(counted.status).or_default().add(counted.charged);
        if let Some((code, amount)) = counted.commission {
            self.commission.entry(code).or_default().add(amount);
        }
    }

    /// Takes in the sums of other rows of the files.
    pub fn join(&mut self, other: Sums) {
        for (status, sum) in other.by_status {
            self.by_status.entry(status).or_default().join(sum);
        }
        for (code, sum) in other.commission {
            self.commission.entry(code).or_default().join(sum);
        }
        self.held.join(other.held);
        self.rejected.join(other.rejected);
        self.superseded += other.superseded;
        self.moved.extend(other.moved);
    }

    /// Counts the orders of files that are not given here: all rows are known now.
    pub fn close(&mut self) {
        for counted in std::mem::take(&mut self.moved).into_values() {
            self.add(counted);
        }
    }

    /// Counts a row that waits.
    pub fn wait(&mut self, held: bool, amount: Money) {
        if held { self.held.add(amount) } else { self.rejected.add(amount) }
    }

    /// Says what is not in the database.
    pub fn say(&self, check: &mut VerifyCheck) {
        for (sum, word) in [(self.held, "held"), (self.rejected, "rejected")] {
            if sum.orders > 0 {
                check.facts.push(format!("{} rows {word}, {}", sum.orders, Money::from_minor(sum.minor)));
            }
        }
        if self.superseded > 0 {
            check.facts.push(format!("{} rows superseded by another row of the same order", self.superseded));
        }
    }

    fn orders(&self) -> u64 {
        self.by_status.values().map(|sum| sum.orders).sum()
    }
}

/// Compares the sums.
pub fn check(
    store: &mut Store,
    world: &VerifyContext,
    exports: &[&Export],
    sums: &Sums,
    check: &mut VerifyCheck,
) -> anyhow::Result<()> {
    let stored = store.over_whole_tables(stored)?;
    check.rows = stored.len() as u64;
    let in_database: u64 = stored.values().map(|sum| sum.orders).sum();
    for (status, sum) in &stored {
        let word = if status == "SUCCESS" { ": revenue" } else { "" };
        check.facts.push(format!("{status} {} orders, {}{word}", sum.orders, Money::from_minor(sum.minor)));
    }
    logs(store, in_database, check)?;
    if in_database > sums.orders() {
        check.facts.push(format!(
            "{} orders are in the database and not in these files",
            in_database - sums.orders()
        ));
        return strangers(store, world, exports, check);
    }
    let statuses: HashSet<&str> =
        stored.keys().map(String::as_str).chain(sums.by_status.keys().copied()).collect();
    for status in statuses {
        let (source, found) = (
            sums.by_status.get(status).copied().unwrap_or_default(),
            stored.get(status).copied().unwrap_or_default(),
        );
        check.compare(source.orders == found.orders, || {
            format!("{status}: {} orders instead of {}", found.orders, source.orders)
        });
        check.compare(source.minor == found.minor, || {
            format!(
                "{status}: {} instead of {}",
                Money::from_minor(found.minor),
                Money::from_minor(source.minor)
            )
        });
    }
    commissions(store, world, sums, check)
}

/// Sums in the program, not in SQL: a database would add some of them as floats.
fn stored(store: &mut Store) -> anyhow::Result<BTreeMap<String, Sum>> {
    let sql = format!(
        "SELECT \"status\", \"amount\", count(*) FROM \"Transaction\" \
         WHERE \"externalId\" {} GROUP BY \"status\", \"amount\"",
        store.of_sejoli()
    );
    sums(store, &sql)
}

/// Rows of a key, an amount and how often it is there, as sums by key.
fn sums(store: &mut Store, sql: &str) -> anyhow::Result<BTreeMap<String, Sum>> {
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    for row in store.query(sql, &[])? {
        let [Cell::Text(key), amount, Cell::Int(orders)] = row.as_slice() else { continue };
        let amount = Money::from_value(store.decode(amount.clone(), Kind::Money)?)?;
        let sum = sums.entry(key.clone()).or_default();
        sum.orders += u64::try_from(*orders)?;
        sum.minor += amount.minor() * orders;
    }
    Ok(sums)
}

/// A sum of the database as a whole number.
pub fn integer(cell: &Cell) -> i64 {
    match cell {
        Cell::Int(number) => *number,
        _ => 0,
    }
}

fn logs(store: &mut Store, orders: u64, check: &mut VerifyCheck) -> anyhow::Result<()> {
    let count = "SELECT count(*) FROM \"SejoliWebhookLog\"";
    let rows = store.over_whole_tables(|store| store.query(count, &[]))?;
    let logs = rows.first().and_then(|row| row.first()).map_or(0, integer);
    check.compare(u64::try_from(logs) == Ok(orders), || {
        format!("{logs} webhook logs for {orders} transactions")
    });
    Ok(())
}

/// The source's commission of paid orders, affiliate by affiliate, to the sen.
fn commissions(
    store: &mut Store,
    world: &VerifyContext,
    sums: &Sums,
    check: &mut VerifyCheck,
) -> anyhow::Result<()> {
    let sql = format!(
        "SELECT c.\"affiliateId\", c.\"commissionAmount\", count(*) \
               FROM \"AffiliateConversion\" c JOIN \"Transaction\" t ON t.\"id\" = c.\"transactionId\" \
               WHERE t.\"externalId\" {} GROUP BY c.\"affiliateId\", c.\"commissionAmount\"",
        store.of_sejoli()
    );
    let found = store.over_whole_tables(|store| self::sums(store, &sql))?;
    let mut expected: HashMap<&str, Sum> = HashMap::new();
    for (code, sum) in &sums.commission {
        if let Some(seller) = world.sellers.get(code) {
            let total = expected.entry(seller.profile_id.as_str()).or_default();
            total.orders += sum.orders;
            total.minor += sum.minor;
        }
    }
    let profiles: HashSet<&str> = found.keys().map(String::as_str).chain(expected.keys().copied()).collect();
    for profile in profiles {
        let (source, stored) = (
            expected.get(profile).copied().unwrap_or_default(),
            found.get(profile).copied().unwrap_or_default(),
        );
        check.compare(source == stored, || {
            format!(
                "commission of profile {profile}: {} in {} orders instead of {} in {}",
                Money::from_minor(stored.minor),
                stored.orders,
                Money::from_minor(source.minor),
                source.orders
            )
        });
    }
    let total: i64 = expected.values().map(|sum| sum.minor).sum();
    check.facts.push(format!("commission of verified affiliates {}", Money::from_minor(total)));
    Ok(())
}

/// Orders of the database that say that they come from these files, and are not in them.
fn strangers(
    store: &mut Store,
    world: &VerifyContext,
    exports: &[&Export],
    check: &mut VerifyCheck,
) -> anyhow::Result<()> {
    let keys = keys(exports)?;
    let mut last = String::new();
    loop {
        let page: Vec<WebhookLog> = store
            .select("WHERE \"orderId\" > ? ORDER BY \"orderId\" LIMIT 1000", &[Cell::Text(last.clone())])?;
        let Some(end) = page.last() else { return Ok(()) };
        last.clone_from(&end.order_id);
        for log in page.iter().filter(|log| !keys.contains(&log.order_id)) {
            let file = Payload::read(&log.webhook_payload.0).file;
            let from_here = world.was_read(&[log.created_at], SourceKind::Orders, &file);
            check.compare(!from_here, || format!("order {}: is in no row of its file", log.order_id));
        }
    }
}

fn keys(exports: &[&Export]) -> anyhow::Result<HashSet<String>> {
    let mut keys = HashSet::new();
    for export in exports {
        let mut reader = ExportReader::open(export, export.form().fields);
        loop {
            let rows = reader.chunk()?;
            if rows.is_empty() {
                break;
            }
            let cells = rows.iter().filter_map(|row| row.cells.as_ref());
            keys.extend(cells.map(|record| reader.cell(record, 0).trim().to_owned()));
        }
    }
    Ok(keys)
}
