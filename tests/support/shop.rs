//! A made-up Sejoli shop of any size, the same one every time.
//!
//! Tests, the benchmark and the committed fixtures need exports whose figures are known beforehand, and a real
//! shop's customers must never be in a repository. So this module writes the four files of the `checklist` profile
//! from a number of orders and a seed, counts the figures while it writes (independently of the tool's own code: it
//! shares nothing with it and needs only `std`), and can spoil rows while noting in `truth.jsonl` what it did to each.
//!
//! The people are syllables, the addresses lie under `example.org/.net/.com`, the phone numbers in a block that nobody
//! has. Money is counted in sen (1/100 rupiah), in integers only. Nothing is kept but a few bytes a buyer: who a buyer
//! is follows from the seed and the buyer's number.
#![allow(dead_code)]

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

const DEFAULT_SEED: u64 = 0x005E_7011_2021;

/// Days since 1970-01-01 of the first and the last day with orders, and of the day that "active" is judged on.
const FIRST_DAY: i64 = 18_628; // 2021-01-01
const LAST_DAY: i64 = 20_449; // 2025-12-27; a payment comes up to three days later, still in that year
const TODAY: i64 = 20_454; // 2026-01-01
/// 1970-01-01 as a serial number of Excel's 1900 epoch.
const EXCEL_1970: i64 = 25_569;
const DAY: i64 = 86_400;

const ORDER_COLUMNS: [&str; 18] = [
    "order_id",
    "order_date",
    "product_id",
    "product_name",
    "buyer_name",
    "buyer_email",
    "buyer_phone",
    "buyer_whatsapp",
    "amount",
    "paid_amount",
    "payment_status",
    "paid_date",
    "expiry_date",
    "affiliate_code",
    "affiliate_name",
    "affiliate_email",
    "affiliate_commission_rate",
    "affiliate_commission_amount",
];
const O_ID: usize = 0;
const O_DATE: usize = 1;
const O_PRODUCT: usize = 2;
const O_PRODUCT_NAME: usize = 3;
const O_NAME: usize = 4;
const O_EMAIL: usize = 5;
const O_PHONE: usize = 6;
const O_WHATSAPP: usize = 7;
const O_AMOUNT: usize = 8;
const O_PAID: usize = 9;
const O_STATUS: usize = 10;
const O_PAID_DATE: usize = 11;
const O_EXPIRY: usize = 12;
const O_AFF_CODE: usize = 13;
const O_AFF_NAME: usize = 14;
const O_AFF_EMAIL: usize = 15;
const O_AFF_RATE: usize = 16;
const O_COMMISSION: usize = 17;

const MEMBERSHIP_COLUMNS: [&str; 9] = [
    "membership_id",
    "user_email",
    "product_id",
    "product_name",
    "start_date",
    "expiry_date",
    "status",
    "price",
    "order_id",
];
const M_ID: usize = 0;
const M_EMAIL: usize = 1;
const M_PRODUCT: usize = 2;
const M_PRODUCT_NAME: usize = 3;
const M_START: usize = 4;
const M_EXPIRY: usize = 5;
const M_STATUS: usize = 6;
const M_PRICE: usize = 7;
const M_ORDER: usize = 8;

const AFFILIATE_COLUMNS: [&str; 9] = [
    "affiliate_code",
    "affiliate_name",
    "affiliate_email",
    "affiliate_phone",
    "commission_rate",
    "total_referrals",
    "total_commissions",
    "total_paid",
    "join_date",
];
const A_CODE: usize = 0;
const A_NAME: usize = 1;
const A_EMAIL: usize = 2;
const A_PHONE: usize = 3;
const A_RATE: usize = 4;
const A_REFERRALS: usize = 5;
const A_COMMISSIONS: usize = 6;
const A_PAID: usize = 7;
const A_JOINED: usize = 8;

const PRODUCT_COLUMNS: [&str; 7] =
    ["product_id", "product_name", "kind", "membership", "duration", "price", "product"];

struct Product {
    id: u16,
    name: &'static str,
    kind: &'static str,
    membership: &'static str,
    duration: &'static str,
    /// Whole rupiah.
    price: i64,
    /// Out of 1000 drawn orders.
    weight: u64,
    /// Which of a buyer's memberships it is; 102 and 104 are the same one.
    bit: u8,
}

