//! Pairs of accounts that may be one person, two accounts side by side, and what decisions have come to.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::changes::ChangeList;
use crate::cli::render::books::tables_text;
use crate::cli::render::changes;
use crate::cli::render::mappings::{PiiDisplay, books, findings_document};
use crate::cli::render::table::number;
use crate::decisions::account_facts::{AccountFacts, AccountMembership};
use crate::decisions::people::{AccountPair, PairAccount, Pairs};
use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::domain::person_decision::{PairDecision, PairVerdict};
use crate::domain::text::excerpt;
use crate::language::{Language, current, tr};
use crate::pipeline::decide_people::{PairChoice, PeopleOutcome};
use crate::pipeline::decision_run::CarriedOut;
use crate::terminal::wrapped;

/// The most letters of a name and of an address in a line.
const NAME: usize = 20;
const EMAIL: usize = 26;

/// The width of each of two columns side by side, and of the names before them.
const COLUMN: usize = 32;
const LABEL: usize = 10;

/// Pairs that are listed as text; the document has all of them.
const SHOWN: usize = 100;

/// Pairs as text, three lines each, and one more for a decision.
pub(crate) fn text(pairs: &[&AccountPair], decided: bool, show_pii: bool) -> String {
    if pairs.is_empty() {
        return match decided {
            true => tr!("Nobody has decided of any two accounts.\n").to_owned(),
            false => tr!("No two accounts look like one person.\n").to_owned(),
        };
    }
    let shown = PiiDisplay(show_pii);
    let mut text = String::new();
    for (pair, place) in pairs.iter().zip(1..).take(SHOWN) {
        let reasons: Vec<&str> = pair.reasons.iter().map(|reason| reason.words()).collect();
        let reasons =
            if reasons.is_empty() { tr!("named by somebody").to_owned() } else { reasons.join(", ") };
        let also = if pair.is_of_affiliate_and_buyer() { tr!("; an affiliate, also a buyer") } else { "" };
        text.push_str(&wrapped(&format!("{place}. "), "   ", &format!("{reasons}{also}")));
        text.push_str(&account_line(&pair.one, &shown));
        text.push_str(&account_line(&pair.other, &shown));
        text.push_str(&pair.decision.as_ref().map(decision_lines).unwrap_or_default());
    }
    if pairs.len() > SHOWN {
        text.push_str(&tr!("… and {} more (--format json lists them all)\n", pairs.len() - SHOWN));
    }
    let balance: Money = pairs.iter().map(|pair| pair.balance()).sum();
    let count = counted(pairs.len(), tr!("pair"));
    match decided {
        true => tr!("{text}\nDecided: {count}.\nNext: sejoli-migrate people undo ONE OTHER\n"),
        false => tr!("{text}\n{count}, with {balance} in their wallets. Nothing was changed.\n\
             Next: sejoli-migrate people show ONE OTHER\n"),
    }
}

/// A number of things, in a few words.
pub(crate) fn counted(count: usize, thing: &str) -> String {
    let plural = if count == 1 || current() == Language::Id { "" } else { "s" };
    format!("{} {thing}{plural}", number(count as u64))
}

fn account_line(account: &PairAccount, shown: &PiiDisplay) -> String {
    tr!(
        "   {:<NAME$}  {:<EMAIL$}  {:>3} orders  {}\n",
        excerpt(&shown.name(&account.name), NAME),
        excerpt(&shown.email(&account.email), EMAIL),
        account.orders,
        account.balance
    )
}

fn decision_lines(decision: &PairDecision) -> String {
    let what = match decision.verdict {
        PairVerdict::Merged => tr!("merged into the first"),
        PairVerdict::KeptApart => tr!("kept apart"),
    };
    let why = decision.why.as_deref().map(|why| tr!("   why: {}\n", excerpt(why, 70)));
    tr!("   {what} by {}, {}\n{}", excerpt(&decision.by, 30), decision.at.spoken(), why.unwrap_or_default())
}

/// Pairs as a document.
pub(crate) fn document(pairs: &[&AccountPair], show_pii: bool) -> Value {
    let shown = PiiDisplay(show_pii);
    let pairs: Vec<Value> = pairs.iter().map(|pair| pair_document(pair, &shown)).collect();
    json!({ "schema_version": 1, "pairs": pairs })
}

fn pair_document(pair: &AccountPair, shown: &PiiDisplay) -> Value {
    let account = |account: &PairAccount| {
        json!({
            "user_id": account.user_id,
            "name": shown.name(&account.name),
            "email": shown.email(&account.email),
            "orders": account.orders,
            "is_affiliate": account.is_affiliate,
            "balance": account.balance,
        })
    };
    json!({
        "reasons": pair.reasons,
        "affiliate_and_buyer": pair.is_of_affiliate_and_buyer(),
        "accounts": [account(&pair.one), account(&pair.other)],
        "decision": pair.decision,
    })
}

