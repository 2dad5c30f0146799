//! The kinds of exports, and who wrote them.

/// What the rows of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceKind {
    /// Affiliates. They are imported first, because orders refer to them.
    Affiliates,
    /// Orders.
    Orders,
    /// Commissions of all tiers. They are imported after the orders that they belong to.
    Commissions,
    /// Memberships. They are imported last, because they refer to orders.
    Memberships,
    /// The product map, which the operator writes; it steers the import and is not imported itself.
    Products,
}

impl SourceKind {
    /// The kinds that are imported, in the order of their import.
    pub const IMPORTED: [SourceKind; 4] =
        [SourceKind::Affiliates, SourceKind::Orders, SourceKind::Commissions, SourceKind::Memberships];

    /// The kind in lower case, as it stands in messages and in the database: `orders`.
    pub const fn name(self) -> &'static str {
        match self {
            SourceKind::Affiliates => "affiliates",
            SourceKind::Orders => "orders",
            SourceKind::Commissions => "commissions",
            SourceKind::Memberships => "memberships",
            SourceKind::Products => "products",
        }
    }
}

/// Who wrote an export, which decides its columns and how its amounts are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportProfile {
    /// A person who followed the migration's checklist of columns.
    Checklist,
    /// The Sejoli plugin's own export button.
    Native,
}

impl ExportProfile {
    /// The profile in lower case, as it stands in messages: `native`.
    pub const fn name(self) -> &'static str {
        match self {
            ExportProfile::Checklist => "checklist",
            ExportProfile::Native => "native",
        }
    }
}
