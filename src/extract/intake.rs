//! Takes the rows of any form of input in, and keeps of them what is needed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::domain::text::unescape_entities;
use crate::extract::amount::Amount;
use crate::extract::input::row::{Layout, SiteRow};
use crate::extract::kept_rows::{
    CouponRow, Id, KeptCommissionRow, OrderRow, SiteRows, SubscriptionRow, UserRow,
};
use crate::extract::order_meta::OrderMeta;
use crate::extract::site_time::SiteTime;
use crate::extract::stored_text::MendedTexts;
use crate::extract::tables::{ASSOCIATION, OPTIONS, POST_TYPES, PRODUCT_KEYS, SiteTable, USER_KEYS};
use crate::extract::words::Words;
use crate::failure::Failure;
use crate::language::tr;

/// A column as an input declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeclaredColumn {
    /// Its name.
    pub(crate) name: String,
    /// Its type in lower case, such as `double(12,2)`; empty where the input does not say it.
    pub(crate) kind: String,
}

/// What was taken in.
#[derive(Debug, Default)]
pub(crate) struct Intake {
    /// The rows by prefix.
    pub(crate) sites: BTreeMap<String, SiteRows>,
    /// Words that repeat.
    pub(crate) words: Words,
    /// Texts that had to be mended.
    pub(crate) mended: MendedTexts,
    /// Whether it is what the REST add-on says, which knows neither settings nor memberships.
    pub(crate) is_of_rest: bool,
}

impl Intake {
    /// Notes that an input has a table, and the types of its money; says whether its rows are wanted.
    pub(crate) fn declare(&mut self, name: &str, columns: &[DeclaredColumn]) -> bool {
        let Some((prefix, table)) = SiteTable::of_name(name) else { return false };
        let site = self.sites.entry(prefix.to_owned()).or_default();
        site.tables.entry(table).or_default();
        let kind_of = |wanted: &str| {
            let column = columns.iter().find(|column| column.name.eq_ignore_ascii_case(wanted));
            column.map(|column| column.kind.clone()).filter(|kind| !kind.is_empty())
        };
        match table {
            SiteTable::Orders => site.total_type = kind_of("grand_total").or(site.total_type.take()),
            SiteTable::Commissions => {
                site.commission_type = kind_of("commission").or(site.commission_type.take())
            }
            _ => {}
        }
        true
    }

    /// Where the wanted columns stand among those of an input; `None` for a table that is not needed.
    ///
    /// # Errors
    /// Exit code 6: a column is missing without which the table is useless.
    pub(crate) fn layout<'n>(
        &mut self,
        name: &str,
        columns: impl IntoIterator<Item = &'n str>,
    ) -> anyhow::Result<Option<Layout>> {
        let Some((prefix, table)) = SiteTable::of_name(name) else { return Ok(None) };
        let wanted = table.columns();
        let place = |name: &str| wanted.iter().position(|column| column.name.eq_ignore_ascii_case(name));
        let places: Vec<Option<usize>> = columns.into_iter().map(place).collect();
        let missing = (0..wanted.len()).find(|at| wanted[*at].required && !places.contains(&Some(*at)));
        if let Some(at) = missing {
            return Err(Failure::input(tr!("the table {name} has no column {}", wanted[at].name)));
        }
        self.declare(name, &[]);
        Ok(Some(Layout { table, prefix: prefix.to_owned(), places }))
    }

    /// Takes a row in.
    ///
    /// # Errors
    /// Exit code 6: a number is missing without which the row is none.
    pub(crate) fn take(&mut self, layout: &Layout, row: &SiteRow) -> anyhow::Result<()> {
        let Self { sites, words, mended, .. } = self;
        if !sites.contains_key(&layout.prefix) {
            sites.insert(layout.prefix.clone(), SiteRows::default());
        }
        let Some(site) = sites.get_mut(&layout.prefix) else { return Ok(()) };
        let mut reader = RowReader { row, table: layout.table, prefix: &layout.prefix, mended, words };
        let counts = match layout.table {
            SiteTable::Orders => reader.order(site)?,
            SiteTable::Commissions => reader.commission(site)?,
            SiteTable::Subscriptions => reader.subscription(site)?,
            SiteTable::Coupons => reader.coupon(site)?,
            SiteTable::Users => reader.user(site)?,
            SiteTable::UserMeta => reader.user_field(site)?,
            SiteTable::Posts => reader.post(site)?,
            SiteTable::PostMeta => reader.post_field(site)?,
            SiteTable::Options => reader.option(site),
        };
        if counts {
            *site.tables.entry(layout.table).or_default() += 1;
        }
        Ok(())
    }
}

