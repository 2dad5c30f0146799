//! Invented buyers and affiliates: who one is follows from the seed and the number alone, so that nothing is kept.

use super::FIRST_DAY;
use super::format::push_integer;
use super::random::Rng;

/// No buyer has more orders than this.
pub(super) const MOST_ORDERS: u8 = 15;

/// The little that must be remembered of each buyer.
#[derive(Default)]
pub(super) struct Buyers {
    pub(super) orders: Vec<u8>,
    pub(super) memberships: Vec<u8>,
}

impl Buyers {
    /// A new buyer for about 55 % of the orders (never less than half: the affiliates rely on it), else one of the
    /// three in ten who like to come back.
    pub(super) fn choose(&mut self, index: u32, seed: u64, rng: &mut Rng) -> u32 {
        let known = self.orders.len() as u64;
        let orders = u64::from(index) + 1;
        let new = if known * 2 < orders {
            true
        } else if known * 10 > orders * 6 {
            false
        } else {
            rng.chance(580)
        };
        if !new {
            for _ in 0..40 {
                let buyer = rng.below(known) as u32;
                let returns = Rng::new(seed, 3 + (u64::from(buyer) << 8)).below(10) < 3;
                if returns && self.orders[buyer as usize] < MOST_ORDERS {
                    return buyer;
                }
            }
        }
        self.orders.push(0);
        self.memberships.push(0);
        known as u32
    }
}

pub(super) struct Person {
    pub(super) first: String,
    pub(super) name: String,
    pub(super) email: String,
    /// Without country code and leading zero.
    pub(super) phone: u64,
}

pub(super) const ONSETS: [&str; 20] = [
    "Pan", "Ger", "Mil", "Sor", "Tam", "Wir", "Kel", "Bim", "Hes", "Lod", "Jat", "Rum", "Nov", "Cak", "Dul",
    "Fen", "Gal", "Mer", "Par", "Tel",
];
pub(super) const MIDDLES: [&str; 12] = ["a", "e", "i", "o", "u", "ang", "en", "ir", "ol", "us", "am", "et"];
pub(super) const ENDINGS: [&str; 16] = [
    "ba", "cik", "dar", "fin", "go", "jeng", "ka", "lun", "mo", "nas", "peh", "rek", "sing", "tur", "wen",
    "yat",
];
pub(super) const DOMAINS: [&str; 10] = [
    "example.com",
    "example.com",
    "example.com",
    "example.com",
    "example.org",
    "example.org",
    "example.net",
    "toko.example.org",
    "surat.example.com",
    "gudang.example.net",
];

pub(super) fn invented_word(rng: &mut Rng) -> String {
    let mut word = String::from(rng.pick(&ONSETS));
    word.push_str(rng.pick(&MIDDLES));
    word.push_str(rng.pick(&ENDINGS));
    word
}

/// Who a buyer is follows from the number alone. The number ends the local part of the address, and no word ends in
/// a digit: every address is one of a kind. So is every phone number, the step being prime to the block's size.
pub(super) fn buyer_person(seed: u64, number: u32) -> Person {
    let mut rng = Rng::new(seed, 4 + (u64::from(number) << 8));
    let first = invented_word(&mut rng);
    let last = invented_word(&mut rng);
    let mut email = String::with_capacity(48);
    match rng.below(3) {
        0 => email.push_str(&first),
        1 => {
            email.push_str(&first[..1]);
            email.push('_');
            email.push_str(&last);
        }
        _ => {
            email.push_str(&first);
            email.push('.');
            email.push_str(&last);
        }
    }
    email.make_ascii_lowercase();
    push_integer(&mut email, number.into());
    email.push('@');
    email.push_str(rng.pick(&DOMAINS));
    let mut name = String::with_capacity(32);
    name.push_str(&first);
    name.push(' ');
    name.push_str(&last);
    if rng.chance(30) {
        name.push_str(", S.E.");
    }
    let block = 700_000_000;
    Person {
        first,
        name,
        email,
        phone: 86_000_000_000 + (u64::from(number) * 618_033_989 + seed % block) % block,
    }
}

pub(super) struct Affiliate {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) phone: u64,
    pub(super) rate: i64,
    pub(super) joined: i64,
    /// The buyer that this affiliate is, if any.
    pub(super) buyer: Option<u32>,
    /// A share of `total_weight`, as the end of this affiliate's stretch.
    pub(super) weight_end: u64,
    pub(super) referrals: u64,
    pub(super) earned: i64,
}

pub(super) fn affiliates(seed: u64, orders: u32) -> Vec<Affiliate> {
    let count = (orders / 10).clamp(5, 100);
    let mut rng = Rng::new(seed, 5);
    let mut weight_end = 0;
    (0..count)
        .map(|k| {
            let place = u64::from(k) + 1;
            weight_end += 1_000_000_000 / (place * (place * 100).isqrt());
            // Every fifth is one of the buyers of the first third, all different: there are at least orders / 2.
            let link = u64::from(k) * u64::from(orders) * 3 / (u64::from(count) * 10);
            let buyer = (k % 5 == 3 && orders > 0).then_some(link as u32);
            let person = match buyer {
                Some(number) => buyer_person(seed, number),
                None => {
                    let first = invented_word(&mut rng);
                    let last = invented_word(&mut rng);
                    let email = format!("rekan.{}{k}@example.net", first.to_ascii_lowercase());
                    Person {
                        name: format!("{first} {last}"),
                        first,
                        email,
                        phone: 86_777_000_000 + u64::from(k) * 137,
                    }
                }
            };
            let first_day = FIRST_DAY - 220;
            Affiliate {
                code: format!("{}{place:03}", person.first[..4].to_ascii_uppercase()),
                name: person.name,
                email: person.email,
                phone: person.phone,
                rate: rng.pick(&[10, 15, 20, 25, 30]),
                joined: first_day + rng.between(0, if k < 10 { 200 } else { 1_200 }),
                buyer,
                weight_end,
                referrals: 0,
                earned: 0,
            }
        })
        .collect()
}

/// Most orders come through someone, seldom through one who joined only that day or later, never through oneself.
pub(super) fn choose_affiliate(all: &[Affiliate], buyer: u32, day: i64, rng: &mut Rng) -> Option<usize> {
    let drawn = rng.below(all.last()?.weight_end);
    let chosen = all.partition_point(|affiliate| affiliate.weight_end <= drawn);
    let comes = rng.chance(700);
    let affiliate = &all[chosen];
    (comes && affiliate.joined < day && affiliate.buyer != Some(buyer)).then_some(chosen)
}
