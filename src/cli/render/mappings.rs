//! The affiliates' mappings as a list and one by one, and what decisions have come to.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::changes::ChangeList;
use crate::cli::render::books::tables_text;
use crate::cli::render::changes;
use crate::cli::render::commissions::commissions_text;
use crate::cli::render::table::{number, table};
use crate::decisions::candidates::Candidate;
use crate::decisions::mappings::MappingCase;
use crate::domain::books::Books;
use crate::domain::finding::Finding;
use crate::domain::money::Money;
use crate::domain::pending_notes;
use crate::domain::redaction::redact_cell;
use crate::domain::text::excerpt;
use crate::language::tr;
use crate::pipeline::decide_mappings::MappingsOutcome;
use crate::pipeline::decision_run::CarriedOut;
use crate::pipeline::plan::affiliate_rows::BY_IMPORT;

/// The longest code, name and address in a table.
const CODE: usize = 14;
const NAME: usize = 18;
const DECIDER: usize = 12;

/// A person's cells, masked unless they are to be shown.
pub(crate) struct PiiDisplay(pub(crate) bool);

impl PiiDisplay {
    /// A name.
    pub(crate) fn name(&self, name: &str) -> String {
        redact_cell("affiliate_name", name, self.0)
    }

    /// A address.
    pub(crate) fn email(&self, email: &str) -> String {
        match crate::domain::contact::Email::parse(email) {
            Ok(email) if !self.0 => email.masked(),
            _ => redact_cell("affiliate_email", email, self.0),
        }
    }

    /// A number.
    pub(crate) fn phone(&self, phone: &str) -> String {
        redact_cell("affiliate_phone", phone, self.0)
    }
}

/// Mappings as a table.
pub(crate) fn list_text(cases: &[&MappingCase], show_pii: bool) -> String {
    if cases.is_empty() {
        return tr!("No mapping is meant by this.\n").to_owned();
    }
    let shown = PiiDisplay(show_pii);
    let row = |case: &&MappingCase| {
        vec![
            excerpt(&case.code, CODE),
            excerpt(&case.status, 9),
            excerpt(&shown.name(&case.name), NAME),
            number(u64::try_from(case.money.orders).unwrap_or(0)),
            case.money.owed.to_string(),
            decided_by(case),
        ]
    };
    let rows: Vec<Vec<String>> = cases.iter().map(row).collect();
    let owed = |status: &str| -> (usize, Money) {
        let of_status = || cases.iter().filter(|case| case.status == status);
        (of_status().count(), of_status().map(|case| case.money.owed).sum())
    };
    let (waiting, waits) = owed("PENDING");
    tr!(
        "{}\n{} mappings; {} wait, with {waits} owed.\nNext: sejoli-migrate mappings show CODE\n",
        table(
            &[tr!("code"), tr!("status"), tr!("affiliate"), tr!("orders"), tr!("owed"), tr!("decided by")],
            &rows
        ),
        number(cases.len() as u64),
        number(waiting as u64),
    )
}

fn decided_by(case: &MappingCase) -> String {
    match case.decided_by.as_deref() {
        None => "-".to_owned(),
        Some(by) if by.starts_with(BY_IMPORT) => tr!("an import").to_owned(),
        Some(by) => excerpt(by, DECIDER),
    }
}

/// Mappings as a document.
pub(crate) fn list_document(cases: &[&MappingCase], show_pii: bool) -> Value {
    let cases: Vec<Value> = cases.iter().map(|case| case_document(case, &PiiDisplay(show_pii))).collect();
    json!({ "schema_version": 1, "mappings": cases })
}

fn case_document(case: &MappingCase, shown: &PiiDisplay) -> Value {
    json!({
        "code": case.code,
        "status": case.status,
        "name": shown.name(&case.name),
        "email": case.email.as_deref().map(|email| shown.email(email)),
        "phone": case.phone.as_deref().map(|phone| shown.phone(phone)),
        "user": case.user.as_ref().map(|user| json!({
            "id": user.id, "name": shown.name(&user.name), "email": shown.email(&user.email),
        })),
        "decided_by": case.decided_by,
        "decided_at": case.decided_at,
        "notes": case.notes,
        "orders": case.money.orders,
        "paid_orders": case.money.paid_orders,
        "earned": case.money.earned,
        "paid": case.money.paid,
        "owed": case.money.owed,
    })
}

/// One mapping with its candidates as a document.
pub(crate) fn show_document(case: &MappingCase, candidates: &[Candidate], show_pii: bool) -> Value {
    let shown = PiiDisplay(show_pii);
    let candidates = candidates.iter().map(|candidate| {
        json!({
            "user_id": candidate.user_id,
            "name": shown.name(&candidate.name),
            "email": shown.email(&candidate.email),
            "phone": candidate.phone.as_deref().map(|phone| shown.phone(phone)),
            "orders": candidate.orders,
            "reasons": candidate.reasons,
        })
    });
    let candidates: Vec<Value> = candidates.collect();
    json!({ "schema_version": 1, "mapping": case_document(case, &shown), "candidates": candidates })
}

