//! Imported memberships by status, by plan and end, and what the app's jobs would take of the imported rows.

use serde_json::Value;

use super::super::database::{enter, named, numbers};
use super::super::figures::Figures;
use crate::support::{AppDatabase, millis};

const DAY: i64 = 86_400_000;

/// The end of a membership that has none, 2099-01-01 in Jakarta.
const FOREVER: i64 = 4_070_908_800_000;

pub(super) fn enter_all(db: &AppDatabase, report: &Value, figures: &mut Figures) {
    let imported = "FROM \"UserMembership\" m WHERE m.\"externalId\" IS NOT NULL";
    for (status, count) in named(db, &format!("SELECT \"status\", COUNT(*) {imported} GROUP BY \"status\"")) {
        figures.insert(format!("memberships[{status}][1]"), count[0]);
    }
    plans(db, time(report, "plans_as_of"), figures);
    jobs(db, time(report, "generated_at"), figures);
}

fn time(report: &Value, name: &str) -> i64 {
    millis(report[name].as_str().expect("a time"))
}

fn plans(db: &AppDatabase, as_of: i64, figures: &mut Figures) {
    let active = |ends: &str| format!("SUM(\"status\" = 'ACTIVE' AND {ends})");
    let within = |from: i64, days: i64| active(&format!("left > {} AND left <= {}", from * DAY, days * DAY));
    let sql = format!(
        "SELECT p.\"name\", COUNT(*), {}, {}, {}, {}, {}, {}, SUM(\"status\" = 'EXPIRED'), \
         SUM(\"status\" NOT IN ('ACTIVE', 'EXPIRED')) \
         FROM (SELECT \"membershipId\", \"status\", \"endDate\" AS ends, \"endDate\" - {as_of} AS left \
         FROM \"UserMembership\" WHERE \"externalId\" IS NOT NULL) m \
         JOIN \"Membership\" p ON p.\"id\" = m.\"membershipId\" GROUP BY p.\"id\"",
        active(&format!("ends >= {FOREVER}")),
        active(&format!("ends < {FOREVER} AND left > {}", 365 * DAY)),
        within(90, 365),
        within(30, 90),
        within(0, 30),
        active("left <= 0"),
    );
    let columns = [
        "all",
        "lifetime",
        "later",
        "within_year",
        "within_90_days",
        "within_30_days",
        "overdue",
        "expired",
        "other",
    ];
    for (plan, counts) in named(db, &sql) {
        enter(figures, &format!("plans[{plan}]"), &columns, &counts);
    }
}

fn jobs(db: &AppDatabase, now: i64, figures: &mut Figures) {
    let pending = |days: i64| {
        format!(
            "(SELECT COUNT(*) FROM \"Transaction\" WHERE \"externalId\" LIKE 'sejoli-%' AND \"status\" = 'PENDING' \
             AND \"createdAt\" >= {})",
            now - days * DAY
        )
    };
    let ending = |from: i64, to: i64| {
        format!(
            "(SELECT COUNT(*) FROM \"UserMembership\" WHERE \"externalId\" IS NOT NULL AND \"status\" = 'ACTIVE' \
             AND \"endDate\" >= {from} AND \"endDate\" < {to})"
        )
    };
    let progress = "(SELECT COUNT(*) FROM \"UserCourseProgress\" p JOIN \"User\" u ON u.\"id\" = p.\"userId\" \
                    WHERE u.\"importSource\" = 'SEJOLI')";
    let sql = format!(
        "SELECT {}, {}, {}, {}, {progress}",
        pending(3),
        pending(7),
        ending(0, now),
        ending(now, now + 7 * DAY)
    );
    let rows: [i64; 5] = numbers(db, &sql);
    let names = [
        "payment-followup",
        "check-payment-status",
        "expire-memberships",
        "check-expiring",
        "learning-reminders",
    ];
    for (name, rows) in names.iter().zip(rows) {
        figures.insert(format!("operator.jobs[{name}].rows"), rows);
    }
}
