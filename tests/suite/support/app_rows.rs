//! Rows of the app's own, as it would have written them: an import finds them in the database and leaves them alone.

use super::AppDatabase;
use super::library::{
    DatabaseUse, Millis, Money,
    tables::{Role, Transaction, TransactionStatus, TransactionType, User},
};

/// When the app wrote these rows.
pub const CREATED_AT: Millis = Millis(1_700_000_000_000);

/// A transaction of the app's own, not yet in a database.
pub fn app_transaction(
    id: &str,
    user: &str,
    external_id: Option<&str>,
    invoice_number: Option<&str>,
) -> Transaction {
    Transaction {
        id: id.to_owned(),
        user_id: user.to_owned(),
        kind: TransactionType::Product,
        status: TransactionStatus::Success,
        amount: Money::rupiah(77_000),
        customer_name: None,
        customer_email: None,
        customer_phone: None,
        customer_whatsapp: None,
        product_id: None,
        description: None,
        original_amount: None,
        payment_provider: Some("XENDIT".to_owned()),
        external_id: external_id.map(str::to_owned),
        affiliate_share: None,
        affiliate_id: None,
        metadata: None,
        paid_at: None,
        created_at: CREATED_AT,
        updated_at: CREATED_AT,
        invoice_number: invoice_number.map(str::to_owned),
        membership_id: Default::default(),
    }
}

/// Puts somebody into the app who was there before the import.
pub fn insert_app_user(db: &AppDatabase, id: &str, email: &str, name: &str, role: &str) {
    let user = User {
        id: id.to_owned(),
        email: email.to_owned(),
        username: None,
        name: name.to_owned(),
        password: None,
        role: Role::from_word(role).expect("a role"),
        phone: None,
        whatsapp: None,
        email_verified: false,
        is_active: true,
        is_suspended: false,
        import_source: None,
        created_at: CREATED_AT,
        updated_at: CREATED_AT,
        affiliate_menu_enabled: Default::default(),
    };
    db.store(DatabaseUse::Write).insert(user).expect("a user of the app");
}

/// A person of the app's own, not yet in a database.
pub fn app_user(id: &str, email: &str, name: &str, role: Role) -> User {
    User {
        id: id.to_owned(),
        email: email.to_owned(),
        username: None,
        name: name.to_owned(),
        password: Some(format!("hash of {id}")),
        role,
        phone: None,
        whatsapp: None,
        email_verified: true,
        is_active: true,
        is_suspended: false,
        import_source: None,
        created_at: CREATED_AT,
        updated_at: CREATED_AT,
        affiliate_menu_enabled: Default::default(),
    }
}
