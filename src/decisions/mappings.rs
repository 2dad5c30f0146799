//! The affiliates' mappings with all that is known of them: who they may be, what hangs on them, who has decided.

use std::collections::HashMap;

use serde::Serialize;

use crate::decisions::candidates::{AffiliateTraits, Candidate, UserIndex};
use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::store::queries;
use crate::store::queries::decisions::NamedAffiliate;
use crate::store::schema::tables::{AffiliateMapping, AffiliateTotals, TransactionStatus};
use crate::store::session::store::Store;

/// What hangs on a code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct MoneyOfCode {
    /// Imported orders that name the code.
    pub(crate) orders: i64,
    /// Those among them that are paid.
    pub(crate) paid_orders: i64,
    /// The commission of the paid ones.
    pub(crate) earned: Money,
    /// What Sejoli has paid out.
    pub(crate) paid: Money,
    /// What is left, never below zero.
    pub(crate) owed: Money,
}

/// The user whom a mapping names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct MappedUser {
    /// The user's id.
    pub(crate) id: String,
    /// The name; empty where the user is gone.
    pub(crate) name: String,
    /// The address; empty where the user is gone.
    pub(crate) email: String,
}

/// A mapping with what hangs on it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct MappingCase {
    /// Sejoli's code.
    pub(crate) code: String,
    /// PENDING, VERIFIED or REJECTED, or a word of the app's own.
    pub(crate) status: String,
    /// The affiliate's name.
    pub(crate) name: String,
    /// The affiliate's address.
    pub(crate) email: Option<String>,
    /// The affiliate's phone number.
    pub(crate) phone: Option<String>,
    /// The user of the app.
    pub(crate) user: Option<MappedUser>,
    /// Who has decided.
    pub(crate) decided_by: Option<String>,
    /// When that was decided.
    pub(crate) decided_at: Option<Millis>,
    /// Why; of a mapping that waits, why it waits.
    pub(crate) notes: Option<String>,
    /// What hangs on it.
    #[serde(flatten)]
    pub(crate) money: MoneyOfCode,
}

/// All mappings, in the order of their codes, and the users of the app.
#[derive(Debug)]
pub(crate) struct MappingCases {
    /// The mappings.
    pub(crate) cases: Vec<MappingCase>,
    /// The users.
    pub(crate) users: UserIndex,
    named: HashMap<String, Vec<NamedAffiliate>>,
}

impl MappingCases {
    /// Gathers them.
    ///
    /// # Errors
    /// The database's errors.
    pub(crate) fn load(store: &mut Store) -> anyhow::Result<Self> {
        let bought = queries::decisions::buyer_details(store)?;
        let users = UserIndex::new(queries::people::contacts(store)?, bought);
        let mut named: HashMap<String, Vec<NamedAffiliate>> = HashMap::new();
        for one in queries::decisions::named_affiliates(store)? {
            named.entry(one.code.clone()).or_default().push(one);
        }
        let mut money = money_of_codes(store)?;
        let mut mappings: Vec<AffiliateMapping> = store.all_rows()?;
        mappings.sort_by(|a, b| a.code.cmp(&b.code));
        let cases = mappings.into_iter().map(|mapping| {
            let money = money.remove(&mapping.code).unwrap_or_default();
            case(mapping, money, &users)
        });
        Ok(Self { cases: cases.collect(), users, named })
    }

    /// The mapping of a code.
    pub(crate) fn find(&self, code: &str) -> Option<&MappingCase> {
        self.cases.iter().find(|case| case.code == code)
    }

    /// Who a mapping's affiliate may be, the likeliest first.
    pub(crate) fn candidates(&self, case: &MappingCase) -> Vec<Candidate> {
        let mut affiliate = AffiliateTraits {
            name: &case.name,
            named: case.notes.as_deref().unwrap_or_default(),
            ..AffiliateTraits::default()
        };
        affiliate.add(case.email.as_deref(), case.phone.as_deref());
        for named in self.named.get(&case.code).into_iter().flatten() {
            affiliate.add(named.email.as_deref(), named.phone.as_deref());
        }
        self.users.candidates(&affiliate)
    }
}

fn case(mapping: AffiliateMapping, money: MoneyOfCode, users: &UserIndex) -> MappingCase {
    let user = mapping.eksporyuk_user_id.map(|id| {
        let contact = users.contact(&id);
        MappedUser {
            name: contact.map(|user| user.name.clone()).unwrap_or_default(),
            email: contact.map(|user| user.email.clone()).unwrap_or_default(),
            id,
        }
    });
    MappingCase {
        code: mapping.code,
        status: mapping.status,
        name: mapping.name,
        email: mapping.email,
        phone: mapping.phone,
        user,
        decided_by: mapping.verified_by,
        decided_at: mapping.verified_at,
        notes: mapping.notes,
        money,
    }
}

fn money_of_codes(store: &mut Store) -> anyhow::Result<HashMap<String, MoneyOfCode>> {
    let mut money: HashMap<String, MoneyOfCode> = HashMap::new();
    for group in queries::decisions::orders_by_commission(store)? {
        let of_code = money.entry(group.code).or_default();
        of_code.orders += group.orders;
        if group.status == TransactionStatus::Success.as_str() {
            of_code.paid_orders += group.orders;
            let commission = group.commission.unwrap_or(Money::ZERO);
            of_code.earned = of_code.earned + Money::from_minor(commission.minor() * group.orders);
        }
    }
    let totals: Vec<AffiliateTotals> = store.all_rows()?;
    for totals in totals {
        money.entry(totals.code).or_default().paid = totals.reported_paid;
    }
    for of_code in money.values_mut() {
        of_code.owed = (of_code.earned - of_code.paid).max(Money::ZERO);
    }
    Ok(money)
}
