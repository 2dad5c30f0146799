//! Where the rows come from: files on the disk, recognised by their header, read in order.
//!
//! This room knows files and nothing of databases. It hands out rows with their places; what the
//! cells mean is the domain's business.

pub mod csv;
pub mod discover;
pub mod header;
pub mod products;

use std::path::PathBuf;

use crate::domain::fields::{AffiliateCells, FieldSpec, MembershipCells, OrderCells, ProductCells};

/// What an export holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceKind {
    /// Affiliates; imported first, since orders name them.
    Affiliates,
    /// Orders.
    Orders,
    /// Memberships; imported last, since they name orders.
    Memberships,
    /// The product map.
    Products,
}

impl SourceKind {
    /// The kinds that are imported, in the order of their import.
    pub const IMPORTED: [SourceKind; 3] =
        [SourceKind::Affiliates, SourceKind::Orders, SourceKind::Memberships];

    /// The kind as a word.
    pub const fn name(self) -> &'static str {
        match self {
            SourceKind::Affiliates => "affiliates",
            SourceKind::Orders => "orders",
            SourceKind::Memberships => "memberships",
            SourceKind::Products => "products",
        }
    }

    /// The columns of this kind.
    pub const fn fields(self) -> &'static [FieldSpec] {
        match self {
            SourceKind::Affiliates => AffiliateCells::FIELDS,
            SourceKind::Orders => OrderCells::FIELDS,
            SourceKind::Memberships => MembershipCells::FIELDS,
            SourceKind::Products => ProductCells::FIELDS,
        }
    }
}

/// A file whose header has been read.
#[derive(Clone, Debug)]
pub struct Export {
    /// Where it is.
    pub path: PathBuf,
    /// Its name, for places and payloads.
    pub file: String,
    /// What it holds.
    pub kind: SourceKind,
    /// Its columns.
    pub layout: header::Layout,
}

/// One row of a file, as it was read.
#[derive(Clone, Debug)]
pub struct Row {
    /// The data record, counted from 1.
    pub number: u64,
    /// The physical line on which it begins.
    pub line: u64,
    /// Its cells.
    pub cells: Cells,
}

/// The cells of a row, or why there are none.
#[derive(Clone, Debug)]
pub enum Cells {
    /// As many as the header has.
    Whole(::csv::StringRecord),
    /// More or fewer than the header has.
    WrongCount(::csv::ByteRecord),
    /// Bytes that are no UTF-8.
    NotUtf8(::csv::ByteRecord),
}
