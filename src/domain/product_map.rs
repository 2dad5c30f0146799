//! The product map: what each Sejoli product is in the app. Nothing is read out of titles (L12).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::money::Money;

/// What kind of thing a product is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ProductKind {
    /// A membership.
    Membership,
    /// Anything that is none of the others.
    Product,
    /// A course.
    Course,
    /// An event.
    Event,
}

impl ProductKind {
    /// Its word in the map.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Membership => "MEMBERSHIP",
            Self::Product => "PRODUCT",
            Self::Course => "COURSE",
            Self::Event => "EVENT",
        }
    }

    /// The kind of a word in the map.
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

/// What the map says about one product.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProductMapping {
    /// Its name, for people.
    pub name: String,
    /// Its kind.
    pub kind: ProductKind,
    /// The slug of the app's membership.
    pub membership: Option<String>,
    /// The membership's duration in the app's words; needed only to create it.
    pub duration: Option<String>,
    /// The membership's price; needed only to create it.
    pub price: Option<Money>,
    /// The slug of the app's product.
    pub product: Option<String>,
}

/// The product map, by Sejoli's product number.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProductMap {
    /// What it says about each product.
    pub products: BTreeMap<String, ProductMapping>,
}

impl ProductMap {
    /// What the map says about a product.
    pub fn get(&self, product_id: &str) -> Option<&ProductMapping> {
        self.products.get(product_id)
    }

    /// The slug of the membership that a product is.
    pub fn membership_of(&self, product_id: &str) -> Option<&str> {
        self.get(product_id)?.membership.as_deref()
    }
}