const PRODUCTS: [Product; 10] = [
    Product {
        id: 101,
        name: "Keanggotaan Perintis 6 Bulan",
        kind: "MEMBERSHIP",
        membership: "keanggotaan-perintis",
        duration: "SIX_MONTHS",
        price: 749_000,
        weight: 220,
        bit: 1,
    },
    Product {
        id: 102,
        name: "Keanggotaan Saudagar 12 Bulan",
        kind: "MEMBERSHIP",
        membership: "keanggotaan-saudagar",
        duration: "TWELVE_MONTHS",
        price: 1_299_000,
        weight: 195,
        bit: 2,
    },
    Product {
        id: 103,
        name: "Keanggotaan Saudagar Seumur Hidup",
        kind: "MEMBERSHIP",
        membership: "keanggotaan-seumur-hidup",
        duration: "LIFETIME",
        price: 2_750_000,
        weight: 130,
        bit: 4,
    },
    Product {
        id: 104,
        name: "Sambung Keanggotaan Saudagar 12 Bulan",
        kind: "MEMBERSHIP",
        membership: "keanggotaan-saudagar",
        duration: "TWELVE_MONTHS",
        price: 649_000,
        weight: 70,
        bit: 2,
    },
    Product {
        id: 105,
        name: "Klub Rempah, Kopi & Kakao",
        kind: "MEMBERSHIP",
        membership: "klub-komoditas",
        duration: "THREE_MONTHS",
        price: 399_000,
        weight: 60,
        bit: 8,
    },
    Product {
        id: 201,
        name: "Buku Saku \"Kiriman Pertama\"",
        kind: "PRODUCT",
        membership: "",
        duration: "",
        price: 45_000,
        weight: 90,
        bit: 0,
    },
    Product {
        id: 202,
        name: "Bedah Kasus \"Pembeli Eropa\", Sesi Malam",
        kind: "EVENT",
        membership: "",
        duration: "",
        price: 125_000,
        weight: 60,
        bit: 0,
    },
    Product {
        id: 203,
        name: "Paket Surat Jalan & Faktur",
        kind: "PRODUCT",
        membership: "",
        duration: "",
        price: 95_000,
        weight: 35,
        bit: 0,
    },
    Product {
        id: 204,
        name: "Kelas Video Logistik Laut",
        kind: "COURSE",
        membership: "",
        duration: "",
        price: 449_000,
        weight: 30,
        bit: 0,
    },
    Product {
        id: 205,
        name: "Webinar Gratis: Mulai dari Rumah",
        kind: "EVENT",
        membership: "",
        duration: "",
        price: 0,
        weight: 110,
        bit: 0,
    },
];
/// Positions in `PRODUCTS`.
const YEAR: usize = 1;
const RENEWAL: usize = 3;

impl Product {
    fn days(&self) -> Option<i64> {
        match self.duration {
            "ONE_MONTH" => Some(30),
            "THREE_MONTHS" => Some(90),
            "SIX_MONTHS" => Some(180),
            "TWELVE_MONTHS" => Some(365),
            _ => None,
        }
    }
}

/// What to write: the same two numbers give the same files, byte for byte.
#[derive(Debug, Clone, PartialEq)]
pub struct Shop {
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

impl Shop {
    /// A shop with this many orders and the usual seed.
    pub fn new(orders: u32) -> Shop {
        Shop { orders, seed: DEFAULT_SEED }
    }

    /// Writes orders.csv, memberships.csv, affiliates.csv and products.csv into `dir` (created if missing) and
    /// returns what is in them. The files are streamed: a million orders need a few megabytes.
    pub fn write_clean(&self, dir: &Path) -> io::Result<Figures> {
        self.write(dir, None)
    }

    /// Writes the same four files with about 15 % of the orders, memberships and affiliates spoilt, and truth.jsonl,
    /// which names each spoilt record (`row`: data record of the spoilt file, from 1) and what was done to it.
    ///
    /// The figures returned are those of the clean data underneath, equal to what `write_clean` of the same shop
    /// returns: taking the `duplicate_order_id` records out and putting each `was` back gives exactly its files.
    pub fn write_messy(&self, dir: &Path) -> io::Result<Figures> {
        fs::create_dir_all(dir)?;
        self.write(dir, Some(Spoiler::new(dir, self.seed)?))
    }

    fn write(&self, dir: &Path, mut spoiler: Option<Spoiler>) -> io::Result<Figures> {
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
        let mut again: Option<Again> = None;
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
                if let Some(spoiler) = &mut spoiler {
                    spoiler.membership(&mut membership, memberships_csv.records + 1, start)?;
                }
                memberships_csv.record(&membership)?;
            }

