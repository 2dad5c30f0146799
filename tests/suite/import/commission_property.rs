//! Whatever Sejoli changes of its commissions between two exports: both of them one after the other come to the same as
//! the second alone, each affiliate is owed what is added and not paid, and a rollback leaves nothing behind.

use std::collections::BTreeMap;

use super::paid_commissions::{order, repeated, requestable, rolled_back, verified};
use crate::support::exit_code::DONE;
use crate::support::{
    AppDatabase, Compared, Edits, Engine, Exports, assert_same, dump, imported, on_each_engine, sum_minor,
};

const CODES: [&str; 3] = ["MITRA01", "MITRA02", "MITRA03"];
const TABLES: [&str; 5] =
    ["Wallet", "WalletTransaction", "AffiliateConversion", "AffiliateProfile", "SejoliAffiliateTotals"];

/// Numbers that look random, the same at each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// A commission of one tier, in sen.
#[derive(Clone)]
struct Tier {
    code: usize,
    amount: i64,
    is_pending: bool,
    paid: bool,
}

/// An order with its tiers, the first of them its own affiliate's.
#[derive(Clone)]
struct Sale {
    status: &'static str,
    says_flag: bool,
    tiers: Vec<Tier>,
}

impl Sale {
    fn new(numbers: &mut Numbers) -> Self {
        let first = numbers.below(3) as usize;
        let amounts = [numbers.below(90_000) as i64 * 10 + 1_000, numbers.below(9_999) as i64 + 1, 2_500];
        let count = 1 + numbers.below(3) as usize;
        let tier = |(at, amount): (usize, i64)| Tier {
            code: (first + at) % 3,
            amount,
            is_pending: false,
            paid: false,
        };
        let tiers = amounts.into_iter().take(count).enumerate().map(tier).collect();
        let mut sale = Self { status: "PAID", says_flag: numbers.chance(60), tiers };
        sale.change(numbers);
        sale
    }

    fn change(&mut self, numbers: &mut Numbers) {
        self.status = match numbers.below(10) {
            0 => "REFUNDED",
            1 => "PENDING",
            _ => "PAID",
        };
        for tier in &mut self.tiers {
            tier.is_pending = numbers.chance(10);
            tier.paid = numbers.chance(40);
            tier.amount += if numbers.chance(10) { 500 } else { 0 };
        }
    }

    /// Where a tier's commission stands.
    fn word(&self, tier: &Tier) -> &'static str {
        match self.status {
            "PAID" if !tier.is_pending => "added",
            "REFUNDED" => "cancelled",
            _ => "pending",
        }
    }
}

fn rupiah(sen: i64) -> String {
    format!("{}.{:02}", sen / 100, sen % 100)
}

/// What is added of a code, in sen: all of it, or what was paid.
fn added(shop: &BTreeMap<u32, Sale>, code: usize, only_paid: bool) -> i64 {
    let of_code = |sale: &Sale| -> i64 {
        let counts =
            |tier: &&Tier| tier.code == code && sale.word(tier) == "added" && (tier.paid || !only_paid);
        sale.tiers.iter().filter(counts).map(|tier| tier.amount).sum()
    };
    shop.values().map(of_code).sum()
}

