//! The columns of each kind of export, and a row's cells by their names.

/// A column that the tool reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// Its name in the checklist.
    pub name: &'static str,
    /// Whether an export without this column is useless.
    pub required: bool,
    /// Whether the checklist does not ask for it. It does not count when a header is rated, and its cells stand in no
    /// text column of the app, so that their length is not checked.
    pub beyond_checklist: bool,
    /// What people call it, in the form of [`normalized_name`].
    pub aliases: &'static [&'static str],
}

impl FieldSpec {
    /// Whether a column of this plain name is meant.
    pub fn is_called(&self, plain: &str) -> bool {
        self.name == plain || self.aliases.contains(&plain)
    }

    /// Whether its cells are dates.
    pub fn is_date(&self) -> bool {
        self.name.ends_with("_date") || matches!(self.name, "created_at" | "created" | "updated")
    }
}

/// A column's name in lower case, with one underscore for whatever parts its words.
pub fn normalized_name(column: &str) -> String {
    let lower = column.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_")
}

macro_rules! fields {
    ($(#[$meta:meta])* $name:ident { $($field:ident $($mark:ident)? $([$($alias:literal),+])?),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default)]
        #[allow(missing_docs, reason = "the fields carry the names of the export's own columns")]
        pub struct $name<'a> { $(pub $field: &'a str),+ }

        impl<'a> $name<'a> {
            /// The columns, in the export's order.
            pub const FIELDS: &'static [FieldSpec] = &[$(FieldSpec {
                name: stringify!($field),
                required: fields!(@required $($mark)?),
                beyond_checklist: fields!(@beyond $($mark)?),
                aliases: &[$($($alias),+)?],
            }),+];

            /// The cells of one row; `cell` is asked once for each position in `FIELDS`, in order.
            pub fn read(mut cell: impl FnMut(usize) -> &'a str) -> Self {
                let mut next = 0..;
                let mut take = || cell(next.next().unwrap_or_default());
                Self { $($field: take()),+ }
            }
        }
    };
    (@required true) => { true };
    (@required $($other:ident)?) => { false };
    (@beyond beyond) => { true };
    (@beyond $($other:ident)?) => { false };
}

fields! {
    /// One row of an export of orders.
    OrderCells {
        order_id true ["order_number", "order_no", "no_order", "nomor_order", "id_order", "invoice", "inv",
            "no_invoice", "nomor_invoice", "id_pesanan", "no_pesanan", "nomor_pesanan"],
        order_date true ["tanggal_order", "tgl_order", "tanggal_pesanan", "tgl_pesanan", "tanggal_pembelian",
            "date_created", "created_at"],
        product_id true ["id_produk", "produk_id", "kode_produk", "product_code"],
        product_name ["nama_produk", "product", "produk", "product_title"],
        buyer_name ["nama_pembeli", "pembeli", "buyer", "nama", "name", "nama_lengkap", "nama_pelanggan",
            "nama_customer", "customer_name"],
        buyer_email true ["email_pembeli", "email", "e_mail", "alamat_email", "email_pelanggan",
            "email_customer", "customer_email", "surel"],
        buyer_phone ["no_hp", "nomor_hp", "hp", "no_hp_pembeli", "handphone", "telepon", "no_telepon",
            "nomor_telepon", "no_telp", "telp", "phone", "phone_number", "customer_phone"],
        buyer_whatsapp ["whatsapp", "no_whatsapp", "nomor_whatsapp", "wa", "no_wa", "nomor_wa"],
        amount true ["total", "grand_total", "total_harga", "order_total", "total_amount", "harga", "price",
            "nominal"],
        paid_amount ["amount_paid", "jumlah_dibayar", "total_dibayar", "jumlah_bayar", "total_bayar",
            "nominal_bayar"],
        payment_status true ["status_pembayaran", "status", "status_order", "order_status", "status_pesanan"],
        paid_date ["paid_at", "date_paid", "payment_date", "tanggal_bayar", "tgl_bayar",
            "tanggal_pembayaran", "tgl_pembayaran"],
        expiry_date ["expired_date", "expiry", "tanggal_kedaluwarsa", "tanggal_kadaluarsa",
            "tanggal_berakhir", "tanggal_expired"],
        affiliate_code ["kode_affiliate", "kode_afiliasi", "kode_afiliator", "id_affiliate", "id_afiliasi"],
        affiliate_name ["nama_affiliate", "nama_afiliasi", "nama_afiliator"],
        affiliate_email ["email_affiliate", "email_afiliasi", "email_afiliator"],
        affiliate_commission_rate ["commission_rate", "rate_komisi", "persen_komisi", "persentase_komisi",
            "komisi_persen"],
        affiliate_commission_amount ["commission_amount", "commission", "komisi", "jumlah_komisi",
            "nominal_komisi"],
        quantity beyond,
        coupon beyond,
        unique_code beyond,
        wallet_used beyond,
        payment_gateway beyond,
        affiliate_commission_status beyond,
        affiliate_commission_paid beyond,
    }
}

