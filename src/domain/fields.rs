//! The columns of each kind of export, and a row's cells by their names.

/// A column that the tool reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// Its name in the checklist.
    pub name: &'static str,
    /// Whether an export without this column is useless.
    pub required: bool,
}

macro_rules! fields {
    ($(#[$meta:meta])* $name:ident { $($field:ident $($required:literal)?),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default)]
        #[allow(missing_docs, reason = "the fields carry the names of the export's own columns")]
        pub struct $name<'a> { $(pub $field: &'a str),+ }

        impl<'a> $name<'a> {
            /// The columns, in the checklist's order.
            pub const FIELDS: &'static [FieldSpec] = &[
                $(FieldSpec { name: stringify!($field), required: fields!(@required $($required)?) }),+
            ];

            /// The cells of one row; `cell` is asked once for each position in `FIELDS`, in order.
            pub fn read(mut cell: impl FnMut(usize) -> &'a str) -> Self {
                let mut next = 0..;
                let mut take = || cell(next.next().unwrap_or_default());
                Self { $($field: take()),+ }
            }
        }
    };
    (@required $required:literal) => { $required };
    (@required) => { false };
}

fields! {
    /// One row of an export of orders.
    OrderCells {
        order_id true,
        order_date true,
        product_id true,
        product_name,
        buyer_name,
        buyer_email true,
        buyer_phone,
        buyer_whatsapp,
        amount true,
        paid_amount,
        payment_status true,
        paid_date,
        expiry_date,
        affiliate_code,
        affiliate_name,
        affiliate_email,
        affiliate_commission_rate,
        affiliate_commission_amount,
    }
}

fields! {
    /// One row of an export of memberships.
    MembershipCells {
        membership_id true,
        user_email true,
        product_id true,
        product_name,
        start_date true,
        expiry_date,
        status true,
        price,
        order_id,
    }
}

fields! {
    /// One row of an export of affiliates.
    AffiliateCells {
        affiliate_code true,
        affiliate_name true,
        affiliate_email,
        affiliate_phone,
        commission_rate,
        total_referrals,
        total_commissions,
        total_paid,
        join_date,
    }
}

fields! {
    /// One row of the product map.
    ProductCells {
        product_id true,
        product_name,
        kind true,
        membership,
        duration,
        price,
        product,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_read_by_name_not_by_luck() {
        let names: Vec<&str> = OrderCells::FIELDS.iter().map(|field| field.name).collect();
        let row = OrderCells::read(|at| names[at]);
        assert_eq!(row.order_id, "order_id");
        assert_eq!(row.affiliate_commission_amount, "affiliate_commission_amount");
        assert!(OrderCells::FIELDS[0].required && !OrderCells::FIELDS[3].required);
    }
}
