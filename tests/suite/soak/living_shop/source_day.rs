//! A day in Sejoli: new orders and memberships, statuses that move, and corrections of whatever can be corrected.

use super::super::SeededRandom;
use super::kinds::{Kind, Kinds};
use super::shop::{
    Affiliate, DAY, FIRST_DAY, MEMBERSHIP_PRODUCTS, Membership, OTHER_PRODUCTS, Order, Shop, Status, as_of,
};

const HOUR: i64 = 3_600_000;

/// Somebody who buys.
#[derive(Clone, Debug)]
pub(super) struct Buyer {
    name: String,
    pub(super) email: String,
    phone: String,
}

impl Buyer {
    fn new(number: usize) -> Self {
        let phone = if number % 4 == 3 { String::new() } else { format!("+6281233{number:06}") };
        Self { name: format!("Pembeli {number}"), email: format!("pembeli{number}@example.org"), phone }
    }
}

/// The address of the buyer who is also a user of the app's own.
pub(super) fn buyer_address(number: usize) -> String {
    Buyer::new(number).email
}

/// Sejoli, as it lives on from export to export.
#[derive(Clone, Debug)]
pub(super) struct Sejoli {
    pub(super) shop: Shop,
    pub(super) buyers: Vec<Buyer>,
    orders: u32,
    memberships: u32,
    /// What was corrected so far, so that no two corrections come to the same.
    pub(super) corrections: u32,
}

impl Sejoli {
    /// A shop that has sold for a while.
    pub(super) fn new(random: &mut SeededRandom, orders: u32, memberships: u32) -> Self {
        let buyers = (0..orders as usize / 2).map(Buyer::new).collect();
        let mut sejoli = Self { shop: Shop::empty(), buyers, orders: 0, memberships: 0, corrections: 0 };
        let affiliates = [
            ("AF1", "mitra1@example.org"),
            ("AF2", "mitra2@example.org"),
            ("AF3", "berdua@example.org"),
            ("AF4", "berdua@example.org"),
            ("AF5", "mitra5@example.org"),
        ];
        for (code, email) in affiliates {
            let affiliate = Affiliate {
                code: code.to_owned(),
                name: format!("Mitra {code}"),
                email: email.to_owned(),
                rate: 30,
                paid: Some(i64::try_from(random.below(4)).expect("small") * 10_000),
            };
            sejoli.shop.affiliates.insert(code.to_owned(), affiliate);
        }
        for number in 0..orders {
            let placed = FIRST_DAY - 300 * DAY + i64::from(number) * 5 * HOUR;
            let order = sejoli.new_order(random, placed, number < memberships);
            if number < memberships {
                sejoli.new_membership(random, order, false);
            }
        }
        sejoli
    }

    /// A day passes; what happened, in words.
    pub(super) fn day(
        &mut self,
        random: &mut SeededRandom,
        day: usize,
        kinds: &Kinds,
        events: u64,
    ) -> Vec<String> {
        use Kind::*;
        let all = [
            NewOrders,
            NewOrderByPhone,
            NewOrderByWhatsapp,
            NewMemberships,
            MovesStatus,
            Refunds,
            RefundsMembership,
            LosesRows,
            CorrectsName,
            CorrectsPhone,
            CorrectsWhatsapp,
            CorrectsProduct,
            CorrectsAmount,
            CorrectsCommission,
            CorrectsDate,
            CorrectsEmail,
            CorrectsAffiliateCode,
            CorrectsMembershipEmail,
            CorrectsMembershipProduct,
            SwapsMembershipOrders,
            CorrectsExpiry,
            CorrectsAffiliateName,
            CorrectsAffiliateRate,
            CorrectsAffiliateEmail,
            RaisesTotalPaid,
            EmptiesTotalPaid,
            CorrectsProductMap,
            NewUpperTier,
            MovesCommission,
            FlagsCommission,
        ];
        let on: Vec<Kind> = all.into_iter().filter(|kind| kinds.has(*kind)).collect();
        let mut said = Vec::new();
        for _ in 0..events.min(events * on.len() as u64) {
            let kind = on[random.below(on.len() as u64) as usize];
            said.extend(self.event(random, day, kind).map(|what| format!("{kind:?}: {what}")));
        }
        said
    }