/// Reads the cells of one row.
struct RowReader<'a> {
    row: &'a SiteRow,
    table: SiteTable,
    prefix: &'a str,
    mended: &'a mut MendedTexts,
    words: &'a mut Words,
}

impl<'a> RowReader<'a> {
    fn bytes(&self, column: &str) -> Option<&'a [u8]> {
        self.row.get(self.place(column))
    }

    fn place(&self, column: &str) -> usize {
        self.table.columns().iter().position(|known| known.name == column).unwrap_or(usize::MAX)
    }

    fn ascii(&self, column: &str) -> &'a str {
        self.bytes(column).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default().trim()
    }

    fn text(&mut self, column: &str) -> Cow<'a, str> {
        self.bytes(column).map_or(Cow::Borrowed(""), |bytes| self.mended.text(bytes))
    }

    /// Free text of WordPress, which stores it escaped.
    fn unescaped(&mut self, column: &str) -> Box<str> {
        unescape_entities(&self.text(column)).into()
    }

    fn some_text(&mut self, column: &str) -> Option<Box<str>> {
        Some(self.text(column)).filter(|text| !text.trim().is_empty()).map(Into::into)
    }

    fn time(&self, column: &str) -> Option<SiteTime> {
        self.bytes(column).and_then(SiteTime::of_datetime)
    }

    fn wrong(&self, column: &str) -> anyhow::Error {
        let Self { prefix, table, .. } = self;
        let id = self.row.get(0).and_then(|id| std::str::from_utf8(id).ok()?.parse::<Id>().ok());
        let which = id.map_or_else(|| "a row".to_owned(), |id| tr!("the row {id}"));
        Failure::input(tr!("{which} of {prefix}{} has no number in its column {column}", table.suffix()))
    }

    /// A number; a negative one is none, as 0.
    fn id(&self, column: &str) -> anyhow::Result<Id> {
        let text = self.ascii(column);
        text.parse().or_else(|_| text.parse::<i64>().map(|_| 0)).map_err(|_| self.wrong(column))
    }

    /// A number of a column that may be missing.
    fn id_or_none(&self, column: &str) -> Id {
        self.ascii(column).parse().unwrap_or(0)
    }

    fn amount(&self, column: &str) -> anyhow::Result<Amount> {
        Amount::parse(self.ascii(column)).ok_or_else(|| self.wrong(column))
    }

    fn order(&mut self, site: &mut SiteRows) -> anyhow::Result<bool> {
        let meta_place = self.place("meta_data");
        let meta = match self.row.get(meta_place) {
            None if self.row.is_too_long(meta_place) => b"?".as_slice(),
            meta => meta.unwrap_or_default(),
        };
        let meta = OrderMeta::read(meta, self.words);
        let first = site.moves.len() as u32;
        site.moves.extend_from_slice(&meta.moves);
        let (gateway, kind) = (self.text("payment_gateway"), self.text("type"));
        let status = self.text("status");
        site.orders.push(OrderRow {
            id: self.id("ID")?,
            created: self.time("created_at"),
            updated: self.time("updated_at"),
            deleted: self.time("deleted_at"),
            parent: self.id_or_none("order_parent_id"),
            product: self.id("product_id")?,
            user: self.id("user_id")?,
            affiliate: self.id("affiliate_id")?,
            coupon: self.id_or_none("coupon_id"),
            gateway: self.words.of(gateway.trim()),
            total: self.amount("grand_total")?,
            quantity: self.ascii("quantity").parse().unwrap_or(1),
            kind: self.words.of(kind.trim()),
            status: self.words.of(status.trim()),
            state: meta.state,
            moves: (first, site.moves.len() as u32),
            unique_code: meta.unique_code,
            wallet: meta.wallet,
            delivery_phone: meta.phone,
            coupon_code: meta.coupon,
        });
        Ok(true)
    }

    fn commission(&mut self, site: &mut SiteRows) -> anyhow::Result<bool> {
        let status = self.text("status");
        site.commissions.push(KeptCommissionRow {
            id: self.id("ID")?,
            created: self.time("created_at"),
            updated: self.time("updated_at"),
            deleted: self.time("deleted_at"),
            order: self.id("order_id")?,
            affiliate: self.id("affiliate_id")?,
            tier: self.ascii("tier").parse().map_err(|_| self.wrong("tier"))?,
            amount: self.amount("commission")?,
            status: self.words.of(status.trim()),
            paid: self.ascii("paid_status").parse::<i64>().map_err(|_| self.wrong("paid_status"))? != 0,
        });
        Ok(true)
    }

    fn subscription(&mut self, site: &mut SiteRows) -> anyhow::Result<bool> {
        let status = self.text("status");
        site.subscriptions.push(SubscriptionRow {
            id: self.id("ID")?,
            created: self.time("created_at"),
            updated: self.time("updated_at"),
            deleted: self.time("deleted_at"),
            order: self.id("order_id")?,
            user: self.id("user_id")?,
            product: self.id("product_id")?,
            end: self.time("end_date"),
            status: self.words.of(status.trim()),
        });
        Ok(true)
    }

    fn coupon(&mut self, site: &mut SiteRows) -> anyhow::Result<bool> {
        let (user, parent) = (self.id("user_id")?, self.id("coupon_parent_id")?);
        let coupon = CouponRow { user, parent, code: self.text("code").trim().into() };
        self.once(site.coupons.insert(self.id("ID")?, coupon).is_none())
    }

    fn user(&mut self, site: &mut SiteRows) -> anyhow::Result<bool> {
        let user = UserRow {
            // As typed it would be another address to a program that compares it letter by letter.
            email: self.text("user_email").trim().to_lowercase().into(),
            name: self.unescaped("display_name"),
            registered: self.time("user_registered"),
        };
        self.once(site.users.insert(self.id("ID")?, user).is_none())
    }

    /// A row whose key stands twice means an input that holds a table twice.
    fn once(&self, is_new: bool) -> anyhow::Result<bool> {
        if is_new {
            return Ok(true);
        }
        Err(Failure::input(tr!(
            "the row {} of {}{} stands twice; give one dump alone",
            self.ascii("ID"),
            self.prefix,
            self.table.suffix()
        )))
    }

    /// The first row of a key is the one that WordPress goes by.
    fn user_field(&mut self, site: &mut SiteRows) -> anyhow::Result<bool> {
        let key = self.bytes("meta_key").and_then(|key| std::str::from_utf8(key).ok());
        let Some(key) = key.filter(|key| USER_KEYS.contains(key)) else { return Ok(false) };
        let user = self.id("user_id")?;
        let value = self.some_text("meta_value");
        let fields = site.user_fields.entry(user).or_default();
        match key {
            "_phone" if fields.phone.is_none() => fields.phone = value,
            "_bank_info" if fields.bank_info.is_none() => fields.bank_info = value,
            "_affiliate_id" if fields.upline.is_none() => {
                fields.upline = value.and_then(|text| text.trim().parse().ok()).filter(|upline| *upline > 0);
            }
            _ => {}
        }
        Ok(true)
    }

    fn post(&mut self, site: &mut SiteRows) -> anyhow::Result<bool> {
        let kind = self.ascii("post_type");
        if !POST_TYPES.contains(&kind) {
            return Ok(false);
        }
        let id = self.id("ID")?;
        if kind == "sejoli-access" {
            site.access_posts.push(id);
            return Ok(true);
        }
        let title = self.unescaped("post_title");
        self.once(site.products.insert(id, title).is_none())
    }

    fn post_field(&mut self, site: &mut SiteRows) -> anyhow::Result<bool> {
        let Some(key) = self.bytes("meta_key").and_then(|key| std::str::from_utf8(key).ok()) else {
            return Ok(false);
        };
        if key.starts_with(ASSOCIATION) && key.ends_with("|id") {
            let post = self.id("post_id")?;
            site.associations.extend(self.ascii("meta_value").parse().ok().map(|product| (post, product)));
            return Ok(true);
        }
        if !PRODUCT_KEYS.contains(&key) {
            return Ok(false);
        }
        let value = self.some_text("meta_value");
        let fields = site.product_fields.entry(self.id("post_id")?).or_default();
        let field = match key {
            "_price" => &mut fields.price,
            "_payment_type" => &mut fields.payment_type,
            "_subscription_duration" => &mut fields.duration,
            _ => &mut fields.period,
        };
        if field.is_none() {
            *field = value;
        }
        Ok(true)
    }

    fn option(&mut self, site: &mut SiteRows) -> bool {
        let name = self.ascii("option_name");
        if !OPTIONS.contains(&name) {
            return false;
        }
        let value = self.text("option_value").trim().to_owned();
        site.options.insert(name.to_owned(), value);
        true
    }
}
