//! The statements from the source's gross to what may be requested, line by line, and what each total is more than
//! the lines above it.

use super::super::database::{of_orders, of_upper_tiers, tally};
use super::super::figures::Figures;
use super::review::Waiting;
use crate::support::AppDatabase;

/// A number of rows and what they come to, in sen.
type Tally = [i64; 2];

/// A statement while its lines are written.
struct Statement<'a> {
    figures: &'a mut Figures,
    place: String,
    running: Tally,
    /// Whether the counts are those of affiliates, who stand in several lines.
    of_affiliates: bool,
    adds_up: bool,
}

impl<'a> Statement<'a> {
    fn begin(figures: &'a mut Figures, name: &str, of_affiliates: bool, key: &str, tally: Tally) -> Self {
        let place = format!("reconciliation.statements[{name}]");
        let mut statement = Self { figures, place, running: tally, of_affiliates, adds_up: true };
        statement.write("start", key, tally, false);
        statement
    }

    fn write(&mut self, sign: &str, key: &str, tally: Tally, review: bool) {
        let line = format!("{}.lines[{sign} {key}]", self.place);
        self.figures.insert(format!("{line}.tally.count"), tally[0]);
        self.figures.insert(format!("{line}.tally.amount"), tally[1]);
        self.figures.insert(format!("{line}.review"), i64::from(review));
    }

    /// A step that is always shown.
    fn step(&mut self, sign: &str, key: &str, tally: Tally) {
        self.reviewed(sign, key, tally, false);
    }

    /// One that is to be looked at where there is anything in it.
    fn reviewed(&mut self, sign: &str, key: &str, tally: Tally, review: bool) {
        let factor = if sign == "minus" { -1 } else { 1 };
        self.running = [self.running[0] + factor * tally[0], self.running[1] + factor * tally[1]];
        self.write(sign, key, tally, review && tally != [0, 0]);
    }

    /// One that is only shown where there is anything in it.
    fn rare(&mut self, sign: &str, key: &str, tally: Tally, review: bool) {
        if tally != [0, 0] {
            self.reviewed(sign, key, tally, review);
        }
    }

    fn total(&mut self, key: &str, measured: Tally) {
        let count = if self.of_affiliates { 0 } else { measured[0] - self.running[0] };
        let difference = [count, measured[1] - self.running[1]];
        self.adds_up &= difference == [0, 0];
        self.write("total", key, measured, false);
        let line = format!("{}.lines[total {key}].difference", self.place);
        self.figures.insert(format!("{line}.count"), difference[0]);
        self.figures.insert(format!("{line}.amount"), difference[1]);
        self.running = measured;
    }

    fn end(self) {
        self.figures.insert(format!("{}.adds_up", self.place), i64::from(self.adds_up));
    }
}

/// A sum over the imported orders.
fn sum(db: &AppDatabase, condition: &str, amount: &str) -> Tally {
    of_orders(db, &format!("SELECT {} FROM o", tally(condition, amount)))
}

pub(super) fn enter_all(db: &AppDatabase, run: &str, figures: &mut Figures) {
    orders(db, run, figures);
    let in_ledgers = upper_tiers(db, figures);
    commission(db, in_ledgers, figures);
    wallets(figures, db);
    requestable(figures);
}

fn orders(db: &AppDatabase, run: &str, figures: &mut Figures) {
    let waiting = Waiting::of(db, run);
    let imported = sum(db, "1", "amount");
    let [waits, amount] = waiting.all();
    let gross = [imported[0] + waits, imported[1] + amount];
    let mut statement = Statement::begin(figures, "orders", false, "gross", gross);
    statement.reviewed("minus", "rejected", waiting.rejected, true);
    statement.reviewed("minus", "held", waiting.held, true);
    statement.reviewed("minus", "unreadable", [waiting.unreadable, 0], true);
    statement.total("imported", imported);
    statement.step("minus", "pending", sum(db, "\"status\" = 'PENDING'", "amount"));
    statement.step("minus", "expired", sum(db, "\"status\" = 'FAILED'", "amount"));
    statement.step("minus", "refunded", sum(db, "\"status\" = 'REFUNDED'", "amount"));
    let other = "\"status\" NOT IN ('SUCCESS', 'PENDING', 'FAILED', 'REFUNDED')";
    statement.rare("minus", "other_status", sum(db, other, "amount"), false);
    let paid = sum(db, "is_paid", "amount");
    statement.total("paid", paid);
    let free = sum(db, "is_paid AND amount = 0", "amount");
    statement.step("minus", "free", free);
    statement.total("revenue", [paid[0] - free[0], paid[1]]);
    statement.end();
}

