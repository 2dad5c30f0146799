//! Pairs of accounts that may be one person.

use serde_json::{Value, json};

use crate::cli::render::mappings::Shown;
use crate::cli::render::table::number;
use crate::decisions::people::{Account, Pair};
use crate::domain::money::Money;
use crate::domain::text::excerpt;

/// The most letters of a name and of an address in a line.
const NAME: usize = 20;
const EMAIL: usize = 26;

/// Pairs that are listed as text; the document has all of them.
const SHOWN: usize = 100;

/// Pairs as text, three lines each.
pub(crate) fn text(pairs: &[Pair], show_pii: bool) -> String {
    if pairs.is_empty() {
        return "No two accounts look like one person.\n".to_owned();
    }
    let shown = Shown(show_pii);
    let mut text = String::new();
    for (pair, place) in pairs.iter().zip(1..).take(SHOWN) {
        let reasons: Vec<&str> = pair.reasons.iter().map(|reason| reason.words()).collect();
        let also = if pair.is_of_affiliate_and_buyer() { "; an affiliate, also a buyer" } else { "" };
        text.push_str(&format!("{place}. {}{also}\n", reasons.join(", ")));
        text.push_str(&account_line(&pair.one, &shown));
        text.push_str(&account_line(&pair.other, &shown));
    }
    if pairs.len() > SHOWN {
        text.push_str(&format!("… and {} more (--format json lists them all)\n", pairs.len() - SHOWN));
    }
    let balance: Money = pairs.iter().map(Pair::balance).sum();
    format!(
        "{text}\n{} pairs, with {balance} in their wallets. Nothing was changed.\n",
        number(pairs.len() as u64)
    )
}

fn account_line(account: &Account, shown: &Shown) -> String {
    format!(
        "   {:<NAME$}  {:<EMAIL$}  {:>3} orders  {}\n",
        excerpt(&shown.name(&account.name), NAME),
        excerpt(&shown.email(&account.email), EMAIL),
        account.orders,
        account.balance
    )
}

/// Pairs as a document.
pub(crate) fn document(pairs: &[Pair], show_pii: bool) -> Value {
    let shown = Shown(show_pii);
    let account = |account: &Account| {
        json!({
            "user_id": account.user_id,
            "name": shown.name(&account.name),
            "email": shown.email(&account.email),
            "orders": account.orders,
            "is_affiliate": account.is_affiliate,
            "balance": account.balance,
        })
    };
    let pair = |pair: &Pair| {
        json!({
            "reasons": pair.reasons,
            "affiliate_and_buyer": pair.is_of_affiliate_and_buyer(),
            "accounts": [account(&pair.one), account(&pair.other)],
        })
    };
    let pairs: Vec<Value> = pairs.iter().map(pair).collect();
    json!({ "schema_version": 1, "pairs": pairs })
}