            if let Some(spoiler) = &mut spoiler {
                let facts = OrderFacts {
                    buyer,
                    first_order,
                    at,
                    paid_day: (status == "PAID").then_some(start),
                    amount,
                    commission,
                };
                spoiler.order(&mut order, &mut orders_csv, &facts)?;
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
                    again = Some(Again { buyer, item, amount, affiliate, at: at + step });
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
            if let Some(spoiler) = &mut spoiler {
                spoiler.affiliate(&mut record, affiliates_csv.records + 1)?;
            }
            affiliates_csv.record(&record)?;
        }
        figures.buyers = buyers.orders.len() as u64;
        figures.users = figures.buyers + figures.affiliates - figures.both;

        orders_csv.finish()?;
        memberships_csv.finish()?;
        affiliates_csv.finish()?;
        if let Some(spoiler) = spoiler {
            spoiler.truth.finish()?;
        }
        Ok(figures)
    }
}

fn write_products(dir: &Path) -> io::Result<()> {
    let mut csv = Csv::create(dir, "products.csv", &PRODUCT_COLUMNS)?;
    for product in &PRODUCTS {
        csv.record(&[
            product.id.to_string(),
            product.name.to_owned(),
            product.kind.to_owned(),
            product.membership.to_owned(),
            product.duration.to_owned(),
            product.price.to_string(),
            String::new(),
        ])?;
    }
    csv.finish()
}

