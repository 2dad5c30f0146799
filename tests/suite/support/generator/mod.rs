//! Generates the exports of an invented Sejoli shop of any size, the same ones from the same seed.
//!
//! Tests, the benchmark and the committed fixtures need exports whose figures are known beforehand, and a real
//! shop's customers must never be in a repository. So this module writes the four files of the `checklist` profile
//! from a number of orders and a seed, counts the figures while it writes (independently of the tool's own code: it
//! shares nothing with it and needs only `std`), and can damage rows while noting in `truth.jsonl` what it did to each.
//!
//! The people are syllables, the addresses lie under `example.org/.net/.com`, the phone numbers in a block that nobody
//! has. Money is counted in sen (1/100 rupiah), in integers only. Nothing is kept but a few bytes a buyer: who a buyer
//! is follows from the seed and the buyer's number.
#![allow(dead_code)]

mod columns;
mod csv;
mod defects;
mod format;
mod people;
mod products;
mod random;

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use columns::*;
use csv::Csv;
use defects::{DefectInjector, OrderFacts};
use format::{push_date, push_integer, push_money, push_phone, push_time};
use people::{Buyers, MOST_ORDERS, affiliates, buyer_person, choose_affiliate};
use products::{PRODUCTS, choose_product, write_products};
use random::Rng;

const DEFAULT_SEED: u64 = 0x005E_7011_2021;

/// Days since 1970-01-01 of the first and the last day with orders, and of the day that "active" is judged on.
const FIRST_DAY: i64 = 18_628; // 2021-01-01
const LAST_DAY: i64 = 20_449; // 2025-12-27; a payment comes up to three days later, still in that year
const TODAY: i64 = 20_454; // 2026-01-01
const DAY: i64 = 86_400;

/// What to write: the same two numbers give the same files, byte for byte.
#[derive(Debug, Clone, PartialEq)]
pub struct GeneratedShop {
    /// How many orders (records of the clean orders.csv).
    pub orders: u32,
    /// Another seed is another shop.
    pub seed: u64,
}

/// What is in the clean files, counted while they were written. `_minor` is money in sen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figures {
    /// Orders of any status.
    pub orders: u64,
    /// Orders with status PAID.
    pub paid: u64,
    /// Orders with status PENDING.
    pub pending: u64,
    /// Orders with status EXPIRED.
    pub expired: u64,
    /// Orders with status REFUNDED.
    pub refunded: u64,
    /// Sum of `paid_amount` of the PAID orders.
    pub revenue_minor: i64,
    /// Sum of the commission recorded on PAID orders.
    pub paid_order_commission_minor: i64,
    /// PAID orders with a commission above zero.
    pub conversions: u64,
    /// Sum of `total_commissions` of the affiliates.
    pub affiliate_total_commissions_minor: i64,
    /// Sum of `total_paid` of the affiliates.
    pub total_paid_minor: i64,
    /// Distinct buyers (e-mail addresses) among the orders.
    pub buyers: u64,
    /// Affiliates.
    pub affiliates: u64,
    /// Affiliates that are buyers as well, with the same e-mail address.
    pub both: u64,
    /// People: buyers and affiliates, each once.
    pub users: u64,
    /// Records of memberships.csv.
    pub memberships: u64,
    /// Distinct pairs of user and membership, with 102 and 104 as one membership.
    pub membership_groups: u64,
}

impl Figures {
    /// The figures as a JSON object, one to a line.
    pub fn to_json(&self) -> String {
        let unsigned = |n: u64| i128::from(n);
        let fields: [(&str, i128); 16] = [
            ("orders", unsigned(self.orders)),
            ("paid", unsigned(self.paid)),
            ("pending", unsigned(self.pending)),
            ("expired", unsigned(self.expired)),
            ("refunded", unsigned(self.refunded)),
            ("revenue_minor", self.revenue_minor.into()),
            ("paid_order_commission_minor", self.paid_order_commission_minor.into()),
            ("conversions", unsigned(self.conversions)),
            ("affiliate_total_commissions_minor", self.affiliate_total_commissions_minor.into()),
            ("total_paid_minor", self.total_paid_minor.into()),
            ("buyers", unsigned(self.buyers)),
            ("affiliates", unsigned(self.affiliates)),
            ("both", unsigned(self.both)),
            ("users", unsigned(self.users)),
            ("memberships", unsigned(self.memberships)),
            ("membership_groups", unsigned(self.membership_groups)),
        ];
        let lines: Vec<String> =
            fields.iter().map(|(name, value)| format!("  \"{name}\": {value}")).collect();
        format!("{{\n{}\n}}\n", lines.join(",\n"))
    }
}

impl GeneratedShop {
    /// A shop with this many orders and the usual seed.
    pub fn new(orders: u32) -> GeneratedShop {
        GeneratedShop { orders, seed: DEFAULT_SEED }
    }

    /// Writes orders.csv, memberships.csv, affiliates.csv and products.csv into `dir` (created if missing) and
    /// returns what is in them. The files are streamed: a million orders need a few megabytes.
    pub fn write_clean(&self, dir: &Path) -> io::Result<Figures> {
        self.write(dir, None)
    }