    fn event(&mut self, random: &mut SeededRandom, day: usize, kind: Kind) -> Option<String> {
        self.corrections += 1;
        match kind {
            Kind::NewOrders | Kind::NewOrderByPhone | Kind::NewOrderByWhatsapp | Kind::NewMemberships => {
                Some(self.sale(random, day, kind))
            }
            Kind::CorrectsMembershipEmail
            | Kind::CorrectsMembershipProduct
            | Kind::SwapsMembershipOrders
            | Kind::CorrectsExpiry => self.correct_membership(random, kind),
            Kind::CorrectsAffiliateName
            | Kind::CorrectsAffiliateRate
            | Kind::CorrectsAffiliateEmail
            | Kind::RaisesTotalPaid
            | Kind::EmptiesTotalPaid => Some(self.correct_affiliate(random, kind)),
            Kind::CorrectsProductMap => {
                let product = self.shop.products.get_mut(&201).expect("the product");
                product.product = if product.product == "buku-saku" { "buku-besar" } else { "buku-saku" };
                Some(format!("product 201 is {} of the app", product.product))
            }
            Kind::NewUpperTier | Kind::MovesCommission | Kind::FlagsCommission => {
                self.commission(random, kind)
            }
            Kind::LosesRows => {
                let order = self.pick_order(random, |shop, order| shop.membership_of(order.id).is_none())?;
                self.shop.orders.remove(&order);
                Some(format!("order {order} is not exported any more"))
            }
            _ => self.correct_order(random, day, kind),
        }
    }

    fn sale(&mut self, random: &mut SeededRandom, day: usize, kind: Kind) -> String {
        let placed = as_of(day) - 20 * HOUR + i64::from(self.corrections % 600) * 60_000;
        let id = self.new_order(random, placed, kind == Kind::NewMemberships);
        if kind == Kind::NewMemberships {
            let row = self.new_membership(random, id, true);
            return format!("order {id} with membership {row}");
        }
        let order = self.shop.orders.get_mut(&id).expect("the order");
        if kind != Kind::NewOrders {
            order.email.clear();
            (order.phone, order.whatsapp) = match kind {
                Kind::NewOrderByPhone => (super::app::HELD_NUMBER.to_owned(), String::new()),
                _ => (String::new(), super::app::HELD_NUMBER.to_owned()),
            };
        }
        format!("order {id}")
    }

    fn new_order(&mut self, random: &mut SeededRandom, placed: i64, membership: bool) -> u32 {
        self.orders += 1;
        let id = 10_000 + self.orders;
        // The first two memberships are one person's.
        let at = if membership && self.orders <= 2 {
            2
        } else {
            random.below(self.buyers.len() as u64 + 1) as usize
        };
        if at == self.buyers.len() {
            self.buyers.push(Buyer::new(at));
        }
        let buyer = self.buyers[at].clone();
        let pick = |random: &mut SeededRandom, of: &[u32]| of[random.below(of.len() as u64) as usize];
        let product = match (membership, self.orders) {
            (true, 1) => 101,
            (true, 2) => 102,
            (true, _) => pick(random, &MEMBERSHIP_PRODUCTS),
            (false, _) => pick(random, &OTHER_PRODUCTS),
        };
        let status = match random.below(10) {
            _ if membership => Status::Paid,
            0..=6 => Status::Paid,
            7 | 8 => Status::Pending,
            _ => Status::Expired,
        };
        let amount = self.shop.products[&product].price + i64::from(self.orders);
        let code = ["", "", "AF1", "AF2", "AF3", "AF4", "AF5"][random.below(7) as usize].to_owned();
        let commission = if code.is_empty() { 0 } else { amount * 30 / 100 };
        let paid_at = (status == Status::Paid).then_some(placed + HOUR);
        let whatsapp = if at.is_multiple_of(2) { buyer.phone.clone() } else { String::new() };
        let Buyer { name, email, phone } = buyer;
        let rate = 30;
        let order = Order {
            id,
            placed,
            product,
            name,
            email,
            phone,
            whatsapp,
            amount,
            status,
            paid_at,
            code,
            rate,
            commission,
            commission_status: "",
            paid_flag: None,
        };
        self.shop.orders.insert(id, order);
        id
    }

    fn new_membership(&mut self, random: &mut SeededRandom, order: u32, runs: bool) -> String {
        self.memberships += 1;
        let sold = &self.shop.orders[&order];
        let runs = runs || random.below(10) < 7;
        let row = Membership {
            id: format!("M{}", self.memberships),
            email: sold.email.clone(),
            product: sold.product,
            start: sold.placed,
            last_day: match (runs, random.below(5)) {
                (true, 0) => None,
                (true, more) => Some(FIRST_DAY + (200 + 10 * i64::try_from(more).expect("small")) * DAY),
                (false, _) => Some(FIRST_DAY - 30 * DAY),
            },
            price: sold.amount,
            order: Some(order),
        };
        let id = row.id.clone();
        self.shop.memberships.insert(id.clone(), row);
        id
    }

    pub(super) fn pick_order(
        &self,
        random: &mut SeededRandom,
        fits: impl Fn(&Shop, &Order) -> bool,
    ) -> Option<u32> {
        let fitting: Vec<u32> =
            self.shop.orders.values().filter(|order| fits(&self.shop, order)).map(|order| order.id).collect();
        let at = random.below(fitting.len() as u64) as usize;
        fitting.get(at).copied()
    }
}
