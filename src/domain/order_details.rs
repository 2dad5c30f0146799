//! What the shop knows of an order beyond the checklist's columns. It goes into the transaction's metadata as it stands in the
//! file, and nothing is computed from it.

use serde::Deserialize;

/// The details; none where the export does not say them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OrderDetails {
    /// How many were bought.
    pub quantity: Option<String>,
    /// The coupon's code.
    pub coupon_code: Option<String>,
    /// How it was paid: Sejoli's name of the gateway.
    pub payment_gateway: Option<String>,
    /// The code by which a bank transfer is recognised, in rupiah.
    pub unique_code: Option<String>,
    /// What was paid from the buyer's wallet in Sejoli, in rupiah.
    pub wallet_used: Option<String>,
}

impl OrderDetails {
    /// Their names in the metadata, and what stands there.
    pub(crate) fn members(&self) -> [(&'static str, Option<&str>); 5] {
        [
            ("quantity", self.quantity.as_deref()),
            ("couponCode", self.coupon_code.as_deref()),
            ("paymentGateway", self.payment_gateway.as_deref()),
            ("uniqueCode", self.unique_code.as_deref()),
            ("walletUsed", self.wallet_used.as_deref()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A new product map or affiliate rewrites the metadata from what is read of it.
    #[test]
    fn every_detail_is_read_back_by_the_name_it_is_written_under() {
        let names = OrderDetails::default().members().map(|(name, _)| name);
        let json: serde_json::Value = names.iter().map(|name| ((*name).to_owned(), *name)).collect();
        let details: OrderDetails = serde_json::from_value(json).expect("details");
        assert_eq!(details.members(), names.map(|name| (name, Some(name))));
    }
}