/// Two accounts side by side.
#[derive(Debug)]
pub(crate) struct AccountComparison<'a> {
    /// What is known of the pair; nothing where they do not look like one person.
    pub(crate) pair: Option<&'a AccountPair>,
    /// The account that was named first, and the other.
    pub(crate) accounts: [AccountFacts; 2],
    /// What is in the way of merging the second into the first, and the other way round.
    pub(crate) obstacles: Vec<Vec<String>>,
}

/// Two accounts side by side as text.
pub(crate) fn show_text(compared: &AccountComparison<'_>, show_pii: bool) -> String {
    let shown = PiiDisplay(show_pii);
    let [one, other] = &compared.accounts;
    let mut text = String::new();
    let mut line = |label: &str, cells: [String; 2]| {
        let [left, right] = cells.map(|cell| excerpt(&cell, COLUMN));
        text.push_str(format!("{label:<LABEL$}  {left:<COLUMN$}  {right}").trim_end());
        text.push('\n');
    };
    let mut both =
        |label: &str, cell: &dyn Fn(&AccountFacts) -> String| line(label, [cell(one), cell(other)]);
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    both(tr!("user"), &|of| of.user_id.clone());
    both(tr!("name"), &|of| shown.name(&of.name));
    both(tr!("e-mail"), &|of| shown.email(&of.email));
    both(tr!("phone"), &|of| or_none(of.phone.as_deref().map(|phone| shown.phone(phone))));
    both(tr!("whatsapp"), &|of| or_none(of.whatsapp.as_deref().map(|phone| shown.phone(phone))));
    both(tr!("role"), &|of| of.role.to_owned());
    both(tr!("account"), &account_text);
    both(tr!("orders"), &orders_text);
    for at in 0..one.memberships.len().max(other.memberships.len()) {
        both(tr!("member"), &|of| of.memberships.get(at).map(membership_text).unwrap_or_default());
    }
    both(tr!("open"), &|of| {
        let (groups, courses) = (counted(of.groups, tr!("group")), counted(of.courses, tr!("course")));
        format!("{groups}, {courses}, {}", counted(of.products, tr!("product")))
    });
    both(tr!("affiliate"), &|of| if of.codes.is_empty() { "-".to_owned() } else { of.codes.join(", ") });
    both(tr!("sales"), &|of| {
        format!("{}, {}", counted(of.conversions, tr!("commission")), counted(of.links, tr!("link")))
    });
    both(tr!("wallet"), &|of| of.balance.to_string());
    both(tr!("earned"), &|of| of.earned.to_string());
    both(tr!("paid out"), &|of| of.paid_out.to_string());
    text + &reasons_text(compared) + &merge_text(compared)
}

fn account_text(of: &AccountFacts) -> String {
    let state = if of.is_open { tr!("open") } else { tr!("closed") };
    let password = if of.has_password { tr!("has a password") } else { tr!("no password") };
    format!("{state}, {password}, {}", day(of.created_at))
}

/// An account's orders in a few words.
pub(crate) fn orders_text(of: &AccountFacts) -> String {
    tr!("{}, {} paid, {}", of.orders, of.paid_orders, of.paid)
}

/// A membership in a few words.
pub(crate) fn membership_text(held: &AccountMembership) -> String {
    format!("{} {} {}", excerpt(&held.plan, 13), excerpt(&held.status, 7), day(held.end))
}

fn day(time: Millis) -> String {
    time.spoken().chars().take(10).collect()
}

fn reasons_text(compared: &AccountComparison<'_>) -> String {
    let Some(pair) = compared.pair else {
        return tr!("\nThey do not look like one person.\n").to_owned();
    };
    let reasons: Vec<&str> = pair.reasons.iter().map(|reason| reason.words()).collect();
    let why = match reasons.is_empty() {
        true => String::new(),
        false => wrapped(tr!("\nWhy they may be one person: "), "  ", &reasons.join(", ")),
    };
    why + &pair
        .decision
        .as_ref()
        .map(|decision| format!("\n{}", decision_lines(decision)))
        .unwrap_or_default()
}

/// What a merge would move, or what is in its way, and what to type next.
fn merge_text(compared: &AccountComparison<'_>) -> String {
    let [one, other] = &compared.accounts;
    if let Some(decision) = compared.pair.and_then(|pair| pair.decision.as_ref()) {
        return tr!("\nNext: sejoli-migrate people undo \\\n        {} {}\n", decision.one, decision.other);
    }
    let [in_the_way, other_way] = [&compared.obstacles[0], &compared.obstacles[1]];
    let mut text = String::new();
    if in_the_way.is_empty() {
        text.push_str(&tr!(
            "\nA merge into the first moves {}, {}, what is open,\n\
             {} and {} of the wallet; the second one is closed and stays.\n",
            counted(other.orders, tr!("order")),
            counted(other.memberships.len(), tr!("membership")),
            counted(other.codes.len(), tr!("code")),
            other.balance
        ));
        text.push_str(&next_text(one, other));
    } else {
        text.push_str(tr!("\nThe second one cannot be merged into the first:\n"));
        in_the_way.iter().for_each(|why| text.push_str(&wrapped("  ", "    ", why)));
        match other_way.is_empty() {
            true => text.push_str(&next_text(other, one)),
            false => text.push_str(&tr!(
                "\nNext: sejoli-migrate people keep-apart \\\n        {} {} --why TEXT\n",
                one.user_id,
                other.user_id
            )),
        }
    }
    text
}