/// An order that repeats the one before it.
struct Again {
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

fn choose_product(held: u8, rng: &mut Rng) -> usize {
    if held & PRODUCTS[YEAR].bit != 0 && rng.chance(250) {
        return RENEWAL;
    }
    let mut drawn = rng.below(1000);
    let mut item = 0;
    while drawn >= PRODUCTS[item].weight {
        drawn -= PRODUCTS[item].weight;
        item += 1;
    }
    // Nothing to renew yet.
    if item == RENEWAL && held & PRODUCTS[YEAR].bit == 0 {
        item = YEAR;
    }
    item
}

/// No buyer has more orders than this.
const MOST_ORDERS: u8 = 15;

/// The little that must be remembered of each buyer.
#[derive(Default)]
struct Buyers {
    orders: Vec<u8>,
    memberships: Vec<u8>,
}

impl Buyers {
    /// A new buyer for about 55 % of the orders (never less than half: the affiliates rely on it), else one of the
    /// three in ten who like to come back.
    fn choose(&mut self, index: u32, seed: u64, rng: &mut Rng) -> u32 {
        let known = self.orders.len() as u64;
        let orders = u64::from(index) + 1;
        let new = if known * 2 < orders {
            true
        } else if known * 10 > orders * 6 {
            false
        } else {
            rng.chance(580)
        };
        if !new {
            for _ in 0..40 {
                let buyer = rng.below(known) as u32;
                let returns = Rng::new(seed, 3 + (u64::from(buyer) << 8)).below(10) < 3;
                if returns && self.orders[buyer as usize] < MOST_ORDERS {
                    return buyer;
                }
            }
        }
        self.orders.push(0);
        self.memberships.push(0);
        known as u32
    }
}

struct Person {
    first: String,
    name: String,
    email: String,
    /// Without country code and leading zero.
    phone: u64,
}

const ONSETS: [&str; 20] = [
    "Pan", "Ger", "Mil", "Sor", "Tam", "Wir", "Kel", "Bim", "Hes", "Lod", "Jat", "Rum", "Nov", "Cak", "Dul",
    "Fen", "Gal", "Mer", "Par", "Tel",
];
const MIDDLES: [&str; 12] = ["a", "e", "i", "o", "u", "ang", "en", "ir", "ol", "us", "am", "et"];
const ENDINGS: [&str; 16] = [
    "ba", "cik", "dar", "fin", "go", "jeng", "ka", "lun", "mo", "nas", "peh", "rek", "sing", "tur", "wen",
    "yat",
];
const DOMAINS: [&str; 10] = [
    "example.com",
    "example.com",
    "example.com",
    "example.com",
    "example.org",
    "example.org",
    "example.net",
    "toko.example.org",
    "surat.example.com",
    "gudang.example.net",
];

fn invented_word(rng: &mut Rng) -> String {
    let mut word = String::from(rng.pick(&ONSETS));
    word.push_str(rng.pick(&MIDDLES));
    word.push_str(rng.pick(&ENDINGS));
    word
}

/// Who a buyer is follows from the number alone. The number ends the local part of the address, and no word ends in
/// a digit: every address is one of a kind. So is every phone number, the step being prime to the block's size.
fn buyer_person(seed: u64, number: u32) -> Person {
    let mut rng = Rng::new(seed, 4 + (u64::from(number) << 8));
    let first = invented_word(&mut rng);
    let last = invented_word(&mut rng);
    let mut email = String::with_capacity(48);
    match rng.below(3) {
        0 => email.push_str(&first),
        1 => {
            email.push_str(&first[..1]);
            email.push('_');
            email.push_str(&last);
        }
        _ => {
            email.push_str(&first);
            email.push('.');
            email.push_str(&last);
        }
    }
    email.make_ascii_lowercase();
    push_integer(&mut email, number.into());
    email.push('@');
    email.push_str(rng.pick(&DOMAINS));
    let mut name = String::with_capacity(32);
    name.push_str(&first);
    name.push(' ');
    name.push_str(&last);
    if rng.chance(30) {
        name.push_str(", S.E.");
    }
    let block = 700_000_000;
    Person {
        first,
        name,
        email,
        phone: 86_000_000_000 + (u64::from(number) * 618_033_989 + seed % block) % block,
    }
}

struct Affiliate {
    code: String,
    name: String,
    email: String,
    phone: u64,
    rate: i64,
    joined: i64,
    /// The buyer that this affiliate is, if any.
    buyer: Option<u32>,
    /// A share of `total_weight`, as the end of this affiliate's stretch.
    weight_end: u64,
    referrals: u64,
    earned: i64,
}

fn affiliates(seed: u64, orders: u32) -> Vec<Affiliate> {
    let count = (orders / 10).clamp(5, 100);
    let mut rng = Rng::new(seed, 5);
    let mut weight_end = 0;
    (0..count)
        .map(|k| {
            let place = u64::from(k) + 1;
            weight_end += 1_000_000_000 / (place * (place * 100).isqrt());
            // Every fifth is one of the buyers of the first third, all different: there are at least orders / 2.
            let link = u64::from(k) * u64::from(orders) * 3 / (u64::from(count) * 10);
            let buyer = (k % 5 == 3 && orders > 0).then_some(link as u32);
            let person = match buyer {
                Some(number) => buyer_person(seed, number),
                None => {
                    let first = invented_word(&mut rng);
                    let last = invented_word(&mut rng);
                    let email = format!("rekan.{}{k}@example.net", first.to_ascii_lowercase());
                    Person {
                        name: format!("{first} {last}"),
                        first,
                        email,
                        phone: 86_777_000_000 + u64::from(k) * 137,
                    }
                }
            };
            let first_day = FIRST_DAY - 220;
            Affiliate {
                code: format!("{}{place:03}", person.first[..4].to_ascii_uppercase()),
                name: person.name,
                email: person.email,
                phone: person.phone,
                rate: rng.pick(&[10, 15, 20, 25, 30]),
                joined: first_day + rng.between(0, if k < 10 { 200 } else { 1_200 }),
                buyer,
                weight_end,
                referrals: 0,
                earned: 0,
            }
        })
        .collect()
}

/// Most orders come through someone, seldom through one who joined only that day or later, never through oneself.
fn choose_affiliate(all: &[Affiliate], buyer: u32, day: i64, rng: &mut Rng) -> Option<usize> {
    let drawn = rng.below(all.last()?.weight_end);
    let chosen = all.partition_point(|affiliate| affiliate.weight_end <= drawn);
    let comes = rng.chance(700);
    let affiliate = &all[chosen];
    (comes && affiliate.joined < day && affiliate.buyer != Some(buyer)).then_some(chosen)
}

/// What the spoiler must know of an order besides its cells.
struct OrderFacts {
    buyer: u32,
    first_order: bool,
    at: i64,
    paid_day: Option<i64>,
    amount: i64,
    commission: i64,
}

/// Spoils records and keeps the list of what it did. It has dice of its own: the clean data underneath stay the same.
struct Spoiler {
    rng: Rng,
    truth: Truth,
    order_kinds: VecDeque<&'static str>,
    membership_kinds: VecDeque<&'static str>,
    affiliate_kinds: VecDeque<&'static str>,
    order_required: usize,
    membership_required: usize,
    affiliate_required: usize,
    /// A few earlier, sound records that may be repeated: their record numbers and cells.
    earlier: VecDeque<(u64, [String; 18])>,
    /// Buyers of whom some record is spoilt.
    touched: Vec<bool>,
}

impl Spoiler {
    fn new(dir: &Path, seed: u64) -> io::Result<Spoiler> {
        Ok(Spoiler {
            rng: Rng::new(seed, 6),
            truth: Truth { out: BufWriter::new(File::create(dir.join("truth.jsonl"))?), line: String::new() },
            order_kinds: VecDeque::from([
                "bad_email",
                "amount_rp",
                "missing_required",
                "date_dmy",
                "bad_phone",
                "email_case",
                "unknown_status",
                "commission_mismatch",
                "date_excel_serial",
                "duplicate_order_id",
                "emoji",
                "amount_comma",
                "unknown_affiliate",
                "date_indonesian",
                "same_phone_other_email",
                "html_entities",
                "expiry_before_start",
            ]),
            membership_kinds: VecDeque::from([
                "bad_email",
                "date_dmy",
                "missing_required",
                "expiry_before_start",
                "unknown_order_id",
                "unknown_status",
            ]),
            affiliate_kinds: VecDeque::from([
                "bad_email",
                "bad_phone",
                "missing_required",
                "rate_over_hundred",
            ]),
            order_required: 0,
            membership_required: 0,
            affiliate_required: 0,
            earlier: VecDeque::new(),
            touched: Vec::new(),
        })
    }

