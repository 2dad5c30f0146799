//! What the shop sells: every kind, duration and awkward title that the product map knows.

use std::io;
use std::path::Path;

use super::columns::PRODUCT_COLUMNS;
use super::csv::Csv;
use super::random::Rng;

pub(super) struct Product {
    pub(super) id: u16,
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) membership: &'static str,
    pub(super) duration: &'static str,
    /// Whole rupiah.
    pub(super) price: i64,
    /// Out of 1000 drawn orders.
    pub(super) weight: u64,
    /// Which of a buyer's memberships it is; 102 and 104 are the same one.
    pub(super) bit: u8,
}

pub(super) const PRODUCTS: [Product; 10] = [
    Product {
        id: 101,
        name: "Keanggotaan Perintis 6 Bulan",
        kind: "MEMBERSHIP",
        membership: "keanggotaan-perintis",
        duration: "SIX_MONTHS",
        price: 749_000,
        weight: 220,
        bit: 1,
    },
    Product {
        id: 102,
        name: "Keanggotaan Saudagar 12 Bulan",
        kind: "MEMBERSHIP",
        membership: "keanggotaan-saudagar",
        duration: "TWELVE_MONTHS",
        price: 1_299_000,
        weight: 195,
        bit: 2,
    },
    Product {
        id: 103,
        name: "Keanggotaan Saudagar Seumur Hidup",
        kind: "MEMBERSHIP",
        membership: "keanggotaan-seumur-hidup",
        duration: "LIFETIME",
        price: 2_750_000,
        weight: 130,
        bit: 4,
    },
    Product {
        id: 104,
        name: "Sambung Keanggotaan Saudagar 12 Bulan",
        kind: "MEMBERSHIP",
        membership: "keanggotaan-saudagar",
        duration: "TWELVE_MONTHS",
        price: 649_000,
        weight: 70,
        bit: 2,
    },
    Product {
        id: 105,
        name: "Klub Rempah, Kopi & Kakao",
        kind: "MEMBERSHIP",
        membership: "klub-komoditas",
        duration: "THREE_MONTHS",
        price: 399_000,
        weight: 60,
        bit: 8,
    },
    Product {
        id: 201,
        name: "Buku Saku \"Kiriman Pertama\"",
        kind: "PRODUCT",
        membership: "",
        duration: "",
        price: 45_000,
        weight: 90,
        bit: 0,
    },
    Product {
        id: 202,
        name: "Bedah Kasus \"Pembeli Eropa\", Sesi Malam",
        kind: "EVENT",
        membership: "",
        duration: "",
        price: 125_000,
        weight: 60,
        bit: 0,
    },
    Product {
        id: 203,
        name: "Paket Surat Jalan & Faktur",
        kind: "PRODUCT",
        membership: "",
        duration: "",
        price: 95_000,
        weight: 35,
        bit: 0,
    },
    Product {
        id: 204,
        name: "Kelas Video Logistik Laut",
        kind: "COURSE",
        membership: "",
        duration: "",
        price: 449_000,
        weight: 30,
        bit: 0,
    },
    Product {
        id: 205,
        name: "Webinar Gratis: Mulai dari Rumah",
        kind: "EVENT",
        membership: "",
        duration: "",
        price: 0,
        weight: 110,
        bit: 0,
    },
];
/// Positions in `PRODUCTS`.
pub(super) const YEAR: usize = 1;
pub(super) const RENEWAL: usize = 3;

impl Product {
    pub(super) fn days(&self) -> Option<i64> {
        match self.duration {
            "ONE_MONTH" => Some(30),
            "THREE_MONTHS" => Some(90),
            "SIX_MONTHS" => Some(180),
            "TWELVE_MONTHS" => Some(365),
            _ => None,
        }
    }
}

pub(super) fn write_products(dir: &Path) -> io::Result<()> {
    let mut csv = Csv::create(dir, "products.csv", &PRODUCT_COLUMNS)?;
    for product in &PRODUCTS {
        csv.record(&[
            product.id.to_string(),
            product.name.to_owned(),
            product.kind.to_owned(),
            product.membership.to_owned(),
            product.duration.to_owned(),
            product.price.to_string(),
            String::new(),
        ])?;
    }
    csv.finish()
}

pub(super) fn choose_product(held: u8, rng: &mut Rng) -> usize {
    if held & PRODUCTS[YEAR].bit != 0 && rng.chance(250) {
        return RENEWAL;
    }
    let mut drawn = rng.below(1000);
    let mut item = 0;
    while drawn >= PRODUCTS[item].weight {
        drawn -= PRODUCTS[item].weight;
        item += 1;
    }
    // Nothing to renew yet.
    if item == RENEWAL && held & PRODUCTS[YEAR].bit == 0 {
        item = YEAR;
    }
    item
}