fields! {
    /// One row of the plugin's own export of orders, of any age. `affiliate` and `affiliate_id` are
    /// swapped there.
    NativeOrderCells {
        inv true,
        product true,
        created_at true,
        name,
        email true,
        phone,
        quantity,
        price true,
        status true,
        affiliate,
        affiliate_id,
        address,
        payment,
        courier,
        variant,
        notes,
    }
}

fields! {
    /// One row of an export of memberships.
    MembershipCells {
        membership_id true ["id_membership", "id_keanggotaan", "subscription_id", "id_langganan"],
        user_email true ["email", "e_mail", "alamat_email", "email_member", "member_email", "email_anggota"],
        product_id true ["id_produk", "produk_id", "kode_produk", "product_code"],
        product_name ["nama_produk", "product", "produk", "product_title"],
        start_date true ["tanggal_mulai", "tgl_mulai", "mulai", "start"],
        expiry_date ["expired_date", "expiry", "end_date", "tanggal_berakhir", "tgl_berakhir",
            "tanggal_kedaluwarsa", "tanggal_kadaluarsa", "berakhir"],
        status true ["status_membership", "membership_status", "status_keanggotaan"],
        price ["harga", "nominal"],
        order_id ["order_number", "no_order", "nomor_order", "id_order", "id_pesanan", "nomor_pesanan"],
    }
}

fields! {
    /// One row of an export of affiliates.
    AffiliateCells {
        affiliate_code true ["kode_affiliate", "kode_afiliasi", "kode_afiliator", "id_affiliate",
            "id_afiliasi"],
        affiliate_name true ["nama_affiliate", "nama_afiliasi", "nama_afiliator"],
        affiliate_email ["email_affiliate", "email_afiliasi", "email_afiliator", "email"],
        affiliate_phone ["no_hp", "nomor_hp", "hp", "no_hp_affiliate", "telepon", "no_telepon", "phone"],
        commission_rate ["rate_komisi", "persen_komisi", "persentase_komisi"],
        total_referrals ["total_referral", "jumlah_referral"],
        total_commissions ["total_commission", "total_komisi", "jumlah_komisi"],
        total_paid ["total_dibayar", "sudah_dibayar", "komisi_dibayar"],
        join_date ["joined_at", "tanggal_bergabung", "tgl_bergabung", "tanggal_daftar", "tanggal_gabung"],
        bank_info beyond,
    }
}

fields! {
    /// One row of Sejoli's commissions, as `extract` writes them.
    CommissionCells {
        id true,
        order_id true,
        affiliate_code true,
        tier true,
        amount true,
        status true,
        paid true,
        created,
        updated,
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

    #[test]
    fn no_alias_names_two_fields_of_a_kind() {
        for fields in [
            OrderCells::FIELDS,
            NativeOrderCells::FIELDS,
            MembershipCells::FIELDS,
            AffiliateCells::FIELDS,
            CommissionCells::FIELDS,
        ] {
            for field in fields {
                for alias in field.aliases.iter().chain([&field.name]) {
                    let meant: Vec<_> = fields.iter().filter(|field| field.is_called(alias)).collect();
                    assert_eq!((normalized_name(alias).as_str(), meant.len()), (*alias, 1));
                }
            }
        }
    }

    #[test]
    fn a_name_is_plain_whatever_parts_its_words() {
        for written in ["No. HP", "no_hp", " NO - HP ", "No.HP", "no\u{a0}hp"] {
            assert_eq!(normalized_name(written), "no_hp");
        }
    }
}