    /// The kinds take turns, so that each occurs in a small file too; one that does not fit waits.
    fn turn(kinds: &mut VecDeque<&'static str>, fits: impl Fn(&str) -> bool) -> Option<&'static str> {
        let place = kinds.iter().position(|kind| fits(kind))?;
        let kind = kinds.remove(place)?;
        kinds.push_back(kind);
        Some(kind)
    }

    /// May spoil `row`, which is about to be written, or write a repetition of an earlier record before it.
    fn order(&mut self, row: &mut [String; 18], csv: &mut Csv, facts: &OrderFacts) -> io::Result<()> {
        let buyer = facts.buyer as usize;
        if self.touched.len() <= buyer {
            self.touched.resize(buyer + 1, false);
        }
        let number = csv.records + 1;
        if !self.rng.chance(150) {
            if self.rng.chance(120) {
                if self.earlier.len() == 8 {
                    self.earlier.pop_front();
                }
                self.earlier.push_back((number, row.clone()));
            }
            return Ok(());
        }
        let known = !facts.first_order && !self.touched[buyer];
        let repeatable = !self.earlier.is_empty();
        let kind = Self::turn(&mut self.order_kinds, |kind| match kind {
            "amount_rp" | "amount_comma" => facts.amount > 0,
            "unknown_affiliate" => !row[O_AFF_CODE].is_empty(),
            "commission_mismatch" => facts.commission > 0,
            "expiry_before_start" => facts.paid_day.is_some(),
            "same_phone_other_email" => known,
            "duplicate_order_id" => repeatable,
            _ => true,
        });
        let Some(kind) = kind else { return Ok(()) };
        if kind == "duplicate_order_id" {
            return self.repeat(csv);
        }
        self.touched[buyer] = true;
        let (column, now) = match kind {
            "bad_email" => (O_EMAIL, self.bad_email(&row[O_EMAIL])),
            "bad_phone" => (O_PHONE, self.bad_phone()),
            "missing_required" => {
                let columns = [O_DATE, O_EMAIL, O_ID, O_AMOUNT, O_STATUS, O_PRODUCT];
                self.order_required += 1;
                (columns[(self.order_required - 1) % columns.len()], String::new())
            }
            "unknown_status" => {
                let words = ["completed?", "LUNAS", "Berhasil?", "tunda"];
                (O_STATUS, self.rng.pick(&words).to_owned())
            }
            "amount_rp" => (O_AMOUNT, self.amount_rp(facts.amount)),
            "amount_comma" => (O_AMOUNT, grouped(facts.amount, ',', Some('.'))),
            "date_dmy" => (O_DATE, self.date_dmy(facts.at)),
            "date_excel_serial" => (O_DATE, date_excel_serial(facts.at)),
            "date_indonesian" => (O_DATE, date_indonesian(facts.at)),
            "email_case" => (O_EMAIL, self.email_case(&row[O_EMAIL])),
            "emoji" => {
                let emoji = [" 🌾", " 🇮🇩", " 👩‍🚀", " 🙏🏽"];
                (O_NAME, format!("{}{}", row[O_NAME], self.rng.pick(&emoji)))
            }
            "html_entities" => {
                let escaped = row[O_PRODUCT_NAME].replace('&', "&amp;").replace('"', "&quot;");
                (O_PRODUCT_NAME, format!("{escaped} &#8211; &lt;i&gt;Promo&lt;/i&gt;"))
            }
            "unknown_affiliate" => (O_AFF_CODE, format!("GAIB{:03}", self.rng.below(1000))),
            "same_phone_other_email" => (O_EMAIL, format!("kedua.{}", row[O_EMAIL])),
            "commission_mismatch" => {
                let less = facts.commission > 100_000 && self.rng.chance(500);
                let off = if less { -100_000 } else { 100_000 };
                let mut now = String::new();
                push_money(&mut now, facts.commission + off);
                (O_COMMISSION, now)
            }
            _ => {
                let mut now = String::new();
                let start = facts.paid_day.unwrap_or(facts.at / DAY);
                push_date(&mut now, start - self.rng.between(20, 400));
                (O_EXPIRY, now)
            }
        };
        let was = std::mem::replace(&mut row[column], now);
        let change = (was.as_str(), row[column].as_str());
        self.truth.change("orders.csv", number, kind, ORDER_COLUMNS[column], change)
    }

    /// Writes an earlier record once more, sometimes with another status.
    fn repeat(&mut self, csv: &mut Csv) -> io::Result<()> {
        let place = self.rng.below(self.earlier.len() as u64) as usize;
        let Some((first_row, mut row)) = self.earlier.remove(place) else {
            return Ok(());
        };
        if self.rng.chance(400) {
            row[O_STATUS] = match row[O_STATUS].as_str() {
                "PAID" => "REFUNDED".to_owned(),
                "PENDING" => "EXPIRED".to_owned(),
                _ => "PAID".to_owned(),
            };
        }
        csv.record(&row)?;
        self.truth.repetition(csv.records, first_row, &row[O_ID], &row[O_STATUS])
    }

    fn membership(&mut self, row: &mut [String; 9], number: u64, start: i64) -> io::Result<()> {
        if !self.rng.chance(150) {
            return Ok(());
        }
        let kind = Self::turn(&mut self.membership_kinds, |kind| {
            kind != "expiry_before_start" || !row[M_EXPIRY].is_empty()
        });
        let Some(kind) = kind else { return Ok(()) };
        let (column, now) = match kind {
            "bad_email" => (M_EMAIL, self.bad_email(&row[M_EMAIL])),
            "missing_required" => {
                let columns = [M_EMAIL, M_START, M_PRODUCT, M_STATUS, M_ID];
                self.membership_required += 1;
                (columns[(self.membership_required - 1) % columns.len()], String::new())
            }
            "unknown_status" => {
                let words = ["aktif?", "tidak jelas"];
                (M_STATUS, self.rng.pick(&words).to_owned())
            }
            "date_dmy" => (M_START, day_month_year(start)),
            "unknown_order_id" => (M_ORDER, format!("80000{}", row[M_ORDER])),
            _ => {
                let mut now = String::new();
                push_date(&mut now, start - self.rng.between(20, 400));
                (M_EXPIRY, now)
            }
        };
        let was = std::mem::replace(&mut row[column], now);
        let change = (was.as_str(), row[column].as_str());
        let name = MEMBERSHIP_COLUMNS[column];
        self.truth.change("memberships.csv", number, kind, name, change)
    }

    /// Every sixth affiliate: they are too few to leave it to chance.
    fn affiliate(&mut self, row: &mut [String; 9], number: u64) -> io::Result<()> {
        if number % 6 != 5 {
            return Ok(());
        }
        let Some(kind) = Self::turn(&mut self.affiliate_kinds, |_| true) else {
            return Ok(());
        };
        let (column, now) = match kind {
            "bad_email" => (A_EMAIL, self.bad_email(&row[A_EMAIL])),
            "bad_phone" => (A_PHONE, self.bad_phone()),
            "missing_required" => {
                let columns = [A_NAME, A_CODE];
                self.affiliate_required += 1;
                (columns[(self.affiliate_required - 1) % columns.len()], String::new())
            }
            _ => {
                let rates = ["130", "250", "1500"];
                (A_RATE, self.rng.pick(&rates).to_owned())
            }
        };
        let was = std::mem::replace(&mut row[column], now);
        let change = (was.as_str(), row[column].as_str());
        let name = AFFILIATE_COLUMNS[column];
        self.truth.change("affiliates.csv", number, kind, name, change)
    }

    fn bad_email(&mut self, good: &str) -> String {
        let (local, domain) = good.split_once('@').unwrap_or((good, ""));
        match self.rng.below(7) {
            0 => format!("{local}@"),
            1 => format!("{local} @{domain}"),
            2 => format!("{local}@@{domain}"),
            3 => format!("{local}{domain}"),
            4 => format!("{local}@localhost"),
            5 => "-".to_owned(),
            _ => "belum ada".to_owned(),
        }
    }

    fn bad_phone(&mut self) -> String {
        self.rng.pick(&["0867abc", "24680", "8,67E+10", "0", "tidak punya"]).to_owned()
    }

    fn email_case(&mut self, good: &str) -> String {
        let upper = good.to_ascii_uppercase();
        match self.rng.below(3) {
            0 => upper,
            1 => format!(" {upper} "),
            _ => format!("{}{}", &upper[..1], &good[1..]),
        }
    }

    fn amount_rp(&mut self, minor: i64) -> String {
        let sen = (minor % 100 != 0).then_some(',');
        let number = grouped(minor, '.', sen);
        match self.rng.below(3) {
            0 => format!("Rp {number}"),
            1 => format!("Rp. {number}"),
            _ if sen.is_none() => format!("Rp{number},-"),
            _ => format!("Rp{number}"),
        }
    }

    fn date_dmy(&mut self, at: i64) -> String {
        let mut text = day_month_year(at.div_euclid(DAY));
        if self.rng.chance(500) {
            text.push(' ');
            push_clock(&mut text, at, false);
        }
        text
    }
}

/// The list of what was spoilt: one JSON object to a line, as in the samples.
struct Truth {
    out: BufWriter<File>,
    line: String,
}

impl Truth {
    /// `change`: what the cell was and what it is now.
    fn change(
        &mut self,
        file: &str,
        row: u64,
        kind: &str,
        column: &str,
        change: (&str, &str),
    ) -> io::Result<()> {
        self.start(file, row, kind);
        self.member("column", column);
        self.member("was", change.0);
        self.member("now", change.1);
        self.end()
    }

