//! An extraction from its request to its files.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::domain::date::{Millis, SourceZone};
use crate::extract::files::out_folder::{OutFolder, PRODUCTS, TOTALS};
use crate::extract::files::totals::Totals;
use crate::extract::files::{affiliates, commissions, left_out, memberships, orders, products};
use crate::extract::input::{sql_dump, unpacked};
use crate::extract::intake::Intake;
use crate::extract::listed::{List, Reason};
use crate::extract::shop::{Choice, Shop};
use crate::extract::stored_text::Mended;
use crate::extract::view::View;
use crate::failure::Failure;

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The file or folder; `-` is standard input.
    pub(crate) input: PathBuf,
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
    pub(crate) listed: Vec<(Reason, u64)>,
    /// Texts that were mended.
    pub(crate) mended: Mended,
    /// Orders whose data was encoded twice.
    pub(crate) orders_encoded_twice: u64,
    /// Whether the product map that was there stays.
    pub(crate) kept_products: bool,
}

/// The command that exports a database rightly.
pub(crate) const HOW_TO_DUMP: &str = "mysqldump --single-transaction --default-character-set=utf8mb4 \
    --no-tablespaces DATABASE | gzip > shop.sql.gz";

const NAMES: [&str; 6] =
    ["orders.csv", "memberships.csv", "affiliates.csv", "commissions.csv", PRODUCTS, "left-out.csv"];

/// Reads the shop and writes its files.
///
/// # Errors
/// Exit code 6: the input cannot be used. Exit code 5: the folder cannot be.
pub(crate) fn extract(request: &Request) -> anyhow::Result<Extracted> {
    let intake = read(request)?;
    let choice = Choice { prefix: request.prefix.clone(), zone: request.zone };
    let shop = Shop::choose(intake, &choice).map_err(|error| advised(&request.input, &error))?;
    write(&shop, request)
}

fn read(request: &Request) -> anyhow::Result<Intake> {
    let mut intake = Intake::default();
    let input = unpacked::open(&request.input)?;
    sql_dump::read(input, &mut intake).map_err(|error| advised(&request.input, &error))?;
    Ok(intake)
}

/// What is wrong with an input, and the command that exports it rightly.
fn advised(input: &std::path::Path, error: &anyhow::Error) -> anyhow::Error {
    Failure::input(format!("{}: {error}; export it with: {HOW_TO_DUMP}", input.display()))
}

fn write(shop: &Shop, request: &Request) -> anyhow::Result<Extracted> {
    let view = View::new(shop, request.as_of, request.include_deleted);
    let mut folder = OutFolder::open(&request.out, &NAMES, request.replace)?;
    let (mut totals, mut list) = (Totals::default(), List::default());
    let [orders_csv, memberships_csv, affiliates_csv, commissions_csv, products_csv, left_out_csv] = NAMES;
    let mut file = folder.csv(orders_csv)?;
    orders::write(&view, &mut file, &mut list, &mut totals)?;
    folder.end(file)?;
    let mut file = folder.csv(memberships_csv)?;
    memberships::write(&view, &mut file, &mut list, &mut totals)?;
    folder.end(file)?;
    let mut file = folder.csv(affiliates_csv)?;
    affiliates::write(&view, &mut file, &mut list, &mut totals)?;
    folder.end(file)?;
    let mut file = folder.csv(commissions_csv)?;
    commissions::write(&view, &mut file, &mut list, &mut totals)?;
    folder.end(file)?;
    let mut file = folder.csv(products_csv)?;
    products::write(&view, &mut file, &mut totals)?;
    folder.end(file)?;
    list.sort();
    let mut file = folder.csv(left_out_csv)?;
    left_out::write(&list, &mut file)?;
    folder.end(file)?;
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
        totals,
    };
    let document = done.totals_document(request, &folder)?;
    folder.totals(&document)?;
    done.folder = folder.finish()?;
    Ok(done)
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

    /// The file of the totals.
    pub(crate) fn totals_path(&self) -> PathBuf {
        self.folder.join(TOTALS)
    }
}
