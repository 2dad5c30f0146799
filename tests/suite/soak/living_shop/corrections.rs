//! Corrections of a day in Sejoli: whatever cell of an order, a membership or an affiliate can be wrong.

use super::super::SeededRandom;
use super::kinds::Kind;
use super::shop::{DAY, FIRST_DAY, Membership, OTHER_PRODUCTS, Order, Shop, Status, UpperTier, as_of};
use super::source_day::Sejoli;

const HOUR: i64 = 3_600_000;
/// The affiliate whose row is corrected; the app decides about others.
const CORRECTED_AFFILIATE: &str = "AF2";

impl Sejoli {
    /// Another address: a buyer's, or one that nobody had.
    fn other_address(&self, random: &mut SeededRandom) -> String {
        if random.below(2) == 0 {
            return format!("koreksi{}@example.org", self.corrections);
        }
        self.buyers[random.below(self.buyers.len() as u64) as usize].email.clone()
    }

    pub(super) fn correct_order(
        &mut self,
        random: &mut SeededRandom,
        day: usize,
        kind: Kind,
    ) -> Option<String> {
        let alone = |shop: &Shop, order: &Order| shop.membership_of(order.id).is_none();
        let id = self.pick_order(random, |shop, order| match kind {
            Kind::MovesStatus => order.status == Status::Pending,
            Kind::Refunds => order.status == Status::Paid && alone(shop, order),
            Kind::RefundsMembership => order.status == Status::Paid && !alone(shop, order),
            Kind::CorrectsCommission => !order.code.is_empty(),
            Kind::CorrectsEmail | Kind::CorrectsPhone | Kind::CorrectsWhatsapp => {
                alone(shop, order) && !order.email.is_empty()
            }
            Kind::CorrectsProduct => alone(shop, order),
            _ => true,
        })?;
        let (email, corrections) = (self.other_address(random), self.corrections);
        let codes = ["AF1", "AF2", "AF3", "AF4", "AF5"];
        let order = self.shop.orders.get_mut(&id).expect("the order");
        match kind {
            Kind::MovesStatus if random.below(3) == 0 => order.status = Status::Expired,
            Kind::MovesStatus => (order.status, order.paid_at) = (Status::Paid, Some(as_of(day) - 2 * HOUR)),
            Kind::Refunds | Kind::RefundsMembership => order.status = Status::Refunded,
            Kind::CorrectsName => order.name = format!("{} {corrections}", order.name),
            Kind::CorrectsPhone => order.phone = format!("+6281244{corrections:06}"),
            Kind::CorrectsWhatsapp => order.whatsapp = format!("+6281255{corrections:06}"),
            Kind::CorrectsProduct => {
                order.product = OTHER_PRODUCTS[random.below(OTHER_PRODUCTS.len() as u64) as usize];
            }
            Kind::CorrectsAmount => order.amount += i64::from(corrections) + 1_000,
            Kind::CorrectsCommission => order.commission = (order.commission - 500).max(0),
            Kind::CorrectsDate => {
                order.placed -= 60_000;
                order.paid_at = order.paid_at.map(|at| at - 30_000);
            }
            Kind::CorrectsEmail => order.email = email,
            Kind::CorrectsAffiliateCode => {
                codes[random.below(5) as usize].clone_into(&mut order.code);
                order.commission = order.amount * order.rate / 100;
            }
            other => unreachable!("{other:?} is no correction of an order"),
        }
        Some(format!("order {id}"))
    }

    pub(super) fn correct_membership(&mut self, random: &mut SeededRandom, kind: Kind) -> Option<String> {
        let is_old = |row: &&Membership| row.start < FIRST_DAY - 100 * DAY;
        let rows: Vec<&Membership> = self.shop.memberships.values().filter(is_old).collect();
        let row = (*rows.get(random.below(rows.len() as u64) as usize)?).clone();
        if kind == Kind::SwapsMembershipOrders {
            let same = |other: &&&Membership| other.id != row.id && other.email == row.email;
            let other = rows.iter().find(same).map(|other| (*other).clone())?;
            self.shop.memberships.get_mut(&row.id)?.order = other.order;
            self.shop.memberships.get_mut(&other.id)?.order = row.order;
            return Some(format!("memberships {} and {}", row.id, other.id));
        }
        let email = self.other_address(random);
        let membership = self.shop.memberships.get_mut(&row.id)?;
        match kind {
            Kind::CorrectsMembershipEmail => {
                membership.email.clone_from(&email);
                if let Some(order) = row.order.and_then(|order| self.shop.orders.get_mut(&order)) {
                    order.email = email;
                }
            }
            Kind::CorrectsMembershipProduct => {
                membership.product = if row.product == 101 { 102 } else { 101 }
            }
            _ => {
                let runs = row.last_day.is_none_or(|last| last > FIRST_DAY);
                membership.last_day = Some(FIRST_DAY + if runs { -30 * DAY } else { 300 * DAY });
            }
        }
        Some(format!("membership {}", row.id))
    }

    /// What Sejoli says of one commission, of an order's own affiliate or of somebody above.
    pub(super) fn commission(&mut self, random: &mut SeededRandom, kind: Kind) -> Option<String> {
        let status = ["added", "pending", "cancelled"][random.below(3) as usize];
        let upper = self.shop.uppers.len() as u64;
        if kind != Kind::NewUpperTier && random.below(2) == 0 && upper > 0 {
            let id = 1 + u32::try_from(random.below(upper)).expect("few rows");
            let row = self.shop.uppers.get_mut(&id)?;
            match kind {
                Kind::MovesCommission => row.status = status,
                _ => row.paid = !row.paid,
            }
            return Some(format!("{row:?}"));
        }
        let id = self.pick_order(random, |_, order| !order.code.is_empty() && order.commission >= 5)?;
        let order = self.shop.orders.get_mut(&id)?;
        match kind {
            Kind::MovesCommission => order.commission_status = status,
            Kind::FlagsCommission => order.paid_flag = Some(!order.paid_flag.unwrap_or(false)),
            _ => {
                let row = UpperTier {
                    order: id,
                    code: format!("AF{}", 1 + random.below(5)),
                    tier: 2,
                    amount: order.commission / 5,
                    status: "added",
                    paid: random.below(3) == 0,
                };
                let said = format!("{row:?}");
                self.shop.uppers.insert(1 + u32::try_from(upper).expect("few rows"), row);
                return Some(said);
            }
        }
        Some(format!("order {id}: status {:?}, paid {:?}", order.commission_status, order.paid_flag))
    }

    pub(super) fn correct_affiliate(&mut self, random: &mut SeededRandom, kind: Kind) -> String {
        let codes: Vec<String> = self.shop.affiliates.keys().cloned().collect();
        let code = match kind {
            Kind::RaisesTotalPaid | Kind::EmptiesTotalPaid => {
                codes[random.below(codes.len() as u64) as usize].clone()
            }
            _ => CORRECTED_AFFILIATE.to_owned(),
        };
        let corrections = self.corrections;
        let affiliate = self.shop.affiliates.get_mut(&code).expect("the affiliate");
        match kind {
            Kind::CorrectsAffiliateName => affiliate.name = format!("Mitra {code} {corrections}"),
            Kind::CorrectsAffiliateRate => affiliate.rate = 20 + i64::from(corrections % 10),
            Kind::CorrectsAffiliateEmail => affiliate.email = format!("mitra-baru{corrections}@example.org"),
            Kind::RaisesTotalPaid => affiliate.paid = Some(affiliate.paid.unwrap_or(0) + 15_000),
            _ => affiliate.paid = None,
        }
        format!("affiliate {code}")
    }
}