/// One mapping with its candidates as text.
pub(crate) fn show_text(case: &MappingCase, candidates: &[Candidate], show_pii: bool) -> String {
    let shown = PiiDisplay(show_pii);
    let mut text = tr!("Affiliate {}: {}\n", case.code, shown.name(&case.name));
    let mut line = |name: &str, value: &str| text.push_str(&format!("  {name:<10}  {value}\n"));
    line(tr!("status"), &case.status);
    line(tr!("e-mail"), &case.email.as_deref().map_or("-".to_owned(), |email| shown.email(email)));
    line(tr!("phone"), &case.phone.as_deref().map_or("-".to_owned(), |phone| shown.phone(phone)));
    let money = &case.money;
    line(tr!("orders"), &tr!("{}, of which {} are paid", money.orders, money.paid_orders));
    line(tr!("commission"), &tr!("{} earned, {} paid out in Sejoli", money.earned, money.paid));
    line(tr!("owed"), &money.owed.to_string());
    if let Some(user) = &case.user {
        line(tr!("user"), &format!("{}, {} ({})", shown.name(&user.name), shown.email(&user.email), user.id));
    }
    if let Some(by) = &case.decided_by {
        let at = case.decided_at.map(|at| format!(", {}", at.spoken())).unwrap_or_default();
        line(tr!("decided by"), &format!("{by}{at}"));
    }
    let notes = pending_notes::spoken(case.notes.as_deref().unwrap_or_default());
    let notes: Vec<&str> = notes.split_whitespace().collect();
    if !notes.is_empty() {
        line(if case.status == "PENDING" { tr!("waits") } else { tr!("why") }, &notes.join(" "));
    }
    text.push_str(&candidates_text(candidates, &shown));
    text.push_str(&next_text(case, candidates));
    text
}

fn candidates_text(candidates: &[Candidate], shown: &PiiDisplay) -> String {
    if candidates.is_empty() {
        return tr!("\nNobody in the app has this address, this number or a similar name.\n").to_owned();
    }
    let mut text = tr!("\nWho it may be, the likeliest first\n").to_owned();
    for (candidate, place) in candidates.iter().zip(1..) {
        let reasons: Vec<String> = candidate.reasons.iter().map(|reason| reason.words()).collect();
        let orders = match candidate.orders {
            0 => tr!("no order").to_owned(),
            1 => tr!("1 order").to_owned(),
            orders => tr!("{orders} orders"),
        };
        text.push_str(&tr!(
            "  {place}  {}, {}, {orders}\n     {}\n     user {}\n",
            shown.name(&candidate.name),
            shown.email(&candidate.email),
            reasons.join(", "),
            candidate.user_id,
        ));
    }
    text
}

fn next_text(case: &MappingCase, candidates: &[Candidate]) -> String {
    match (case.status.as_str(), candidates.first()) {
        ("VERIFIED" | "REJECTED", _) => {
            tr!("\nNext, if that is wrong: sejoli-migrate mappings undo {}\n", case.code)
        }
        (_, Some(first)) => tr!(
            "\nNext: sejoli-migrate mappings verify {0} --user {1} --dry-run\n   or: sejoli-migrate mappings reject {0} --why TEXT\n",
            case.code,
            first.user_id
        ),
        (_, None) => tr!(
            "\nNext: sejoli-migrate mappings verify {0} --new{1} --dry-run\n   or: sejoli-migrate mappings reject {0} --why TEXT\n",
            case.code,
            if case.email.is_some() { "" } else { tr!(" ADDRESS") }
        ),
    }
}

/// Decisions as a document.
pub(crate) fn decided_document(
    done: &CarriedOut<MappingsOutcome>,
    (changes, diff): (&ChangeList, Option<&Path>),
) -> Value {
    let decided = done.outcome.mappings.iter().map(|mapping| {
        json!({
            "code": mapping.after.code,
            "changed": mapping.changes(),
            "before": mapping.before.status,
            "after": mapping.after.status,
            "user": mapping.after.eksporyuk_user_id,
            "findings": findings_document(&mapping.findings),
        })
    });
    let decided: Vec<Value> = decided.collect();
    json!({
        "schema_version": 1,
        "run": done.run.id,
        "dry_run": done.dry_run,
        "decisions": decided,
        "tables": books(done).tables,
        "affiliates_to_review": findings_document(&done.outcome.notes),
        "commissions": done.outcome.commissions,
        "changes": changes::document(changes),
        "diff": diff,
    })
}

pub(crate) fn findings_document(findings: &[Finding]) -> Vec<Value> {
    findings.iter().map(|one| json!({ "code": one.code.info().code, "detail": one.detail.kept() })).collect()
}

/// Decisions as text.
pub(crate) fn decided_text(
    done: &CarriedOut<MappingsOutcome>,
    (list, diff): (&ChangeList, Option<&Path>),
    next: &str,
) -> String {
    let kept = if done.dry_run { tr!(" (dry run: nothing was kept)") } else { "" };
    let mut text = tr!("Decisions, run {}{kept}\n", done.run.id);
    for mapping in &done.outcome.mappings {
        let (before, after) = (&mapping.before, &mapping.after);
        let user = after.eksporyuk_user_id.as_ref().map(|user| tr!(", user {user}")).unwrap_or_default();
        let how = if mapping.changes() { "" } else { tr!(" (decided so already)") };
        text.push_str(&format!("  {}: {} -> {}{user}{how}\n", after.code, before.status, after.status));
    }
    text.push_str(&tables_text(&books(done), done.dry_run));
    text.push_str(&changes::text(list, diff));
    text.push_str(&commissions_text(&done.outcome.commissions));
    let findings = done.outcome.mappings.iter().flat_map(|mapping| &mapping.findings);
    for finding in findings.chain(&done.outcome.notes) {
        text.push_str(&format!("  {}  {}\n", finding.code.info().code, finding.detail.spoken()));
    }
    text.push_str(&match done.dry_run {
        true => tr!("\nNext: {next}\n"),
        false => tr!("\nNext: {next}\nTo take it back: sejoli-migrate rollback {} --yes\n", done.run.id),
    });
    text
}

/// The books of a run of decisions, over all of its phases.
pub(crate) fn books<T>(done: &CarriedOut<T>) -> Books {
    Books::of_all(&done.run.checkpoint.books)
}
