//! The app beside the import: the rows that it has of its own, and how it writes.

use crate::support::AppDatabase;
use crate::support::app_rows::{app_transaction, app_user};
use crate::support::library::record::{Record as _, Table};
use crate::support::library::tables::{
    AffiliateProfile, CommissionType, Membership, MembershipDuration, Product, Role, Wallet,
    WalletTransaction,
};
use crate::support::library::{Cell, DatabaseUse, JsonText, Millis, Money, Rate, Store, Value};

use super::shop::{APP_PRODUCTS, MEMBERSHIPS};
use super::source_day::buyer_address;
use super::state::{Handle, PersonState, WalletState};

/// The number by which an order without an address is recognised.
pub(super) const HELD_NUMBER: &str = "+628119990004";
/// The address of the user who sells by the app's own means, with a profile and a wallet of his own.
pub(super) const SELLER: &str = "penjual@app.example.org";
/// The address of somebody who buys in the app and is never deleted.
pub(super) const CUSTOMER: &str = "pelanggan@app.example.org";

/// When the app wrote its first rows.
const AT: Millis = Millis(1_700_000_000_000);

/// One thing that the app writes.
#[derive(Clone, Debug)]
pub(super) enum Write {
    Insert(&'static Table, Vec<Value>),
    Set(&'static Table, String, Vec<(&'static str, Value)>),
    Delete(&'static Table, String),
    /// Adds to numbers, as they stand.
    Add(&'static Table, String, Vec<(&'static str, i64)>),
}

/// What an event that happens during an import changes of what the import comes to.
#[derive(Clone, Debug)]
pub(super) enum Effect {
    Person(Handle, PersonState),
    Wallet(Handle, WalletState),
    Own(String, String),
}

/// Something that happens in the app, in one transaction.
#[derive(Clone, Debug)]
pub(super) struct Event {
    /// In words.
    pub(super) what: String,
    pub(super) writes: Vec<Write>,
    /// Whether rows that an import has made take part, so that it could not happen in an app without one.
    pub(super) needs_import: bool,
    /// Known of those that may happen during an import.
    pub(super) effects: Vec<Effect>,
}

impl Event {
    /// Writes it; a row that is not there is passed over.
    pub(super) fn write(&self, store: &mut Store) -> anyhow::Result<()> {
        store.transaction(|store| self.writes.iter().try_for_each(|write| write.carry_out(store)))
    }
}

impl Write {
    /// The row that it touches.
    pub(super) fn row(&self) -> (&'static str, String) {
        match self {
            Write::Insert(table, row) => match &row[0] {
                Value::Text(id) => (table.name, id.clone()),
                other => panic!("an id that is no text: {other:?}"),
            },
            Write::Set(table, id, _) | Write::Delete(table, id) | Write::Add(table, id, _) => {
                (table.name, id.clone())
            }
        }
    }

    fn carry_out(&self, store: &mut Store) -> anyhow::Result<()> {
        let (table, id) = self.row();
        let key = [Cell::Text(id)];
        let stands =
            !store.query(&format!("SELECT \"id\" FROM \"{table}\" WHERE \"id\" = ?"), &key)?.is_empty();
        match self {
            Write::Insert(table, row) => store.insert_rows(table, vec![row.clone()]),
            _ if !stands => Ok(()),
            Write::Set(table, id, set) => {
                let (columns, values): (Vec<&str>, Vec<Value>) = set.iter().cloned().unzip();
                let cells = values.into_iter().map(|value| store.encode(value)).collect();
                store.restore_rows(table, &columns, vec![(id.clone(), cells)])
            }
            Write::Delete(table, id) => store.delete_rows(table, &[id]),
            Write::Add(table, id, by) => {
                let set: Vec<String> =
                    by.iter().map(|(column, by)| format!("\"{column}\" = \"{column}\" + ({by})")).collect();
                let sql = format!("UPDATE \"{}\" SET {} WHERE \"id\" = ?", table.name, set.join(", "));
                store.execute(&sql, &[Cell::Text(id.clone())]).map(drop)
            }
        }
    }
}