fn exports(shop: &BTreeMap<u32, Sale>) -> Exports {
    let flag = |paid: bool| if paid { "1" } else { "0" }.to_owned();
    let mut orders: Vec<Vec<(&str, String)>> = Vec::new();
    let mut commissions: Vec<Vec<(&str, String)>> = Vec::new();
    for (number, sale) in shop {
        let first = &sale.tiers[0];
        let (word, number) = (sale.word(first), number.to_string());
        let recorded =
            if sale.status == "PAID" && word != "added" { String::new() } else { rupiah(first.amount) };
        let mut cells: Vec<(&str, String)> = order(&number, &recorded)
            .into_iter()
            .map(|(name, cell)| (name_of(name), cell.to_owned()))
            .collect();
        cells.extend([
            ("affiliate_code", CODES[first.code].to_owned()),
            ("payment_status", sale.status.to_owned()),
        ]);
        if sale.says_flag {
            cells.push(("affiliate_commission_status", word.to_owned()));
            cells.push(("affiliate_commission_paid", flag(first.paid)));
        }
        orders.push(cells);
        for (at, tier) in sale.tiers.iter().enumerate() {
            commissions.push(vec![
                ("id", format!("{number}{at}")),
                ("order_id", number.clone()),
                ("affiliate_code", CODES[tier.code].to_owned()),
                ("tier", (at + 1).to_string()),
                ("amount", rupiah(tier.amount)),
                ("status", sale.word(tier).to_owned()),
                ("paid", flag(tier.paid)),
            ]);
        }
    }
    let affiliates: Vec<Vec<(&str, String)>> = (0..CODES.len())
        .map(|code| {
            vec![
                ("affiliate_code", CODES[code].to_owned()),
                ("affiliate_email", format!("mitra{code}@example.org")),
                ("total_commissions", rupiah(added(shop, code, false))),
                ("total_paid", rupiah(added(shop, code, true))),
            ]
        })
        .collect();
    let written = |exports: Exports,
                   of: &[Vec<(&str, String)>],
                   write: fn(Exports, &[&[Edits<'_>]]) -> Exports| {
        let cells: Vec<Vec<(&str, &str)>> =
            of.iter().map(|row| row.iter().map(|(name, cell)| (*name, cell.as_str())).collect()).collect();
        let rows: Vec<[Edits<'_>; 1]> = cells.iter().map(|row| [row.as_slice()]).collect();
        let rows: Vec<&[Edits<'_>]> = rows.iter().map(<[Edits<'_>; 1]>::as_slice).collect();
        write(exports, &rows)
    };
    let exports = written(Exports::new(), &affiliates, |exports, rows| exports.affiliates(rows));
    let exports = written(exports, &orders, |exports, rows| exports.orders(rows));
    written(exports, &commissions, |exports, rows| exports.commissions(rows))
}

/// The name of a column, which outlives the row that it was taken from.
fn name_of(name: &str) -> &'static str {
    const NAMES: [&str; 8] = [
        "affiliate_code",
        "affiliate_name",
        "affiliate_email",
        "affiliate_commission_rate",
        "affiliate_commission_amount",
        "order_id",
        "amount",
        "paid_amount",
    ];
    NAMES.into_iter().find(|known| *known == name).unwrap_or_else(|| panic!("no column {name}"))
}

/// Every affiliate is owed what is added and not paid, and can ask for no more than that.
#[track_caller]
fn assert_owed(db: &AppDatabase, shop: &BTreeMap<u32, Sale>) {
    let mut all = 0;
    for (code, name) in CODES.iter().enumerate() {
        let expected = added(shop, code, false) - added(shop, code, true);
        let of_code = format!("\"affiliateCode\" = '{name}'");
        assert_eq!(sum_minor(db, "SejoliAffiliateTotals", "settledBalance", &of_code), expected, "{name}");
        all += expected;
    }
    assert_eq!(sum_minor(db, "Wallet", "balance", "1=1"), all);
    assert!(requestable(db) * 100 <= all);
}

fn l37_two_exports_of_commissions_come_to_the_same_as_the_second(engine: Engine) {
    for seed in [11, 12, 13] {
        let mut numbers = Numbers(seed);
        let mut shop: BTreeMap<u32, Sale> =
            (5_000..5_030).map(|number| (number, Sale::new(&mut numbers))).collect();
        let db = AppDatabase::new(engine);
        let empty = dump(&db, Compared::Rows);
        let older = exports(&shop);
        imported(&db, "all", older.path(), &[], DONE);
        assert_owed(&db, &shop);
        verified(&db, &older);
        let before = dump(&db, Compared::Rows);

        for sale in shop.values_mut() {
            if numbers.chance(40) {
                sale.change(&mut numbers);
            }
        }
        shop.extend((5_030..5_036).map(|number| (number, Sale::new(&mut numbers))));
        let newer = exports(&shop);
        imported(&db, "all", newer.path(), &[], DONE);
        assert_owed(&db, &shop);
        verified(&db, &newer);
        repeated(&db, &newer);
        let alone = AppDatabase::new(engine);
        imported(&alone, "all", newer.path(), &[], DONE);
        let [both, second] = [&db, &alone].map(|db| dump(db, Compared::Content));
        for table in TABLES {
            assert_eq!(both[table], second[table], "seed {seed}: {table}");
        }
        rolled_back(&db, &[]);
        assert_same(&before, &dump(&db, Compared::Rows), &format!("seed {seed}: the second one is undone"));
        rolled_back(&db, &[]);
        assert_same(&empty, &dump(&db, Compared::Rows), &format!("seed {seed}: both are undone"));
    }
}

on_each_engine!(l37_two_exports_of_commissions_come_to_the_same_as_the_second);
