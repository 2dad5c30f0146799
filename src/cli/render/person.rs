//! A person's story, for whoever answers that person.

use serde_json::Value;

use crate::domain::kept_reason;
use crate::domain::run_kind::RunKind;
use crate::language::{msg, said, tr};
use crate::terminal::wrapped;
use crate::verify::{AffiliateStory, PersonStory};

/// A story as a document.
///
/// # Errors
/// It cannot be written as JSON, which is a bug.
pub(crate) fn document(story: &PersonStory) -> anyhow::Result<Value> {
    let mut document = serde_json::to_value(story)?;
    document["schema_version"] = 1.into();
    Ok(document)
}

/// What three sides say of a person, a line each, and where they disagree.
#[derive(Debug)]
pub(crate) struct PersonSides {
    /// The cells of the source.
    pub(crate) source: Vec<String>,
    /// The rows of the database.
    pub(crate) database: Vec<String>,
    /// The app's pages.
    pub(crate) app: Vec<String>,
    /// What the app shows otherwise than the source says.
    pub(crate) differences: Vec<String>,
}

/// A story by its sides.
pub(crate) fn sides(story: &PersonStory) -> PersonSides {
    let (pages, rows): (Vec<String>, Vec<String>) =
        member(story).into_iter().partition(|line| !line.starts_with(said(ROW)));
    let app = log_in(story).into_iter().chain(pages).chain(story.affiliate.iter().flat_map(affiliate));
    PersonSides {
        source: source(story),
        database: account(story).into_iter().chain(rows).chain(orders(story)).collect(),
        app: app.collect(),
        differences: differences(story),
    }
}

/// A heading above a story.
pub(crate) fn heading(words: &str) -> String {
    wrapped("\n", "    ", words)
}

/// What the line of a membership's row begins with.
const ROW: &str = msg!("row ");

/// A story as text.
pub(crate) fn text(story: &PersonStory) -> String {
    let parts = [
        (tr!("Account"), account(story)),
        (tr!("Log-in"), log_in(story)),
        (tr!("Member"), member(story)),
        (tr!("Orders"), orders(story)),
        (tr!("Affiliate"), story.affiliate.as_ref().map(affiliate).unwrap_or_default()),
        (tr!("What is kept of the source"), source(story)),
        (tr!("Rows with these numbers that were held or rejected"), rejects(story)),
        (tr!("Runs"), runs(story)),
        (tr!("What the app shows otherwise than the source says"), differences(story)),
    ];
    let parts = parts.iter().filter(|(_, lines)| !lines.is_empty());
    let part = |(heading, lines): &(&str, Vec<String>)| {
        let lines: String = lines.iter().map(|line| wrapped("  ", "      ", line)).collect();
        format!("{heading}\n{lines}")
    };
    parts.map(part).collect::<Vec<_>>().join("\n")
}

fn or_none(text: Option<&String>) -> &str {
    text.map_or(tr!("none"), String::as_str)
}

fn list(names: &[String]) -> String {
    if names.is_empty() { tr!("none").to_owned() } else { names.join(", ") }
}

fn account(story: &PersonStory) -> Vec<String> {
    let account = &story.account;
    let origin = if account.imported { tr!("made by an import") } else { tr!("the app's own") };
    let mut lines = vec![
        format!("{} <{}>, {origin} ({})", account.name, account.email, story.app),
        tr!("user {}, role {}, since {}", account.id, account.role, account.created_at),
        tr!("phone {}, WhatsApp {}", or_none(account.phone.as_ref()), or_none(account.whatsapp.as_ref())),
    ];
    if account.email != story.asked {
        lines.push(tr!("an import has recognised this person by {}", story.asked));
    }
    lines
}

fn log_in(story: &PersonStory) -> Vec<String> {
    let log_in = &story.log_in;
    let mut lines = vec![match log_in.has_password {
        true => tr!("has a password; a forgotten one is reset at {}", log_in.reset_page),
        false => tr!("has no password: sets one at {}", log_in.reset_page),
    }];
    if !log_in.reset_finds_address {
        lines.push(tr!("the reset does not find the address: it has a capital letter").to_owned());
    }
    if let Some(why) = log_in.refused {
        lines.push(tr!("the log-in refuses the account: {why}"));
    }
    if log_in.asked_to_verify {
        lines.push(tr!("at each visit a dialog asks to confirm the address; it can be closed").to_owned());
    }
    if !log_in.asked_for.is_empty() {
        let what = log_in.asked_for.join(", ");
        lines.push(tr!("before a course or the groups a form asks for: {what}"));
    }
    if log_in.sent_to_upgrade {
        lines.push(tr!("most pages lead to the upgrade page (MEMBER_FREE)").to_owned());
    }
    lines
}

