//! An order of the shop, whichever export it was read from.

use crate::domain::contact::{Email, Phone};
use crate::domain::date::Millis;
use crate::domain::money::{Money, Rate};
use crate::domain::status::OrderStatus;

/// An order as Sejoli has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// The Sejoli number, as it is (L15).
    pub id: String,
    /// When it was placed.
    pub placed_at: Millis,
    /// Sejoli's product number.
    pub product_id: String,
    /// The product's title at that time.
    pub product_name: String,
    /// The buyer's name; empty when there is none.
    pub buyer_name: String,
    /// The buyer's address, if there is one.
    pub email: Option<Email>,
    /// The buyer's phone.
    pub phone: Option<Phone>,
    /// The buyer's WhatsApp number.
    pub whatsapp: Option<Phone>,
    /// The price.
    pub amount: Money,
    /// What was paid, the unique code included.
    pub paid_amount: Option<Money>,
    /// Where it stands.
    pub status: OrderStatus,
    /// When it was paid.
    pub paid_at: Option<Millis>,
    /// The affiliate's code.
    pub affiliate_code: Option<String>,
    /// The affiliate's name, as recorded on the order.
    pub affiliate_name: Option<String>,
    /// The affiliate's address, as recorded on the order.
    pub affiliate_email: Option<String>,
    /// The rate at that time.
    pub rate: Option<Rate>,
    /// The commission recorded on the order.
    pub commission: Option<Money>,
}

impl Order {
    /// Whether it was paid and not given back: only then does it count as revenue (L11).
    pub fn is_paid(&self) -> bool {
        self.status == OrderStatus::Paid
    }

    /// What the order brought or would have brought: the paid amount where there was a payment.
    pub fn charged(&self) -> Money {
        match self.status {
            OrderStatus::Paid | OrderStatus::Refunded => self.paid_amount.unwrap_or(self.amount),
            OrderStatus::Pending | OrderStatus::Expired => self.amount,
        }
    }

    /// The date that a commission belongs to (L20).
    pub fn earned_at(&self) -> Millis {
        self.paid_at.unwrap_or(self.placed_at)
    }
}
