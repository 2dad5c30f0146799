//! The columns of the four files, and the position of each: records are written cell by cell.

pub(super) const ORDER_COLUMNS: [&str; 18] = [
    "order_id",
    "order_date",
    "product_id",
    "product_name",
    "buyer_name",
    "buyer_email",
    "buyer_phone",
    "buyer_whatsapp",
    "amount",
    "paid_amount",
    "payment_status",
    "paid_date",
    "expiry_date",
    "affiliate_code",
    "affiliate_name",
    "affiliate_email",
    "affiliate_commission_rate",
    "affiliate_commission_amount",
];
pub(super) const O_ID: usize = 0;
pub(super) const O_DATE: usize = 1;
pub(super) const O_PRODUCT: usize = 2;
pub(super) const O_PRODUCT_NAME: usize = 3;
pub(super) const O_NAME: usize = 4;
pub(super) const O_EMAIL: usize = 5;
pub(super) const O_PHONE: usize = 6;
pub(super) const O_WHATSAPP: usize = 7;
pub(super) const O_AMOUNT: usize = 8;
pub(super) const O_PAID: usize = 9;
pub(super) const O_STATUS: usize = 10;
pub(super) const O_PAID_DATE: usize = 11;
pub(super) const O_EXPIRY: usize = 12;
pub(super) const O_AFF_CODE: usize = 13;
pub(super) const O_AFF_NAME: usize = 14;
pub(super) const O_AFF_EMAIL: usize = 15;
pub(super) const O_AFF_RATE: usize = 16;
pub(super) const O_COMMISSION: usize = 17;

pub(super) const MEMBERSHIP_COLUMNS: [&str; 9] = [
    "membership_id",
    "user_email",
    "product_id",
    "product_name",
    "start_date",
    "expiry_date",
    "status",
    "price",
    "order_id",
];
pub(super) const M_ID: usize = 0;
pub(super) const M_EMAIL: usize = 1;
pub(super) const M_PRODUCT: usize = 2;
pub(super) const M_PRODUCT_NAME: usize = 3;
pub(super) const M_START: usize = 4;
pub(super) const M_EXPIRY: usize = 5;
pub(super) const M_STATUS: usize = 6;
pub(super) const M_PRICE: usize = 7;
pub(super) const M_ORDER: usize = 8;

pub(super) const AFFILIATE_COLUMNS: [&str; 9] = [
    "affiliate_code",
    "affiliate_name",
    "affiliate_email",
    "affiliate_phone",
    "commission_rate",
    "total_referrals",
    "total_commissions",
    "total_paid",
    "join_date",
];
pub(super) const A_CODE: usize = 0;
pub(super) const A_NAME: usize = 1;
pub(super) const A_EMAIL: usize = 2;
pub(super) const A_PHONE: usize = 3;
pub(super) const A_RATE: usize = 4;
pub(super) const A_REFERRALS: usize = 5;
pub(super) const A_COMMISSIONS: usize = 6;
pub(super) const A_PAID: usize = 7;
pub(super) const A_JOINED: usize = 8;

pub(super) const PRODUCT_COLUMNS: [&str; 7] =
    ["product_id", "product_name", "kind", "membership", "duration", "price", "product"];
