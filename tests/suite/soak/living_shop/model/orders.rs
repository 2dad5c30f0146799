//! Orders: each is compared three ways, by what was written, what its row asks for, and what stands in the app.

use std::collections::{BTreeMap, BTreeSet};

use super::super::shop::{Order, Status};
use super::super::state::{ConversionState, Handle, OrderState, OwnershipState};
use super::Import;
use super::affiliates::rate_text;
use super::people::Who;

/// The transaction and the conversion of an order.
type Written = (OrderState, Option<ConversionState>);

/// An order that an import has written.
#[derive(Clone, Debug)]
pub(super) struct KnownOrder {
    pub(super) row: Order,
    pub(super) written: Written,
}

fn cell(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

impl Import<'_> {
    /// The orders, and who owns which product by them.
    pub(super) fn orders(&mut self, sellers: &BTreeMap<String, Handle>) {
        let mut touched = BTreeSet::new();
        let shop = self.shop;
        for row in shop.orders.values() {
            self.order(row, sellers, &mut touched);
        }
        for key in touched {
            self.own(&key);
        }
    }

    /// Orders that the export does not have any more follow their code's affiliate, too, unless the app has edited them.
    pub(super) fn follow_affiliates(&mut self, sellers: &BTreeMap<String, Handle>) {
        for (number, known) in &mut self.model.orders {
            let (order, conversion) = &mut known.written;
            let seller = sellers.get(&order.source_code).cloned();
            let stands = self.state.orders.get(number) == Some(order)
                && self.state.conversions.get(number) == conversion.as_ref();
            if !stands || seller == order.affiliate {
                continue;
            }
            let earned = seller.clone().zip(order.share).filter(|(_, share)| *share > 0);
            let is_earned = order.status == "SUCCESS" && known.row.has_earned();
            *conversion = earned.filter(|_| is_earned).map(|(affiliate, amount)| {
                let rate = rate_text(known.row.rate);
                ConversionState { affiliate, amount, rate, earned_at: order.paid_at.unwrap_or(order.placed) }
            });
            order.affiliate = seller;
            self.state.orders.insert(*number, order.clone());
            match conversion.clone() {
                Some(conversion) => drop(self.state.conversions.insert(*number, conversion)),
                None => {
                    self.state.conversions.remove(number);
                    self.state.paid.remove(number);
                }
            }
        }
    }

    fn order(
        &mut self,
        row: &Order,
        sellers: &BTreeMap<String, Handle>,
        touched: &mut BTreeSet<(Handle, String)>,
    ) {
        let known = self.model.orders.get(&row.id).cloned();
        let unchanged = known.as_ref().is_some_and(|known| known.row == *row);
        let who = self.who(&row.email, &row.phone, &row.whatsapp);
        match &who {
            Who::Gone if unchanged => return,
            Who::Gone => return self.hold(format!("order {}: its buyer was deleted in the app", row.id)),
            Who::Unclear => return self.hold(format!("order {}: nobody or several have its number", row.id)),
            Who::User(_) | Who::New(_) => {}
        }
        let standing = self.state.orders.get(&row.id).cloned();
        let standing = standing.map(|order| (order, self.state.conversions.get(&row.id).cloned()));
        let owner = match &who {
            Who::User(handle) | Who::New(handle) => handle.clone(),
            Who::Gone | Who::Unclear => unreachable!("answered above"),
        };
        let wanted = self.wanted(row, owner, sellers);
        if let Some(known) = &known {
            let edited = standing.as_ref() != Some(&known.written);
            if wanted != known.written && edited {
                if !unchanged {
                    self.hold(format!("order {}: edited in the app and in the source", row.id));
                }
                return;
            }
        }
        let is_deleted = known.is_some() && standing.is_none();
        if is_deleted && matches!(who, Who::New(_)) {
            // The app has deleted the transaction, and nobody is created for it.
            return;
        }
        self.user_of(who, &row.email, &row.phone, &row.whatsapp);
        let written = known.as_ref().map(|known| known.written.clone());
        if written.as_ref() != Some(&wanted) {
            let products = [written.as_ref().map(|written| &written.0), Some(&wanted.0)];
            let owned = products.into_iter().flatten();
            touched.extend(owned.filter_map(|order| Some((order.owner.clone(), order.product.clone()?))));
            let moved = written.filter(|written| written.0.owner != wanted.0.owner);
            self.left.extend(moved.map(|written| written.0.owner));
            self.state.orders.insert(row.id, wanted.0.clone());
            match wanted.1.clone() {
                Some(conversion) => drop(self.state.conversions.insert(row.id, conversion)),
                None => {
                    self.state.conversions.remove(&row.id);
                    self.state.paid.remove(&row.id);
                }
            }
        }
        self.model.orders.insert(row.id, KnownOrder { row: row.clone(), written: wanted });
    }

    /// What an order's row asks for.
    fn wanted(&self, row: &Order, owner: Handle, sellers: &BTreeMap<String, Handle>) -> Written {
        let product = &self.shop.products[&row.product];
        let seller = sellers.get(&row.code).cloned();
        // Of a paid order only what Sejoli counts as earned is a share of anybody's.
        let counts = row.status != Status::Paid || row.has_earned();
        let recorded = (!row.code.is_empty() && counts).then_some(row.commission * 100);
        let order = OrderState {
            owner,
            kind: product.kind.to_owned(),
            status: row.status.in_app().to_owned(),
            amount: row.amount * 100,
            name: cell(&row.name),
            email: cell(&row.email.to_lowercase()),
            phone: cell(&row.phone),
            whatsapp: cell(&row.whatsapp),
            product: cell(product.product),
            title: cell(product.name),
            original: Some(row.amount * 100),
            share: recorded,
            affiliate: seller.clone(),
            source_product: row.product.to_string(),
            source_code: row.code.clone(),
            paid_at: row.paid_at,
            placed: row.placed,
        };
        let earned = seller.filter(|_| row.status == Status::Paid && row.commission > 0 && row.has_earned());
        let conversion = earned.map(|affiliate| ConversionState {
            affiliate,
            amount: row.commission * 100,
            rate: rate_text(row.rate),
            earned_at: row.paid_at.unwrap_or(row.placed),
        });
        (order, conversion)
    }

    /// Who owns a product: by the earliest paid order. What the app has given, taken away or edited stays.
    pub(super) fn own(&mut self, key: &(Handle, String)) {
        let standing = self.state.ownerships.get(key);
        let written = self.model.ownerships.get(key);
        let is_paid = |order: &&OrderState| {
            order.status == "SUCCESS" && order.owner == key.0 && order.product.as_ref() == Some(&key.1)
        };
        let was_paid = self.before.orders.values().any(|order| is_paid(&order));
        let ours = match (standing, written) {
            (Some(standing), Some(written)) => standing == written,
            (Some(_), None) => false,
            (None, _) => !was_paid,
        };
        if !ours {
            return;
        }
        let paid = self.state.orders.iter().filter(|(_, order)| is_paid(order));
        let first = paid.min_by_key(|(_, order)| order.placed);
        let wanted = first.map(|(number, order)| OwnershipState {
            price: order.amount,
            transaction: Some(number.to_string()),
            since: order.placed,
        });
        match wanted {
            Some(wanted) => {
                self.state.ownerships.insert(key.clone(), wanted.clone());
                self.model.ownerships.insert(key.clone(), wanted);
            }
            None => {
                self.state.ownerships.remove(key);
                self.model.ownerships.remove(key);
            }
        }
    }
}
