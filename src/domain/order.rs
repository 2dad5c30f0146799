//! An order of the shop, whichever export it was read from.

use crate::domain::commission_status::StatedCommission;
use crate::domain::contact::{Email, Phone};
use crate::domain::date::Millis;
use crate::domain::finding::{Code, Finding};
use crate::domain::money::{Money, Rate};
use crate::domain::order_details::OrderDetails;
use crate::domain::status::OrderStatus;

/// An order with typed values, not yet matched with the app's users and products.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Order {
    /// Sejoli's order number as it was written (lesson L15, `docs/lessons.md`).
    pub id: String,
    /// The time at which it was placed.
    pub placed_at: Millis,
    /// Sejoli's product number; empty if the export has titles only and none matches.
    pub product_id: String,
    /// The product's title as recorded on the order.
    pub product_name: String,
    /// The buyer's name; empty when there is none.
    pub buyer_name: String,
    /// The buyer's e-mail address.
    pub email: Option<Email>,
    /// The buyer's phone.
    pub phone: Option<Phone>,
    /// The buyer's WhatsApp number.
    pub whatsapp: Option<Phone>,
    /// The total of the order.
    pub amount: Money,
    /// The sum that was paid; it includes the unique code by which a bank transfer is recognised.
    pub paid_amount: Option<Money>,
    /// The status of its payment.
    pub status: OrderStatus,
    /// The time of its payment; of a paid order without a paid date, the time at which it was placed.
    pub paid_at: Option<Millis>,
    /// The affiliate's code.
    pub affiliate_code: Option<String>,
    /// The affiliate's name, as recorded on the order.
    pub affiliate_name: Option<String>,
    /// The affiliate's e-mail address, as recorded on the order.
    pub affiliate_email: Option<String>,
    /// The commission rate recorded on the order.
    pub rate: Option<Rate>,
    /// The commission recorded on the order; of a paid order only one that Sejoli counts as earned.
    pub commission: Option<Money>,
    /// What else Sejoli says of it.
    pub stated_commission: StatedCommission,
    /// What the checklist has no columns for.
    pub details: OrderDetails,
}

impl Order {
    /// Whether it was paid and not refunded; only then does it count as revenue (lesson L11).
    pub fn is_paid(&self) -> bool {
        self.status == OrderStatus::Paid
    }

    /// The sum that the order charged: the paid amount if there was a payment and it is recorded, else the
    /// total.
    pub fn charged(&self) -> Money {
        self.paid_amount.filter(|_| has_moved_money(self.status)).unwrap_or(self.amount)
    }

    /// The time to which its commission belongs: that of the payment (lesson L20).
    pub fn earned_at(&self) -> Millis {
        self.paid_at.unwrap_or(self.placed_at)
    }
}

/// Whether an order of this status was paid at some time.
pub(crate) const fn has_moved_money(status: OrderStatus) -> bool {
    matches!(status, OrderStatus::Paid | OrderStatus::Refunded)
}

/// The finding about a buyer without an e-mail address who was recognised by a number: that of the phone, or without
/// one, that of WhatsApp.
pub(crate) fn recognised_by_number(phone: Option<Phone>) -> Finding {
    match phone {
        Some(_) => Finding::at(Code::IdentityByPhone, "buyer_phone", ""),
        None => Finding::at(Code::IdentityByWhatsapp, "buyer_whatsapp", ""),
    }
}
