//! Puts defects into clean records and notes each in `truth.jsonl`: tests hold every row against that note.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::DAY;
use super::columns::*;
use super::csv::Csv;
use super::format::*;
use super::random::Rng;

/// What the defects must know of an order besides its cells.
pub(super) struct OrderFacts {
    pub(super) buyer: u32,
    pub(super) first_order: bool,
    pub(super) at: i64,
    pub(super) paid_day: Option<i64>,
    pub(super) amount: i64,
    pub(super) commission: i64,
}

/// Puts defects into records and notes each of them. It has random numbers of its own: the clean data underneath stay the same.
pub(super) struct DefectInjector {
    pub(super) rng: Rng,
    pub(super) log: DefectLog,
    pub(super) order_kinds: VecDeque<&'static str>,
    pub(super) membership_kinds: VecDeque<&'static str>,
    pub(super) affiliate_kinds: VecDeque<&'static str>,
    pub(super) order_required: usize,
    pub(super) membership_required: usize,
    pub(super) affiliate_required: usize,
    /// A few earlier, sound records that may be repeated: their record numbers and cells.
    pub(super) earlier: VecDeque<(u64, [String; 18])>,
    /// Buyers of whom some record is damaged.
    pub(super) touched: Vec<bool>,
}

impl DefectInjector {
    pub(super) fn new(dir: &Path, seed: u64) -> io::Result<DefectInjector> {
        Ok(DefectInjector {
            rng: Rng::new(seed, 6),
            log: DefectLog {
                out: BufWriter::new(File::create(dir.join("truth.jsonl"))?),
                line: String::new(),
            },
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
    pub(super) fn turn(
        kinds: &mut VecDeque<&'static str>,
        fits: impl Fn(&str) -> bool,
    ) -> Option<&'static str> {
        let place = kinds.iter().position(|kind| fits(kind))?;
        let kind = kinds.remove(place)?;
        kinds.push_back(kind);
        Some(kind)
    }

    /// May damage `row`, which is about to be written, or write a repetition of an earlier record before it.
    pub(super) fn order(
        &mut self,
        row: &mut [String; 18],
        csv: &mut Csv,
        facts: &OrderFacts,
    ) -> io::Result<()> {
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
        self.log.change("orders.csv", number, kind, ORDER_COLUMNS[column], change)
    }

    /// Writes an earlier record once more, sometimes with another status.
    pub(super) fn repeat(&mut self, csv: &mut Csv) -> io::Result<()> {
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
        self.log.repetition(csv.records, first_row, &row[O_ID], &row[O_STATUS])
    }

    pub(super) fn membership(&mut self, row: &mut [String; 9], number: u64, start: i64) -> io::Result<()> {
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
        self.log.change("memberships.csv", number, kind, name, change)
    }

    /// Every sixth affiliate: they are too few to leave it to chance.
    pub(super) fn affiliate(&mut self, row: &mut [String; 9], number: u64) -> io::Result<()> {
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
        self.log.change("affiliates.csv", number, kind, name, change)
    }

    pub(super) fn bad_email(&mut self, good: &str) -> String {
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

    pub(super) fn bad_phone(&mut self) -> String {
        self.rng.pick(&["0867abc", "24680", "8,67E+10", "0", "tidak punya"]).to_owned()
    }

    pub(super) fn email_case(&mut self, good: &str) -> String {
        let upper = good.to_ascii_uppercase();
        match self.rng.below(3) {
            0 => upper,
            1 => format!(" {upper} "),
            _ => format!("{}{}", &upper[..1], &good[1..]),
        }
    }

    pub(super) fn amount_rp(&mut self, minor: i64) -> String {
        let sen = (minor % 100 != 0).then_some(',');
        let number = grouped(minor, '.', sen);
        match self.rng.below(3) {
            0 => format!("Rp {number}"),
            1 => format!("Rp. {number}"),
            _ if sen.is_none() => format!("Rp{number},-"),
            _ => format!("Rp{number}"),
        }
    }

    pub(super) fn date_dmy(&mut self, at: i64) -> String {
        let mut text = day_month_year(at.div_euclid(DAY));
        if self.rng.chance(500) {
            text.push(' ');
            push_clock(&mut text, at, false);
        }
        text
    }
}

/// The list of what was damaged: one JSON object to a line, as in the samples.
pub(super) struct DefectLog {
    pub(super) out: BufWriter<File>,
    pub(super) line: String,
}

impl DefectLog {
    /// `change`: what the cell was and what it is now.
    pub(super) fn change(
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

    pub(super) fn repetition(
        &mut self,
        row: u64,
        first_row: u64,
        order_id: &str,
        status: &str,
    ) -> io::Result<()> {
        self.start("orders.csv", row, "duplicate_order_id");
        let _ = write!(self.line, ", \"first_row\": {first_row}");
        self.member("order_id", order_id);
        self.member("status", status);
        self.end()
    }

    pub(super) fn start(&mut self, file: &str, row: u64, kind: &str) {
        self.line.clear();
        let _ = write!(self.line, "{{\"file\": \"{file}\", \"row\": {row}");
        self.member("kind", kind);
    }

    pub(super) fn member(&mut self, name: &str, value: &str) {
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

    pub(super) fn end(&mut self) -> io::Result<()> {
        self.line.push_str("}\n");
        self.out.write_all(self.line.as_bytes())
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}
