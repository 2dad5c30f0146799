//! An extraction from its request to its files.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::domain::date::{Millis, SourceZone};
use crate::extract::files::changes::{CHANGES, Counts};
use crate::extract::files::out_folder::{OutFolder, PRODUCTS};
use crate::extract::files::totals::Totals;
use crate::extract::files::{affiliates, changes, commissions, left_out, memberships, orders, products};
use crate::extract::input::form;
use crate::extract::intake::Intake;
use crate::extract::listed::{ListedRows, ListingReason};
use crate::extract::shop::{Shop, ShopChoice};
use crate::extract::site_time::SiteTime;
use crate::extract::stored_text::MendedTexts;
use crate::extract::view::ShopView;
use crate::failure::Failure;
use crate::store::wordpress::SourceUrl;

/// What is read.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    /// A file or a folder; `-` is standard input.
    Path(PathBuf),
    /// A database on its server.
    Live(SourceUrl),
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// What is read.
    pub(crate) input: Input,
    /// The folder of the files.
    pub(crate) out: PathBuf,
    /// The prefix of the shop's tables.
    pub(crate) prefix: Option<String>,
    /// The zone of the site's clock.
    pub(crate) zone: Option<SourceZone>,
    /// The time that stands for now.
    pub(crate) as_of: Millis,
    /// Whether rows that are marked as deleted come along.
    pub(crate) include_deleted: bool,
    /// Whether files that were edited are overwritten.
    pub(crate) replace: bool,
    /// With what the shop is compared.
    pub(crate) changes: Option<Changes>,
}

/// With what a shop is compared, to say what has changed.
#[derive(Clone, Debug)]
pub(crate) enum Changes {
    /// The folder of an earlier extraction.
    Against(PathBuf),
    /// A time.
    Since(Millis),
}

/// What an extraction has done.
#[derive(Debug)]
pub(crate) struct Extracted {
    /// The folder of the files.
    pub(crate) folder: PathBuf,
    /// The totals.
    pub(crate) totals: Totals,
    /// The site's address.
    pub(crate) site: String,
    /// The prefix of its tables.
    pub(crate) prefix: String,
    /// The zone of its clock.
    pub(crate) zone: SourceZone,
    /// How many rows are listed for each reason.
    pub(crate) listed: Vec<(ListingReason, u64)>,
    /// Texts that were mended.
    pub(crate) mended: MendedTexts,
    /// Orders whose data was encoded twice.
    pub(crate) orders_encoded_twice: u64,
    /// Whether the form of the input has an end, so that nothing can be missing unseen.
    pub(crate) has_end: bool,
    /// Whether it is what the REST add-on says, which knows neither settings nor memberships.
    pub(crate) is_of_rest: bool,
    /// How many changes there are of each kind, where that was asked for.
    pub(crate) changes: Option<Counts>,
    /// Whether the product map that was there stays.
    pub(crate) kept_products: bool,
}

const NAMES: [&str; 6] =
    ["orders.csv", "memberships.csv", "affiliates.csv", "commissions.csv", PRODUCTS, "left-out.csv"];

/// Reads the shop and writes its files.
///
/// # Errors
/// Exit code 6: the input cannot be used. Exit code 5: the folder cannot be.
pub(crate) fn extract(request: &Request) -> anyhow::Result<Extracted> {
    let (intake, has_end) = read(request)?;
    let choice = ShopChoice { prefix: request.prefix.clone(), zone: request.zone };
    let shop = Shop::choose(intake, &choice)
        .map_err(|error| Failure::input(format!("{}: {error}", request.input.shown())))?;
    write(&shop, request, has_end)
}

impl Input {
    fn shown(&self) -> String {
        match self {
            Input::Path(path) => path.display().to_string(),
            Input::Live(source) => source.shown().to_owned(),
        }
    }
}

fn read(request: &Request) -> anyhow::Result<(Intake, bool)> {
    let mut intake = Intake::default();
    let has_end = match &request.input {
        Input::Path(path) => form::read(path, &mut intake)?,
        #[cfg(feature = "mysql")]
        Input::Live(source) => {
            crate::extract::input::live::read(source, request.prefix.as_deref(), &mut intake)?;
            true
        }
        #[cfg(not(feature = "mysql"))]
        Input::Live(_) => {
            return Err(Failure::database(crate::language::tr!(
                "this build of the tool does not include MySQL; give a dump instead"
            )));
        }
    };
    Ok((intake, has_end))
}