    fn repetition(&mut self, row: u64, first_row: u64, order_id: &str, status: &str) -> io::Result<()> {
        self.start("orders.csv", row, "duplicate_order_id");
        let _ = write!(self.line, ", \"first_row\": {first_row}");
        self.member("order_id", order_id);
        self.member("status", status);
        self.end()
    }

    fn start(&mut self, file: &str, row: u64, kind: &str) {
        self.line.clear();
        let _ = write!(self.line, "{{\"file\": \"{file}\", \"row\": {row}");
        self.member("kind", kind);
    }

    fn member(&mut self, name: &str, value: &str) {
        let _ = write!(self.line, ", \"{name}\": \"");
        for c in value.chars() {
            match c {
                '"' => self.line.push_str("\\\""),
                '\\' => self.line.push_str("\\\\"),
                c if c < ' ' => {
                    let _ = write!(self.line, "\\u{:04x}", u32::from(c));
                }
                c => self.line.push(c),
            }
        }
        self.line.push('"');
    }

    fn end(&mut self) -> io::Result<()> {
        self.line.push_str("}\n");
        self.out.write_all(self.line.as_bytes())
    }

    fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A CSV file after RFC 4180, but with LF.
struct Csv {
    out: BufWriter<File>,
    line: String,
    /// Data records written.
    records: u64,
}

impl Csv {
    fn create(dir: &Path, name: &str, columns: &[&str]) -> io::Result<Csv> {
        let file = File::create(dir.join(name))?;
        let mut out = BufWriter::with_capacity(1 << 17, file);
        writeln!(out, "{}", columns.join(","))?;
        Ok(Csv { out, line: String::new(), records: 0 })
    }

