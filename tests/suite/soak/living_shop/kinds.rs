//! What can happen to the shop and in the app, each kind with its switch: the only place where one is turned off.

use std::collections::BTreeSet;

/// Declares the kinds, each with whether it is switched on.
macro_rules! kinds {
    ($($(#[$meta:meta])* $kind:ident: $on:literal),+ $(,)?) => {
        /// A kind of event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Kind { $($(#[$meta])* $kind),+ }

        /// Every kind, and whether it is switched on.
        const SWITCHES: &[(Kind, bool)] = &[$((Kind::$kind, $on)),+];
    };
}

kinds! {
    // The source: a newer export differs from the one before.
    /// Orders of known and of new buyers.
    NewOrders: true,
    /// An order without an e-mail address, by the phone of one person.
    NewOrderByPhone: true,
    /// The same with nothing but a WhatsApp number.
    NewOrderByWhatsapp: true,
    /// Memberships of orders that have none, renewals among them.
    NewMemberships: true,
    /// PENDING becomes PAID or EXPIRED.
    MovesStatus: true,
    /// PAID becomes REFUNDED; no membership names the order.
    Refunds: true,
    /// The same where a membership names it.
    RefundsMembership: true,
    /// Rows are missing in the newer export.
    LosesRows: true,
    CorrectsName: true,
    CorrectsPhone: true,
    CorrectsWhatsapp: true,
    /// An order's product.
    CorrectsProduct: true,
    CorrectsAmount: true,
    CorrectsCommission: true,
    /// The date of the order, or of its payment.
    CorrectsDate: true,
    /// The e-mail of an order, without a membership.
    CorrectsEmail: true,
    /// An order is another affiliate's.
    CorrectsAffiliateCode: true,
    /// The e-mail of a membership together with that of its order.
    CorrectsMembershipEmail: true,
    CorrectsMembershipProduct: true,
    /// Two memberships swap their orders.
    SwapsMembershipOrders: true,
    /// A membership that is over runs, and the other way round.
    CorrectsExpiry: true,
    CorrectsAffiliateName: true,
    CorrectsAffiliateRate: true,
    /// An affiliate's code belongs to another e-mail.
    CorrectsAffiliateEmail: true,
    /// More was paid out in Sejoli.
    RaisesTotalPaid: true,
    /// The cell with what was paid is empty.
    EmptiesTotalPaid: true,
    /// Somebody above an order's affiliate has earned of it, too.
    NewUpperTier: true,
    /// Sejoli counts a commission as earned, or not any more.
    MovesCommission: true,
    /// Sejoli says that a commission was paid out, or not.
    FlagsCommission: true,
    /// The product map names another product of the app.
    CorrectsProductMap: true,

    // The app, between two imports.
    RenamesUser: true,
    ChangesPhone: true,
    ChangesEmail: true,
    /// Somebody else gets the address that a user has given up.
    HandsEmailOn: true,
    /// The same with a number, which both may have then.
    HandsPhoneOn: true,
    /// A name or a number is removed.
    EmptiesDetails: true,
    PaysOut: true,
    /// The commission of an imported order, as a whole.
    PaysCommission: true,
    /// A user is deleted, what he had is another one's.
    MergesUsers: true,
    /// A user is deleted with what he had.
    DeletesUser: true,
    DeletesTransaction: true,
    DeletesMembership: true,
    CancelsMembership: true,
    DeletesOwnership: true,
    /// MEMBER_PREMIUM becomes MEMBER_FREE.
    Demotes: true,
    EditsTransaction: true,
    RegistersUser: true,
    /// A transaction of the app's own, with a commission for an affiliate.
    SellsNatively: true,
    RejectsMapping: true,
    ReassignsMapping: true,
    /// An affiliate who waits for a decision gets a user.
    VerifiesMapping: true,

    // Somebody decides by the tool, between two imports.
    /// Two accounts are one person.
    MergesPeople: true,
    /// They were said to be one, and are not.
    TakesMergeBack: true,
    /// Two accounts are two people, or nobody says so any more.
    KeepsPeopleApart: true,

    /// The app also writes while an import runs.
    WritesMeanwhile: true,
}

/// The kinds of a simulation.
#[derive(Clone, Debug)]
pub(super) struct Kinds(BTreeSet<Kind>);

impl Kinds {
    /// Those that are switched on, or only those that `SEJOLI_SOAK_ONLY` names, with commas between them.
    pub(super) fn switched_on() -> Self {
        let only = std::env::var("SEJOLI_SOAK_ONLY").unwrap_or_default();
        let only: Vec<&str> = only.split(',').filter(|name| !name.is_empty()).collect();
        let is_on = |kind: &Kind, on: bool| match only.as_slice() {
            [] => on,
            names => names.contains(&format!("{kind:?}").as_str()),
        };
        let on = SWITCHES.iter().filter(|(kind, on)| is_on(kind, *on)).map(|(kind, _)| *kind);
        let kinds: BTreeSet<Kind> = on.collect();
        assert!(only.len() <= kinds.len(), "SEJOLI_SOAK_ONLY names a kind that is none: {only:?}");
        Self(kinds)
    }

    /// These without some.
    pub(super) fn without(mut self, kinds: &[Kind]) -> Self {
        self.0.retain(|kind| !kinds.contains(kind));
        self
    }

    /// Whether a kind may happen.
    pub(super) fn has(&self, kind: Kind) -> bool {
        self.0.contains(&kind)
    }
}