fn write(shop: &Shop, request: &Request, has_end: bool) -> anyhow::Result<Extracted> {
    let view = ShopView::new(shop, request.as_of, request.include_deleted);
    let mut folder = OutFolder::open(&request.out, &NAMES, request.replace)?;
    let [orders_csv, memberships_csv, affiliates_csv, commissions_csv, products_csv, left_out_csv] = NAMES;
    let (mut of_orders, mut of_memberships) = (folder.csv(orders_csv)?, folder.csv(memberships_csv)?);
    let (mut of_affiliates, mut of_commissions) = (folder.csv(affiliates_csv)?, folder.csv(commissions_csv)?);
    let mut of_products = folder.csv(products_csv)?;
    // The orders are half of the work.
    let (orders, rest) = rayon::join(
        || {
            let (mut list, mut totals) = (ListedRows::default(), Totals::default());
            orders::write(&view, &mut of_orders, &mut list, &mut totals)?;
            anyhow::Ok((list, totals))
        },
        || {
            let (mut list, mut totals) = (ListedRows::default(), Totals::default());
            memberships::write(&view, &mut of_memberships, &mut list, &mut totals)?;
            affiliates::write(&view, &mut of_affiliates, &mut list, &mut totals)?;
            commissions::write(&view, &mut of_commissions, &mut list, &mut totals)?;
            products::write(&view, &mut of_products, &mut totals)?;
            anyhow::Ok((list, totals))
        },
    );
    let ((mut list, orders), (more, rest)) = (orders?, rest?);
    list.rows.extend(more.rows);
    let mut totals = rest.with_orders(orders);
    for file in [of_orders, of_memberships, of_affiliates, of_commissions, of_products] {
        folder.end(file)?;
    }
    list.sort();
    let mut file = folder.csv(left_out_csv)?;
    left_out::write(&list, &mut file)?;
    folder.end(file)?;
    let changes = write_changes(&view, request, &mut folder)?;
    totals.expect.affiliates = totals.affiliates.rows;
    totals.balance()?;
    let mut done = Extracted {
        folder: request.out.clone(),
        site: shop.rows.options.get("siteurl").cloned().unwrap_or_default(),
        prefix: shop.prefix.clone(),
        zone: shop.zone,
        listed: list.counts().into_iter().collect(),
        mended: shop.mended,
        orders_encoded_twice: encoded_twice(shop),
        kept_products: folder.keeps_products,
        has_end,
        is_of_rest: shop.is_of_rest,
        changes,
        totals,
    };
    let document = done.totals_document(request, &folder)?;
    folder.totals(&document)?;
    done.folder = folder.finish()?;
    Ok(done)
}

fn write_changes(
    view: &ShopView<'_>,
    request: &Request,
    folder: &mut OutFolder,
) -> anyhow::Result<Option<Counts>> {
    let Some(changes) = &request.changes else { return Ok(None) };
    let mut file = folder.csv(CHANGES)?;
    let counts = match changes {
        Changes::Against(earlier) => changes::against(earlier, folder, &mut file)?,
        Changes::Since(at) => match SiteTime::of_instant(*at, view.shop.zone) {
            Some(at) => changes::since(view, at, &mut file)?,
            None => Counts::new(),
        },
    };
    folder.end_aside(file)?;
    Ok(Some(counts))
}

fn encoded_twice(shop: &Shop) -> u64 {
    use crate::extract::order_meta::MetaState;
    shop.rows.orders.iter().filter(|order| order.state == MetaState::EncodedTwice).count() as u64
}

impl Extracted {
    fn totals_document(&self, request: &Request, folder: &OutFolder) -> anyhow::Result<Value> {
        let listed: serde_json::Map<String, Value> =
            self.listed.iter().map(|(reason, rows)| (reason.slug().to_owned(), json!(rows))).collect();
        let mut document = json!({
            "schema_version": 1,
            "site": self.site,
            "prefix": self.prefix,
            "source_tz": self.zone.to_string(),
            "as_of": request.as_of.to_string(),
            "include_deleted": request.include_deleted,
        });
        let rest = json!({
            "listed": listed,
            "orders_encoded_twice": self.orders_encoded_twice,
            "files": folder.hashes(),
        });
        let parts = [serde_json::to_value(&self.totals)?, rest];
        if let Some(all) = document.as_object_mut() {
            all.extend(parts.into_iter().filter_map(|part| part.as_object().cloned()).flatten());
        }
        Ok(document)
    }
}
