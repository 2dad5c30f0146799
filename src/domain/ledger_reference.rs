//! How imports name the entry of a commission in the ledger of a wallet: by its order and, above the first tier, by its tier
//! and its row.

/// A commission, as its entry names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LedgerReference<'a> {
    /// Sejoli's number of the order.
    pub(crate) order_id: &'a str,
    /// The tier and Sejoli's number of the row; none of the first tier.
    pub(crate) above: Option<(u32, &'a str)>,
}

impl<'a> LedgerReference<'a> {
    /// Reads a reference; none of an entry that is no import's. One of payouts or of an adjustment reads as an order that
    /// does not exist.
    pub(crate) fn parse(reference: &'a str) -> Option<Self> {
        let order_id = reference.strip_prefix("sejoli-")?;
        let above = order_id.rsplit_once("-tier-").and_then(|(order_id, rest)| {
            let (tier, row) = rest.split_once('-')?;
            Some((order_id, (tier.parse().ok()?, row)))
        });
        Some(match above {
            Some((order_id, above)) => Self { order_id, above: Some(above) },
            None => Self { order_id, above: None },
        })
    }

    /// The reference.
    pub(crate) fn reference(&self) -> String {
        match self.above {
            None => format!("sejoli-{}", self.order_id),
            Some((tier, row)) => format!("sejoli-{}-tier-{tier}-{row}", self.order_id),
        }
    }

    /// The words of the entry.
    pub(crate) fn description(&self) -> String {
        match self.above {
            None => format!("Sejoli commission, order {}", self.order_id),
            Some((tier, _)) => format!("Sejoli commission, order {}, tier {tier}", self.order_id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_as_it_is_written() {
        for (reference, order_id, above) in [
            ("sejoli-998", "998", None),
            ("sejoli-998-tier-2-17", "998", Some((2, "17"))),
            ("sejoli-9-8-tier-10-1-7", "9-8", Some((10, "1-7"))),
            ("sejoli-998-tier-x-17", "998-tier-x-17", None),
        ] {
            let read = LedgerReference::parse(reference).expect("an import's");
            assert_eq!(read, LedgerReference { order_id, above });
            assert_eq!(read.reference(), reference);
        }
        assert_eq!(LedgerReference::parse("PAYOUT-1"), None);
    }
}