/// The tiers above the first, and what the ledgers have of them.
fn upper_tiers(db: &AppDatabase, figures: &mut Figures) -> Tally {
    let sum = |condition: &str| -> Tally {
        of_upper_tiers(db, &format!("SELECT {} FROM u", tally(condition, "amount")))
    };
    let left = |condition: &str| sum(&format!("NOT is_credited AND {condition}"));
    let waits = |state: &str| left(&format!("is_earned AND state = '{state}'"));
    let mut statement = Statement::begin(figures, "upper_tiers", false, "tiers_listed", sum("1"));
    statement.step("minus", "not_added", left("NOT is_added"));
    statement.reviewed("minus", "order_missing", left("is_added AND order_status = 'MISSING'"), true);
    let unpaid = "is_added AND order_status NOT IN ('MISSING', 'SUCCESS')";
    statement.step("minus", "order_unpaid", left(unpaid));
    statement.rare(
        "minus",
        "without_amount",
        left("is_added AND order_status = 'SUCCESS' AND amount = 0"),
        false,
    );
    statement.reviewed("minus", "unknown_affiliate", waits("UNKNOWN"), true);
    statement.reviewed("minus", "pending_affiliate", waits("PENDING"), true);
    statement.rare("minus", "refused_affiliate", waits("REJECTED"), false);
    statement.rare("minus", "uncredited", waits("VERIFIED"), true);
    let in_ledgers: Tally = super::super::database::numbers(
        db,
        "SELECT COUNT(*), COALESCE(SUM(CAST(ROUND(\"amount\" * 100) AS INTEGER)), 0) FROM \"WalletTransaction\" \
         WHERE \"reference\" LIKE 'sejoli-%-tier-%'",
    );
    statement.total("tiers_above_one", in_ledgers);
    statement.end();
    in_ledgers
}

fn commission(db: &AppDatabase, [_, higher_tiers]: Tally, figures: &mut Figures) {
    let recorded = "is_paid AND share <> 0";
    let lost = |state: &str| format!("{recorded} AND conversion IS NULL AND state = '{state}'");
    let changed = "is_paid AND commission <> share";
    let of_unpaid = sum(db, "NOT is_paid AND conversion IS NOT NULL", "commission");
    let counts =
        "is_paid AND conversion IS NOT NULL AND (conversion NOT LIKE 'app-%' OR source_status = 'PAID')";
    let has_account = "EXISTS (SELECT 1 FROM \"AffiliateProfile\" f JOIN \"SejoliAffiliateMapping\" m \
         ON m.\"eksporyukUserId\" = f.\"userId\" AND m.\"mappingStatus\" = 'VERIFIED' JOIN \"SejoliAffiliateTotals\" a \
         ON a.\"affiliateCode\" = m.\"sejoliAffiliateCode\" WHERE f.\"id\" = profile)";
    let mut statement = Statement::begin(figures, "commission", false, "paid", sum(db, "is_paid", "amount"));
    statement.step("minus", "without_commission", sum(db, "is_paid AND share = 0", "amount"));
    statement.step("minus", "shops_part", [0, sum(db, recorded, "amount - share")[1]]);
    statement.total("recorded", sum(db, recorded, "share"));
    statement.reviewed("minus", "without_code", sum(db, &lost("NONE"), "share"), true);
    statement.reviewed("minus", "unknown_affiliate", sum(db, &lost("UNKNOWN"), "share"), true);
    statement.reviewed("minus", "pending_affiliate", sum(db, &lost("PENDING"), "share"), true);
    statement.rare("minus", "refused_affiliate", sum(db, &lost("REJECTED"), "share"), false);
    statement.rare("minus", "uncredited", sum(db, &lost("VERIFIED"), "share"), true);
    statement.rare("minus", "changed_from", sum(db, &format!("{changed} AND share <> 0"), "share"), false);
    statement.rare("plus", "changed_to", sum(db, changed, "commission"), true);
    statement.rare("plus", "of_unpaid", of_unpaid, true);
    statement.total("conversions", sum(db, "conversion IS NOT NULL", "commission"));
    statement.rare("minus", "of_unpaid", of_unpaid, true);
    let by_app = sum(db, &format!("is_paid AND conversion IS NOT NULL AND NOT ({counts})"), "commission");
    statement.rare("minus", "by_app", by_app, false);
    statement.rare(
        "minus",
        "of_nobody",
        sum(db, &format!("{counts} AND NOT {has_account}"), "commission"),
        true,
    );
    statement.rare("plus", "tiers_above_one", [0, higher_tiers], false);
    let earned: [i64; 2] = super::super::database::numbers(
        db,
        "SELECT SUM(\"settledConversions\"), SUM(CAST(ROUND(\"settledEarnings\" * 100) AS INTEGER)) \
         FROM \"SejoliAffiliateTotals\"",
    );
    statement.total("earned", earned);
    statement.end();
}

