//! What stands against going live, counted from the sums of the other tables.

use serde_json::Value;

use super::super::database::{UPPER_TIERS, named};
use super::super::figures::Figures;
use super::review::Waiting;
use crate::support::AppDatabase;

pub(super) fn enter_all(db: &AppDatabase, run: &str, report: &Value, figures: &mut Figures) {
    let waiting = Waiting::of(db, run);
    let gap = |place: &str, holds: &i64| {
        let adds_up = place.starts_with("reconciliation.statements") && place.ends_with(".adds_up");
        (adds_up || place.starts_with("reconciliation.checks") && place.ends_with(".holds")) && *holds == 0
    };
    let gaps = figures.iter().filter(|(place, holds)| gap(place, holds)).count();
    let people = |name: &str, counts: fn(i64) -> bool| {
        let of_column = figures.iter().filter(|(place, _)| {
            place.starts_with("reconciliation.people[") && place.ends_with(&format!("].{name}"))
        });
        let of_column = of_column.filter(|(_, figure)| counts(**figure));
        of_column.fold([0, 0], |sum, (_, figure)| [sum[0] + 1, sum[1] + figure])
    };
    let line = |statement: &str, line: &str| {
        let place = format!("reconciliation.statements[{statement}].lines[{line}].tally");
        let figure = |name: &str| figures.get(&format!("{place}.{name}")).copied().unwrap_or(0);
        [figure("count"), figure("amount")]
    };
    let (first, higher) = (line("commission", "minus uncredited"), line("upper_tiers", "minus uncredited"));
    let uncredited = [first[0] + higher[0], first[1] + higher[1]];
    let total = |name: &str| {
        let figure = |column: &str| figures[&format!("reconciliation.review.{name}.{column}")];
        [figure("count"), figure("amount")]
    };
    let codes = |state: &str| {
        let sql = match state {
            "PENDING" => {
                "SELECT \"sejoliAffiliateCode\" FROM \"SejoliAffiliateMapping\" WHERE \"mappingStatus\" = 'PENDING'"
            }
            _ => {
                "SELECT DISTINCT \"affiliateCode\" FROM \"SejoliWebhookLog\" WHERE COALESCE(\"affiliateCode\", '') <> '' \
                 AND \"affiliateCode\" NOT IN (SELECT \"sejoliAffiliateCode\" FROM \"SejoliAffiliateMapping\") \
                 UNION SELECT code FROM u WHERE state = 'UNKNOWN' AND is_earned AND NOT is_credited"
            }
        };
        named(db, &format!("WITH {UPPER_TIERS} {sql}")).iter().fold([0, 0], |sum, (code, _)| {
            [sum[0] + 1, sum[1] + figures[&format!("reconciliation.codes[{code}].waiting.amount")]]
        })
    };
    let other_rows: i64 = figures
        .iter()
        .filter(|(place, _)| place.starts_with("waiting[") && !place.starts_with("waiting[orders"))
        .map(|(_, count)| count)
        .sum();
    let tasks = report["operator"]["tasks"].as_array().expect("tasks");
    let before = tasks.iter().filter(|task| task["before"] == true).count();
    let whole = |count: usize| i64::try_from(count).expect("few");
    let pages = figures.iter().filter(|(place, differences)| {
        place.starts_with("app_pages[") && place.ends_with("].differences") && **differences > 0
    });
    let reasons = [
        ("pages_differ", [whole(pages.count()), 0], false),
        ("does_not_add_up", [whole(gaps), 0], false),
        ("requestable_beyond_wallet", people("beyond_wallet", |amount| amount > 0), true),
        ("wallet_below_zero", people("wallet", |amount| amount < 0), true),
        ("uncredited", uncredited, true),
        ("of_nobody", line("commission", "minus of_nobody"), true),
        ("orders_waiting", waiting.all(), true),
        ("other_rows_waiting", [other_rows, 0], false),
        ("changes_waiting", waiting.changes, true),
        ("pending_affiliates", codes("PENDING"), true),
        ("unknown_affiliates", codes("UNKNOWN"), true),
        ("without_code", line("commission", "minus without_code"), true),
        ("paid_too_much", line("wallets", "plus paid_too_much"), true),
        ("without_entry", line("wallets", "plus without_entry"), true),
        ("high_amounts", total("high_total"), true),
        ("commission_mismatches", total("mismatch_total"), true),
        ("tasks_before", [whole(before), 0], false),
    ];
    for (key, [count, amount], has_amount) in reasons.into_iter().filter(|(_, sum, _)| sum[0] != 0) {
        figures.insert(format!("verdict.reasons[{key}].count"), count);
        if has_amount {
            figures.insert(format!("verdict.reasons[{key}].amount"), amount);
        }
    }
}