fn next_text(kept: &AccountFacts, closed: &AccountFacts) -> String {
    tr!(
        "\nNext: sejoli-migrate people merge --why TEXT --dry-run \\\n        {} {}\n",
        kept.user_id,
        closed.user_id
    )
}

/// Two accounts side by side as a document.
pub(crate) fn show_document(compared: &AccountComparison<'_>, show_pii: bool) -> Value {
    let shown = PiiDisplay(show_pii);
    let account = |of: &AccountFacts| {
        let mut document = json!(of);
        document["name"] = json!(shown.name(&of.name));
        document["email"] = json!(shown.email(&of.email));
        document["phone"] = json!(of.phone.as_deref().map(|phone| shown.phone(phone)));
        document["whatsapp"] = json!(of.whatsapp.as_deref().map(|phone| shown.phone(phone)));
        document
    };
    let [one, other] = &compared.accounts;
    json!({
        "schema_version": 1,
        "accounts": [account(one), account(other)],
        "reasons": compared.pair.map(|pair| &pair.reasons),
        "decision": compared.pair.and_then(|pair| pair.decision.as_ref()),
        "in_the_way": { "of_merging_the_second": compared.obstacles[0], "of_merging_the_first": compared.obstacles[1] },
    })
}

/// Decisions as text, with the rows that a dry run would change.
pub(crate) fn decided_text(
    done: &CarriedOut<PeopleOutcome>,
    pairs: &Pairs,
    (list, diff): (&ChangeList, Option<&Path>),
    show_pii: bool,
    next: &str,
) -> String {
    let kept = if done.dry_run { tr!(" (dry run: nothing was kept)") } else { "" };
    let shown = PiiDisplay(show_pii);
    let mut text = tr!("Decisions, run {}{kept}\n", done.run.id);
    if done.outcome.pairs.is_empty() {
        text.push_str(tr!("  none\n"));
    }
    for pair in &done.outcome.pairs {
        let who = |id: &str| {
            let email = pairs.users.contact(id).map_or(id, |user| user.email.as_str());
            excerpt(&shown.email(email), EMAIL)
        };
        let (one, other) = (who(&pair.decision.one), who(&pair.decision.other));
        let what = match pair.decision.choice {
            PairChoice::Merge => tr!("{other} merged into {one}"),
            PairChoice::KeepApart => tr!("{one} and {other} kept apart"),
            PairChoice::Forget => tr!("{one} and {other} wait again"),
        };
        let how = if pair.is_new { "" } else { tr!(" (so already)") };
        text.push_str(&format!("  {what}{how}\n"));
        for code in &pair.merged.codes {
            text.push_str(&tr!("    affiliate {code} credits the kept account\n"));
        }
        for (table, rows) in &pair.merged.left {
            text.push_str(&tr!("    {rows} {table} stay: the kept account has its own\n"));
        }
        for finding in &pair.merged.findings {
            text.push_str(&format!("    {}  {}\n", finding.code.info().code, finding.detail.spoken()));
        }
    }
    for note in &done.outcome.notes {
        text.push_str(&format!("  {}  {}\n", note.code.info().code, note.detail.spoken()));
    }
    text.push_str(&tables_text(&books(done), done.dry_run));
    text.push_str(&changes::text(list, diff));
    text.push_str(&match done.dry_run {
        true => tr!("\nNext: {next}\n"),
        false => tr!("\nNext: {next}\nTo take it back: sejoli-migrate rollback {} --yes\n", done.run.id),
    });
    text
}

/// Decisions as a document.
pub(crate) fn decided_document(
    done: &CarriedOut<PeopleOutcome>,
    pairs: &Pairs,
    (changes, diff): (&ChangeList, Option<&Path>),
    show_pii: bool,
) -> Value {
    let shown = PiiDisplay(show_pii);
    let account = |id: &str| {
        let email = pairs.users.contact(id).map(|user| shown.email(&user.email));
        json!({ "user_id": id, "email": email })
    };
    let decided = done.outcome.pairs.iter().map(|pair| {
        json!({
            "decision": match pair.decision.choice {
                PairChoice::Merge => "merge",
                PairChoice::KeepApart => "keep-apart",
                PairChoice::Forget => "undo",
            },
            "changed": pair.is_new,
            "one": account(&pair.decision.one),
            "other": account(&pair.decision.other),
            "codes": pair.merged.codes,
            "left": pair.merged.left,
            "findings": findings_document(&pair.merged.findings),
        })
    });
    let decided: Vec<Value> = decided.collect();
    json!({
        "schema_version": 1,
        "run": done.run.id,
        "dry_run": done.dry_run,
        "decisions": decided,
        "affiliates_to_review": findings_document(&done.outcome.notes),
        "tables": books(done).tables,
        "changes": changes::document(changes),
        "diff": diff,
    })
}