/// How many of a table's rows have a figure other than zero, and what it comes to: the rows' own sums were made already.
fn column(figures: &Figures, table: &str, name: &str) -> Tally {
    let begin = format!("reconciliation.{table}[");
    let (place, end) = (|place: &str| place.starts_with(&begin), format!("].{name}"));
    let of_column = figures.iter().filter(|(key, figure)| place(key) && key.ends_with(&end) && **figure != 0);
    of_column.fold([0, 0], |sum, (_, figure)| [sum[0] + 1, sum[1] + figure])
}

fn wallets(figures: &mut Figures, db: &AppDatabase) {
    let of_codes = |name: &str| column(figures, "codes", name);
    let of_people = |name: &str| column(figures, "people", name);
    let (earned, paid_out, too_much, owed) =
        (of_codes("earned"), of_codes("paid_out"), of_codes("paid_too_much"), of_codes("owed"));
    let (app, without, wallet) = (of_people("app_entries"), of_people("without_entry"), of_people("wallet"));
    let [ledger]: [i64; 1] = super::super::database::numbers(
        db,
        "SELECT COALESCE(SUM(CAST(ROUND(\"amount\" * 100) AS INTEGER)), 0) FROM \"WalletTransaction\" \
         WHERE \"reference\" LIKE 'sejoli-%'",
    );
    let mut statement = Statement::begin(figures, "wallets", true, "earned", earned);
    statement.step("minus", "paid_out", paid_out);
    statement.reviewed("plus", "paid_too_much", too_much, true);
    statement.total("owed", [owed[0], ledger]);
    statement.step("plus", "app_entries", app);
    statement.rare("plus", "without_entry", without, true);
    statement.total("wallets", wallet);
    statement.end();
}

fn requestable(figures: &mut Figures) {
    let tally = |name: &str| {
        [
            column(figures, "people", &format!("{name}.count")),
            column(figures, "people", &format!("{name}.amount")),
        ]
        .map(|sum| sum[1])
    };
    let amount = |name: &str| [0, column(figures, "people", name)[1]];
    let (all, marked, asked) = (tally("conversions"), tally("marked_paid"), tally("asked"));
    let (overdrawn, requestable) = (amount("overdrawn"), amount("requestable"));
    let mut statement = Statement::begin(figures, "requestable", true, "all_conversions", all);
    statement.step("minus", "marked_paid", marked);
    statement.step("minus", "asked", asked);
    statement.rare("plus", "overdrawn", overdrawn, true);
    statement.total("requestable", requestable);
    statement.end();
}
