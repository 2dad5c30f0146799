//! The product map: what each Sejoli product is in the app. The operator writes it, and nothing is guessed
//! from titles (lesson L12, `docs/lessons.md`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::money::Money;

/// The kind of a product in the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ProductKind {
    /// A membership.
    Membership,
    /// Any other product.
    Product,
    /// A course.
    Course,
    /// An event.
    Event,
}

impl ProductKind {
    /// Its word in the product map and in the app: `MEMBERSHIP`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Membership => "MEMBERSHIP",
            Self::Product => "PRODUCT",
            Self::Course => "COURSE",
            Self::Event => "EVENT",
        }
    }

    /// The kind of a word in the product map, in any case.
    pub fn from_word(word: &str) -> Option<Self> {
        match word.trim().to_ascii_uppercase().as_str() {
            "MEMBERSHIP" => Some(Self::Membership),
            "PRODUCT" => Some(Self::Product),
            "COURSE" => Some(Self::Course),
            "EVENT" => Some(Self::Event),
            _ => None,
        }
    }
}

/// The words of a membership's duration, as the app writes them.
pub(crate) const DURATIONS: [&str; 5] =
    ["ONE_MONTH", "THREE_MONTHS", "SIX_MONTHS", "TWELVE_MONTHS", "LIFETIME"];

/// One line of the product map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProductMapping {
    /// The product's title in Sejoli, by which the plugin's own export is matched.
    pub name: String,
    /// Its kind.
    pub kind: ProductKind,
    /// The slug of the membership in the app.
    pub membership: Option<String>,
    /// The membership's duration as the app writes it; needed only to create the membership.
    pub duration: Option<String>,
    /// The membership's price; needed only to create the membership.
    pub price: Option<Money>,
    /// The slug of the product in the app.
    pub product: Option<String>,
}

/// The product map, by Sejoli's product number.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProductMap {
    /// The lines by Sejoli's product number.
    pub products: BTreeMap<String, ProductMapping>,
}

impl ProductMap {
    /// The line of a product.
    pub fn get(&self, product_id: &str) -> Option<&ProductMapping> {
        self.products.get(product_id)
    }

    /// The slug of the membership that a product grants.
    pub fn membership_of(&self, product_id: &str) -> Option<&str> {
        self.get(product_id)?.membership.as_deref()
    }
}