    /// Writes the same four files with about 15 % of the orders, memberships and affiliates damaged, and truth.jsonl,
    /// which names each damaged record (`row`: data record of the damaged file, from 1) and what was done to it.
    ///
    /// The figures returned are those of the clean data underneath, equal to what `write_clean` of the same shop
    /// returns: taking the `duplicate_order_id` records out and putting each `was` back gives exactly its files.
    pub fn write_messy(&self, dir: &Path) -> io::Result<Figures> {
        fs::create_dir_all(dir)?;
        self.write(dir, Some(DefectInjector::new(dir, self.seed)?))
    }

    fn write(&self, dir: &Path, mut defects: Option<DefectInjector>) -> io::Result<Figures> {
        fs::create_dir_all(dir)?;
        let mut orders_csv = Csv::create(dir, "orders.csv", &ORDER_COLUMNS)?;
        let mut memberships_csv = Csv::create(dir, "memberships.csv", &MEMBERSHIP_COLUMNS)?;
        let mut affiliates_csv = Csv::create(dir, "affiliates.csv", &AFFILIATE_COLUMNS)?;
        write_products(dir)?;

        let mut figures = Figures::default();
        let mut affiliates = affiliates(self.seed, self.orders);
        let mut buyers = Buyers::default();
        let mut rng = Rng::new(self.seed, 1);
        let mut id: u64 = 10_000;
        let mut at = FIRST_DAY * DAY;
        let mut again: Option<RepeatedOrder> = None;
        let mut order: [String; 18] = Default::default();
        let mut membership: [String; 9] = Default::default();

        for index in 0..self.orders {
            id += if rng.chance(15) { rng.between(2, 5) as u64 } else { 1 };

            // Who buys what, when, through whom.
            let (buyer, item, amount, affiliate) = match again.take() {
                Some(last) => {
                    at = last.at;
                    (last.buyer, last.item, last.amount, last.affiliate)
                }
                None => {
                    at = at.max(slot(index, self.orders, &mut rng));
                    let buyer = buyers.choose(index, self.seed, &mut rng);
                    let item = choose_product(buyers.memberships[buyer as usize], &mut rng);
                    let affiliate = choose_affiliate(&affiliates, buyer, at / DAY, &mut rng);
                    let mut amount = PRODUCTS[item].price * 100;
                    let rate = affiliate.map_or(0, |a| affiliates[a].rate);
                    // Half a rupiah now and then, where the commission stays a whole number of sen.
                    if index % 47 == 20 && amount > 0 && rate % 10 == 0 {
                        amount += 50;
                    }
                    (buyer, item, amount, affiliate)
                }
            };
            let product = &PRODUCTS[item];
            let person = buyer_person(self.seed, buyer);
            let first_order = buyers.orders[buyer as usize] == 0;
            buyers.orders[buyer as usize] += 1;

            let status = if amount == 0 {
                "PAID"
            } else {
                match rng.below(1000) {
                    0..=662 => "PAID",
                    663..=819 => "EXPIRED",
                    820..=955 => "PENDING",
                    _ => "REFUNDED",
                }
            };
            let settled = status == "PAID" || status == "REFUNDED";
            let commission = affiliate.map_or(0, |a| amount * affiliates[a].rate / 100);
            let mut paid_amount = amount;
            if amount > 0 && rng.chance(600) {
                paid_amount += rng.between(1, 999) * 100;
            }
            if index % 47 == 7 && amount > 0 {
                paid_amount += 50;
            }
            let paid_at = at
                + match rng.below(100) {
                    _ if amount == 0 => rng.between(0, 5),
                    0..=69 => rng.between(90, 7_200),
                    70..=94 => rng.between(7_200, DAY),
                    _ => rng.between(DAY, DAY * 5 / 2),
                };
            let member = status == "PAID" && product.kind == "MEMBERSHIP";
            let start = paid_at.div_euclid(DAY);
            let end = product.days().filter(|_| member).map(|days| start + days);

            // The order's record.
            order.iter_mut().for_each(String::clear);
            push_integer(&mut order[O_ID], id);
            push_time(&mut order[O_DATE], at);
            push_integer(&mut order[O_PRODUCT], product.id.into());
            order[O_PRODUCT_NAME].push_str(product.name);
            order[O_NAME].push_str(&person.name);
            order[O_EMAIL].push_str(&person.email);
            push_phone(&mut order[O_PHONE], person.phone, rng.below(7));
            if !rng.chance(130) {
                push_phone(&mut order[O_WHATSAPP], person.phone, rng.below(7));
            }
            push_money(&mut order[O_AMOUNT], amount);
            order[O_STATUS].push_str(status);
            if settled {
                push_money(&mut order[O_PAID], paid_amount);
                push_time(&mut order[O_PAID_DATE], paid_at);
            }
            if let Some(end) = end {
                push_date(&mut order[O_EXPIRY], end);
            }
            if let Some(a) = affiliate {
                let affiliate = &affiliates[a];
                order[O_AFF_CODE].push_str(&affiliate.code);
                order[O_AFF_NAME].push_str(&affiliate.name);
                order[O_AFF_EMAIL].push_str(&affiliate.email);
                push_integer(&mut order[O_AFF_RATE], affiliate.rate as u64);
                if commission > 0 {
                    push_money(&mut order[O_COMMISSION], commission);
                }
            }

            // The figures.
            figures.orders += 1;
            match status {
                "PAID" => {
                    figures.paid += 1;
                    figures.revenue_minor += paid_amount;
                    figures.paid_order_commission_minor += commission;
                    figures.conversions += u64::from(commission > 0);
                    if let Some(a) = affiliate {
                        affiliates[a].referrals += 1;
                        affiliates[a].earned += commission;
                    }
                }
                "PENDING" => figures.pending += 1,
                "EXPIRED" => figures.expired += 1,
                _ => figures.refunded += 1,
            }

            // The membership's record.
            if member {
                figures.memberships += 1;
                let held = &mut buyers.memberships[buyer as usize];
                if *held & product.bit == 0 {
                    *held |= product.bit;
                    figures.membership_groups += 1;
                }
                membership.iter_mut().for_each(String::clear);
                let _ = write!(membership[M_ID], "M{:07}", figures.memberships);
                membership[M_EMAIL].push_str(&person.email);
                membership[M_PRODUCT].push_str(&order[O_PRODUCT]);
                membership[M_PRODUCT_NAME].push_str(product.name);
                push_date(&mut membership[M_START], start);
                if let Some(end) = end {
                    push_date(&mut membership[M_EXPIRY], end);
                }
                let active = end.is_none_or(|end| end >= TODAY);
                membership[M_STATUS].push_str(if active { "active" } else { "expired" });
                membership[M_PRICE].push_str(&order[O_AMOUNT]);
                membership[M_ORDER].push_str(&order[O_ID]);
                if let Some(defects) = &mut defects {
                    defects.membership(&mut membership, memberships_csv.records + 1, start)?;
                }
                memberships_csv.record(&membership)?;
            }

            if let Some(defects) = &mut defects {
                let facts = OrderFacts {
                    buyer,
                    first_order,
                    at,
                    paid_day: (status == "PAID").then_some(start),
                    amount,
                    commission,
                };
                defects.order(&mut order, &mut orders_csv, &facts)?;
            }
            orders_csv.record(&order)?;

            // Sometimes the same buyer comes back for the same thing: within a minute, or later on the same day.
            if buyers.orders[buyer as usize] < MOST_ORDERS {
                let minute = rng.chance(25);
                let later = minute || rng.chance(25);
                let step = if minute {
                    rng.between(3, 58)
                } else {
                    let usual = (LAST_DAY - FIRST_DAY) * DAY / i64::from(self.orders);
                    rng.between(61, (usual * 4).clamp(120, 5_400))
                };
                if later && (at + step) / DAY == at / DAY {
                    again = Some(RepeatedOrder { buyer, item, amount, affiliate, at: at + step });
                }
            }
        }

        let mut rng = Rng::new(self.seed, 2);
        let mut record: [String; 9] = Default::default();
        for affiliate in &affiliates {
            let share = [0, 50, 80, 100][rng.below(4) as usize];
            let total_paid = affiliate.earned * share / 100 / 100 * 100;
            figures.affiliate_total_commissions_minor += affiliate.earned;
            figures.total_paid_minor += total_paid;
            figures.affiliates += 1;
            figures.both += u64::from(affiliate.buyer.is_some());

            record.iter_mut().for_each(String::clear);
            record[A_CODE].push_str(&affiliate.code);
            record[A_NAME].push_str(&affiliate.name);
            record[A_EMAIL].push_str(&affiliate.email);
            push_phone(&mut record[A_PHONE], affiliate.phone, rng.below(7));
            push_integer(&mut record[A_RATE], affiliate.rate as u64);
            push_integer(&mut record[A_REFERRALS], affiliate.referrals);
            push_money(&mut record[A_COMMISSIONS], affiliate.earned);
            push_money(&mut record[A_PAID], total_paid);
            push_date(&mut record[A_JOINED], affiliate.joined);
            if let Some(defects) = &mut defects {
                defects.affiliate(&mut record, affiliates_csv.records + 1)?;
            }
            affiliates_csv.record(&record)?;
        }
        figures.buyers = buyers.orders.len() as u64;
        figures.users = figures.buyers + figures.affiliates - figures.both;

        orders_csv.finish()?;
        memberships_csv.finish()?;
        affiliates_csv.finish()?;
        if let Some(defects) = defects {
            defects.log.finish()?;
        }
        Ok(figures)
    }
}

/// An order that repeats the one before it.
struct RepeatedOrder {
    buyer: u32,
    item: usize,
    amount: i64,
    affiliate: Option<usize>,
    at: i64,
}

/// The moment of order `index` of `orders`: somewhere in its own slice of the whole period.
fn slot(index: u32, orders: u32, rng: &mut Rng) -> i64 {
    let period = (LAST_DAY - FIRST_DAY) * DAY;
    let jitter = rng.below(period as u64) as i128;
    let into = (i128::from(index) * i128::from(period) + jitter) / i128::from(orders);
    FIRST_DAY * DAY + into as i64
}