fn member(story: &PersonStory) -> Vec<String> {
    let mut lines: Vec<String> = story
        .pages
        .iter()
        .filter(|_| !story.memberships.is_empty())
        .map(|page| format!("{}: {}", page.page, page.shows.as_deref().unwrap_or(tr!("none"))))
        .collect();
    if let Some(source) = story.pages.first().and_then(|page| page.source.as_ref()) {
        lines.push(tr!("by the source: {source}"));
    } else if !story.memberships.is_empty() {
        lines.push(tr!("by the source: none that runs").to_owned());
    }
    let row = said(ROW);
    for held in &story.memberships {
        let source = match &held.source_end {
            None => tr!(", the app's own").to_owned(),
            Some(end) if *end == held.end => String::new(),
            Some(end) => tr!(", by the source until {end}"),
        };
        lines.push(tr!(
            "{row}{}: {}, {} to {}, {}{source}",
            held.id,
            held.plan,
            held.start,
            held.end,
            held.status
        ));
    }
    lines.push(tr!("groups: {}", list(&story.groups)));
    lines.push(tr!("courses that open: {}", list(&story.courses)));
    lines.push(tr!("products: {}", list(&story.products)));
    lines
}

fn orders(story: &PersonStory) -> Vec<String> {
    let line = |order: &crate::verify::OrderStory| {
        let number =
            order.order.as_deref().map_or(tr!("of the app").to_owned(), |number| tr!("order {number}"));
        let invoice = order.invoice.as_deref().unwrap_or(tr!("no invoice"));
        let status = order.status.as_deref().unwrap_or(tr!("no payment in the app"));
        let mut line = format!("{number} ({invoice}): {}, {}, {status}", order.item, order.amount);
        if let Some(source) = &order.source_status {
            line.push_str(&tr!(", in Sejoli {source}"));
        }
        if let Some(placed) = &order.placed {
            line.push_str(&format!(", {placed}"));
        }
        if let Some(code) = &order.affiliate {
            line.push_str(&tr!(", by affiliate {code}"));
            let commission = order.commission.iter();
            line.extend(commission.map(|commission| tr!(" for {commission}")));
        }
        line
    };
    story.orders.iter().map(line).collect()
}

fn affiliate(affiliate: &AffiliateStory) -> Vec<String> {
    let yes = |yes: bool| if yes { tr!("yes") } else { tr!("no") };
    vec![
        tr!("codes {}, profile {}", affiliate.codes.join(", "), affiliate.profile),
        tr!("let in: {}; onboarding done: {}", yes(affiliate.let_in), yes(affiliate.onboarded)),
        tr!("link ?ref={}; sells for this person: {}", affiliate.link, yes(affiliate.link_sells)),
        tr!(
            "by the source: earned {}, paid {}, owed {}",
            affiliate.source_earned,
            affiliate.source_paid,
            affiliate.owed
        ),
        tr!(
            "in the app: {} commissions, {}; of these paid out {}; asked for {}",
            affiliate.sales,
            affiliate.earned,
            affiliate.paid_out,
            affiliate.asked_for
        ),
        tr!("can request {}; balance of the wallet {}", affiliate.can_request, affiliate.balance),
    ]
}

fn source(story: &PersonStory) -> Vec<String> {
    let line = |row: &crate::verify::SourceRowStory| {
        let place = tr!("{} {} ({} record {})", row.kind, row.key, row.file, row.record);
        if row.purged {
            return tr!("{place}: purged");
        }
        let cells: Vec<String> = row.cells.iter().map(|(name, cell)| format!("{name}={cell}")).collect();
        format!("{place}: {}", cells.join("; "))
    };
    story.source_rows.iter().map(line).collect()
}

fn rejects(story: &PersonStory) -> Vec<String> {
    let line = |reject: &crate::verify::RejectStory| {
        let (kind, key, code) = (&reject.kind, &reject.key, &reject.code);
        let reason = kept_reason::spoken(&reject.reason);
        tr!("{kind} {key}: {} by run {}, {code}: {reason}", reject.disposition, reject.run)
    };
    story.rejects.iter().map(line).collect()
}

fn runs(story: &PersonStory) -> Vec<String> {
    let line = |run: &crate::verify::RunStory| {
        let kind = RunKind::of(&run.command).words();
        format!("{}: {kind}, {}, {}", run.run, run.began, run.state)
    };
    story.runs.iter().map(line).collect()
}

fn differences(story: &PersonStory) -> Vec<String> {
    if story.differences.is_empty() {
        return vec![tr!("nothing").to_owned()];
    }
    story.differences.iter().map(|one| format!("{}: {}", one.check, one.what)).collect()
}
