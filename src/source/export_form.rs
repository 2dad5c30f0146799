//! The forms of exports that are read: which fields a kind of export has, by who wrote it.

use crate::domain::export_fields::{
    AffiliateCells, CommissionCells, FieldSpec, MembershipCells, NativeOrderCells, OrderCells, ProductCells,
};
use crate::domain::source_kind::{ExportProfile, SourceKind};

/// The fields that an export of one kind and profile can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportForm {
    /// What its rows are.
    pub kind: SourceKind,
    /// Who wrote it.
    pub profile: ExportProfile,
    /// Its fields, in the order of [`crate::domain::export_fields`].
    pub fields: &'static [FieldSpec],
}

impl ExportForm {
    /// All forms.
    pub const ALL: [ExportForm; 6] = [
        ExportForm::checklist(SourceKind::Orders, OrderCells::FIELDS),
        ExportForm::checklist(SourceKind::Memberships, MembershipCells::FIELDS),
        ExportForm::checklist(SourceKind::Affiliates, AffiliateCells::FIELDS),
        ExportForm::checklist(SourceKind::Commissions, CommissionCells::FIELDS),
        ExportForm::checklist(SourceKind::Products, ProductCells::FIELDS),
        ExportForm {
            kind: SourceKind::Orders,
            profile: ExportProfile::Native,
            fields: NativeOrderCells::FIELDS,
        },
    ];

    const fn checklist(kind: SourceKind, fields: &'static [FieldSpec]) -> Self {
        Self { kind, profile: ExportProfile::Checklist, fields }
    }

    /// The form of a kind and a profile; that of the checklist's orders if there is none.
    pub fn of(kind: SourceKind, profile: ExportProfile) -> Self {
        let is = |form: &&ExportForm| form.kind == kind && form.profile == profile;
        *Self::ALL.iter().find(is).unwrap_or(&Self::ALL[0])
    }

    /// The fields of a kind in every profile; a field of both profiles comes twice.
    pub fn fields_of(kind: SourceKind) -> impl Iterator<Item = &'static FieldSpec> {
        Self::ALL.into_iter().filter(move |form| form.kind == kind).flat_map(|form| form.fields)
    }

    /// Whether the form has a field of this name.
    pub fn has(self, field: &str) -> bool {
        self.fields.iter().any(|spec| spec.name == field)
    }
}