    fn record(&mut self, cells: &[String]) -> io::Result<()> {
        self.line.clear();
        for (position, cell) in cells.iter().enumerate() {
            if position > 0 {
                self.line.push(',');
            }
            if cell.bytes().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r')) {
                self.line.push('"');
                for (part, text) in cell.split('"').enumerate() {
                    if part > 0 {
                        self.line.push_str("\"\"");
                    }
                    self.line.push_str(text);
                }
                self.line.push('"');
            } else {
                self.line.push_str(cell);
            }
        }
        self.line.push('\n');
        self.records += 1;
        self.out.write_all(self.line.as_bytes())
    }

    fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Splitmix64: small, good enough, and the same everywhere and for ever.
struct Rng(u64);

impl Rng {
    /// `stream` tells apart the uses of one seed.
    fn new(seed: u64, stream: u64) -> Rng {
        let mut rng = Rng(seed ^ stream.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        rng.next();
        rng
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to below `end`, which is above 0.
    fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }

    /// From `first` to `last`, both included.
    fn between(&mut self, first: i64, last: i64) -> i64 {
        first + self.below((last - first + 1) as u64) as i64
    }

    fn chance(&mut self, of_thousand: u64) -> bool {
        self.below(1000) < of_thousand
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }
}

fn push_integer(out: &mut String, value: u64) {
    let mut digits = [0_u8; 20];
    let mut start = digits.len();
    let mut rest = value;
    loop {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend(digits[start..].iter().map(|&digit| char::from(digit)));
}

fn push_two(out: &mut String, value: i64) {
    out.push(char::from(b'0' + (value / 10 % 10) as u8));
    out.push(char::from(b'0' + (value % 10) as u8));
}

/// `150000`, `150000.5` or `150000.05`, as the plugin prints it: no needless decimals.
fn push_money(out: &mut String, minor: i64) {
    push_integer(out, (minor / 100) as u64);
    let sen = minor % 100;
    if sen != 0 {
        out.push('.');
        push_two(out, sen);
        if sen % 10 == 0 {
            out.pop();
        }
    }
}

/// With a separator of thousands and, if asked for, a separator and two decimals.
fn grouped(minor: i64, thousands: char, decimals: Option<char>) -> String {
    let whole = (minor / 100).to_string();
    let mut out = String::new();
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            out.push(thousands);
        }
        out.push(digit);
    }
    if let Some(separator) = decimals {
        out.push(separator);
        push_two(&mut out, minor % 100);
    }
    out
}

/// The seven ways in which people write one number.
fn push_phone(out: &mut String, national: u64, way: u64) {
    match way {
        0 | 5 => out.push('0'),
        1 => out.push_str("+62"),
        2 => out.push_str("+62 "),
        3 => out.push_str("62-"),
        6 => out.push_str("62"),
        _ => {}
    }
    let start = out.len();
    push_integer(out, national);
    if way == 2 || way == 5 {
        out.insert(start + 7, '-');
        out.insert(start + 3, '-');
    }
}

/// Year, month and day of a day since 1970-01-01.
fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

fn push_date(out: &mut String, day: i64) {
    let (year, month, day) = civil(day);
    push_integer(out, year as u64);
    out.push('-');
    push_two(out, month);
    out.push('-');
    push_two(out, day);
}

fn push_clock(out: &mut String, at: i64, seconds: bool) {
    let second = at.rem_euclid(DAY);
    push_two(out, second / 3_600);
    out.push(':');
    push_two(out, second / 60 % 60);
    if seconds {
        out.push(':');
        push_two(out, second % 60);
    }
}

fn push_time(out: &mut String, at: i64) {
    push_date(out, at.div_euclid(DAY));
    out.push(' ');
    push_clock(out, at, true);
}

fn day_month_year(day: i64) -> String {
    let (year, month, day) = civil(day);
    format!("{day:02}/{month:02}/{year}")
}

/// Six decimals of a day are a tenth of a second: rounding gives the second back.
fn date_excel_serial(at: i64) -> String {
    let day = at.div_euclid(DAY) + EXCEL_1970;
    let millionths = (at.rem_euclid(DAY) * 1_000_000 + DAY / 2) / DAY;
    format!("{day}.{millionths:06}")
}

fn date_indonesian(at: i64) -> String {
    const MONTHS: [&str; 12] = [
        "Januari",
        "Februari",
        "Maret",
        "April",
        "Mei",
        "Juni",
        "Juli",
        "Agustus",
        "September",
        "Oktober",
        "November",
        "Desember",
    ];
    let (year, month, day) = civil(at.div_euclid(DAY));
    let mut text = format!("{day:02} {} {year} ", MONTHS[(month - 1) as usize]);
    push_clock(&mut text, at, false);
    text
}