/// Puts the app's own rows into a database: people, plans, products, and two wallets that are in use.
pub(super) fn furnish(db: &AppDatabase) {
    let mut store = db.store(DatabaseUse::Write);
    let mut person = |id: &str, email: &str, role, phone: Option<&str>| {
        let mut user = app_user(id, email, &format!("Nama {id}"), role);
        user.phone = phone.map(str::to_owned);
        store.insert(user).expect("a user of the app");
    };
    // Two who also buy in Sejoli, one who is an affiliate there, and others.
    person("own-buyer", &buyer_address(0), Role::MemberFree, None);
    person("own-mentor", &buyer_address(1).to_uppercase(), Role::Mentor, Some("+628119990001"));
    person("own-partner", "mitra1@example.org", Role::MemberFree, None);
    person("own-seller", SELLER, Role::Affiliate, None);
    person("own-holder", "pemegang@app.example.org", Role::MemberFree, Some(HELD_NUMBER));
    person("own-customer", CUSTOMER, Role::MemberFree, None);
    for number in 0..4 {
        person(&format!("own-{number}"), &format!("orang{number}@app.example.org"), Role::MemberFree, None);
    }
    for slug in MEMBERSHIPS {
        store.insert(plan(slug)).expect("a plan of the app");
    }
    let columns = ["id", "creatorId", "name", "slug", "description", "price", "createdAt", "updatedAt"];
    for slug in APP_PRODUCTS {
        let text = |text: &str| Value::Text(text.to_owned());
        let price = Value::Money(Money::rupiah(1));
        let id = format!("product-{slug}");
        let values = [
            text(&id),
            text("own-mentor"),
            text(slug),
            text(slug),
            text(""),
            price,
            Value::Time(AT),
            Value::Time(AT),
        ];
        let cells = values.into_iter().map(|value| store.encode(value)).collect();
        store.reinsert_rows(Product::TABLE, &columns, vec![cells]).expect("a product of the app");
    }
    store.insert(app_transaction("own-sale", "own-customer", None, None)).expect("a sale of the app's own");
    for (user, balance) in [("own-partner", 25_000), ("own-seller", 40_000)] {
        let wallet = wallet(user, balance);
        let entry = entry(&format!("entry-{user}"), &wallet.id, balance, "COMMISSION", AT);
        store.insert(wallet).expect("a wallet");
        store.insert(entry).expect("its entry");
    }
    store.insert(profile("own-seller")).expect("a profile");
}

fn plan(slug: &str) -> Membership {
    Membership {
        id: format!("plan-{slug}"),
        name: slug.to_owned(),
        slug: Some(slug.to_owned()),
        description: String::new(),
        duration: MembershipDuration::TwelveMonths,
        price: Money::rupiah(1),
        commission_type: CommissionType::Percentage,
        affiliate_commission_rate: Rate::from_hundredths(3_000),
        features: JsonText("[]".to_owned()),
        is_active: true,
        created_at: AT,
        updated_at: AT,
    }
}

fn wallet(user: &str, balance: i64) -> Wallet {
    Wallet {
        id: format!("wallet-{user}"),
        user_id: user.to_owned(),
        balance: Money::rupiah(balance),
        balance_pending: Money::ZERO,
        total_earnings: Money::rupiah(balance),
        total_payout: Money::ZERO,
        created_at: AT,
        updated_at: AT,
    }
}

/// An entry of the ledger; the amount is in rupiah.
pub(super) fn entry(id: &str, wallet: &str, amount: i64, kind: &str, at: Millis) -> WalletTransaction {
    WalletTransaction {
        id: id.to_owned(),
        wallet_id: wallet.to_owned(),
        amount: Money::rupiah(amount),
        kind: kind.to_owned(),
        description: "The app's own".to_owned(),
        reference: None,
        created_at: at,
    }
}

fn profile(user: &str) -> AffiliateProfile {
    AffiliateProfile {
        id: format!("profile-{user}"),
        user_id: user.to_owned(),
        affiliate_code: user.to_uppercase(),
        short_link: user.to_owned(),
        tier: 1,
        commission_rate: Rate::from_hundredths(1_000),
        total_clicks: 3,
        total_conversions: 0,
        total_sales: Money::ZERO,
        total_earnings: Money::ZERO,
        is_active: true,
        application_status: "APPROVED".to_owned(),
        whatsapp: None,
        approved_at: None,
        external_id: None,
        created_at: AT,
        updated_at: AT,
        profile_completed: Default::default(),
        profile_completed_at: Default::default(),
        bank_name: Default::default(),
        bank_account_name: Default::default(),
        bank_account_number: Default::default(),
    }
}
