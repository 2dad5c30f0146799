//! The tables that a migration touches: the app's, the checklist's and the tool's own.
//!
//! The columns are those of the app's Prisma schema. A database may have more of them, which are never
//! touched, or lack optional ones, which are then left out
//! ([`crate::store::session::resolved_table::ResolvedTable`]).

use crate::domain::date::Millis;
use crate::domain::money::{Money, Rate};
use crate::store::codec::record::{Record, Table, record};
use crate::store::codec::value::{JsonText, LaterColumn, words};
use crate::store::schema::words::{Disposition, RunState, SourceRecordKind};

words! {
    /// What a user may do in the app; ordered from the least to the most.
    Role as "Role" {
        /// Registered, nothing more.
        MemberFree = "MEMBER_FREE",
        /// Has a running membership.
        MemberPremium = "MEMBER_PREMIUM",
        /// Sells for a commission.
        Affiliate = "AFFILIATE",
        /// Teaches.
        Mentor = "MENTOR",
        /// Runs the app.
        Admin = "ADMIN",
    }
}

words! {
    /// What was sold.
    TransactionType as "TransactionType" {
        /// A membership.
        Membership = "MEMBERSHIP",
        /// Anything that is none of the others.
        Product = "PRODUCT",
        /// A course.
        Course = "COURSE",
        /// An event.
        Event = "EVENT",
        /// A commission, the app's own.
        Commission = "COMMISSION",
        /// A payout, the app's own.
        Payout = "PAYOUT",
        /// A supplier's membership, the app's own.
        SupplierMembership = "SUPPLIER_MEMBERSHIP",
    }
}

words! {
    /// Where a payment stands.
    TransactionStatus as "TransactionStatus" {
        /// Not paid yet.
        Pending = "PENDING",
        /// Said to be paid, the app's own.
        PendingConfirmation = "PENDING_CONFIRMATION",
        /// Paid: the only one that counts as revenue (L11).
        Success = "SUCCESS",
        /// Never paid.
        Failed = "FAILED",
        /// Paid and given back.
        Refunded = "REFUNDED",
    }
}

words! {
    /// How long a membership runs.
    MembershipDuration as "MembershipDuration" {
        /// 30 days.
        OneMonth = "ONE_MONTH",
        /// 90 days.
        ThreeMonths = "THREE_MONTHS",
        /// 180 days.
        SixMonths = "SIX_MONTHS",
        /// 365 days.
        TwelveMonths = "TWELVE_MONTHS",
        /// For ever.
        Lifetime = "LIFETIME",
    }
}

words! {
    /// How a commission is set in the app.
    CommissionType as "CommissionType" {
        /// A share of the price.
        Percentage = "PERCENTAGE",
        /// A fixed amount.
        Flat = "FLAT",
    }
}

words! {
    /// What somebody is in a group.
    GroupRole as "GroupRole" {
        /// Made the group.
        Owner = "OWNER",
        /// Runs it.
        Admin = "ADMIN",
        /// Keeps order in it.
        Moderator = "MODERATOR",
        /// Is in it.
        Member = "MEMBER",
    }
}

words! {
    /// What an affiliate's link leads to.
    AffiliateLinkType as "AffiliateLinkType" {
        /// A sales page of the app.
        SalespageInternal = "SALESPAGE_INTERNAL",
        /// A sales page elsewhere.
        SalespageExternal = "SALESPAGE_EXTERNAL",
        /// The checkout.
        Checkout = "CHECKOUT",
        /// The checkout of several products.
        CheckoutPro = "CHECKOUT_PRO",
    }
}

words! {
    /// Whether a course is open.
    CourseStatus as "CourseStatus" {
        /// Being written.
        Draft = "DRAFT",
        /// Waits for approval.
        PendingReview = "PENDING_REVIEW",
        /// Approved.
        Approved = "APPROVED",
        /// Not approved.
        Rejected = "REJECTED",
        /// Open.
        Published = "PUBLISHED",
        /// Closed.
        Archived = "ARCHIVED",
        /// Open and not listed.
        Private = "PRIVATE",
    }
}

words! {
    /// Where a payout stands.
    PayoutStatus as "PayoutStatus" {
        /// Asked for.
        Pending = "PENDING",
        /// Approved and not paid yet.
        Approved = "APPROVED",
        /// Refused.
        Rejected = "REJECTED",
        /// Paid.
        Paid = "PAID",
    }
}

record! {
    /// A person.
    User as "User" {
        id: String => "id",
        email: String => "email",
        username: Option<String> => "username",
        name: String => "name",
        password: Option<String> => "password",
        role: Role => "role",
        phone: Option<String> => "phone",
        whatsapp: Option<String> => "whatsapp",
        email_verified: bool => "emailVerified",
        is_active: bool => "isActive",
        is_suspended: bool => "isSuspended",
        import_source: Option<String> => "importSource",
        created_at: Millis => "createdAt",
        updated_at: Millis => "updatedAt",
        affiliate_menu_enabled: LaterColumn<bool> => "affiliateMenuEnabled",
    }
}

record! {
    /// A further role of a person.
    UserRole as "UserRole" {
        id: String => "id",
        user_id: String => "userId",
        role: Role => "role",
        created_at: Millis => "createdAt",
    }
}

record! {
    /// A person who sells for a commission.
    AffiliateProfile as "AffiliateProfile" {
        id: String => "id",
        user_id: String => "userId",
        affiliate_code: String => "affiliateCode",
        short_link: String => "shortLink",
        tier: i64 => "tier",
        commission_rate: Rate => "commissionRate",
        total_clicks: i64 => "totalClicks",
        total_conversions: i64 => "totalConversions",
        total_sales: Money => "totalSales",
        total_earnings: Money => "totalEarnings",
        is_active: bool => "isActive",
        application_status: String => "applicationStatus",
        whatsapp: Option<String> => "whatsapp",
        approved_at: Option<Millis> => "approvedAt",
        external_id: Option<String> => "externalId",
        created_at: Millis => "createdAt",
        updated_at: Millis => "updatedAt",
        profile_completed: LaterColumn<bool> => "profileCompleted",
        profile_completed_at: LaterColumn<Option<Millis>> => "profileCompletedAt",
        bank_name: LaterColumn<Option<String>> => "bankName",
        bank_account_name: LaterColumn<Option<String>> => "bankAccountName",
        bank_account_number: LaterColumn<Option<String>> => "bankAccountNumber",
    }
}

record! {
    /// A membership that the app sells.
    Membership as "Membership" {
        id: String => "id",
        name: String => "name",
        slug: Option<String> => "slug",
        description: String => "description",
        duration: MembershipDuration => "duration",
        price: Money => "price",
        commission_type: CommissionType => "commissionType",
        affiliate_commission_rate: Rate => "affiliateCommissionRate",
        features: JsonText => "features",
        is_active: bool => "isActive",
        created_at: Millis => "createdAt",
        updated_at: Millis => "updatedAt",
    }
}

record! {
    /// A product that the app sells; the tool only looks it up.
    Product as "Product" {
        id: String => "id",
        name: String => "name",
        slug: Option<String> => "slug",
    }
}

record! {
    /// An order's payment.
    Transaction as "Transaction" {
        id: String => "id",
        user_id: String => "userId",
        kind: TransactionType => "type",
        status: TransactionStatus => "status",
        amount: Money => "amount",
        customer_name: Option<String> => "customerName",
        customer_email: Option<String> => "customerEmail",
        customer_phone: Option<String> => "customerPhone",
        customer_whatsapp: Option<String> => "customerWhatsapp",
        product_id: Option<String> => "productId",
        description: Option<String> => "description",
        original_amount: Option<Money> => "originalAmount",
        payment_provider: Option<String> => "paymentProvider",
        external_id: Option<String> => "externalId",
        affiliate_share: Option<Money> => "affiliateShare",
        affiliate_id: Option<String> => "affiliateId",
        metadata: Option<JsonText> => "metadata",
        paid_at: Option<Millis> => "paidAt",
        created_at: Millis => "createdAt",
        updated_at: Millis => "updatedAt",
        invoice_number: Option<String> => "invoiceNumber",
        membership_id: LaterColumn<Option<String>> => "membershipId",
    }
}

record! {
    /// A person's membership.
    UserMembership as "UserMembership" {
        id: String => "id",
        user_id: String => "userId",
        membership_id: String => "membershipId",
        start_date: Millis => "startDate",
        end_date: Millis => "endDate",
        is_active: bool => "isActive",
        auto_renew: bool => "autoRenew",
        status: String => "status",
        activated_at: Option<Millis> => "activatedAt",
        price: Option<Money> => "price",
        transaction_id: Option<String> => "transactionId",
        external_id: Option<String> => "externalId",
        created_at: Millis => "createdAt",
        updated_at: Millis => "updatedAt",
    }
}

record! {
    /// A person's product.
    UserProduct as "UserProduct" {
        id: String => "id",
        user_id: String => "userId",
        product_id: String => "productId",
        purchase_date: Millis => "purchaseDate",
        expires_at: Option<Millis> => "expiresAt",
        is_active: bool => "isActive",
        price: Money => "price",
        transaction_id: Option<String> => "transactionId",
        created_at: Millis => "createdAt",
        updated_at: Millis => "updatedAt",
    }
}

record! {
    /// A commission earned on one transaction. `affiliate_id` is a profile's id, never a user's (L19).
    AffiliateConversion as "AffiliateConversion" {
        id: String => "id",
        affiliate_id: String => "affiliateId",
        transaction_id: String => "transactionId",
        commission_amount: Money => "commissionAmount",
        commission_rate: Rate => "commissionRate",
        paid_out: bool => "paidOut",
        paid_out_at: Option<Millis> => "paidOutAt",
        created_at: Millis => "createdAt",
    }
}

record! {
    /// What an affiliate has to get.
    Wallet as "Wallet" {
        id: String => "id",
        user_id: String => "userId",
        balance: Money => "balance",
        balance_pending: Money => "balancePending",
        total_earnings: Money => "totalEarnings",
        total_payout: Money => "totalPayout",
        created_at: Millis => "createdAt",
        updated_at: Millis => "updatedAt",
    }
}

record! {
    /// One entry of a wallet's ledger.
    WalletTransaction as "WalletTransaction" {
        id: String => "id",
        wallet_id: String => "walletId",
        amount: Money => "amount",
        kind: String => "type",
        description: String => "description",
        reference: Option<String> => "reference",
        created_at: Millis => "createdAt",
    }
}

record! {
    /// A payout that an affiliate has asked for; the tool only reads it.
    Payout as "Payout" {
        id: String => "id",
        wallet_id: String => "walletId",
        amount: Money => "amount",
        status: PayoutStatus => "status",
    }
}

record! {
    /// A link by which an affiliate's sales are recognised.
    AffiliateLink as "AffiliateLink" {
        id: String => "id",
        user_id: Option<String> => "userId",
        affiliate_id: Option<String> => "affiliateId",
        code: String => "code",
        full_url: Option<String> => "fullUrl",
        link_type: AffiliateLinkType => "linkType",
        clicks: i64 => "clicks",
        conversions: i64 => "conversions",
        is_active: bool => "isActive",
        is_archived: bool => "isArchived",
        created_at: Millis => "createdAt",
        updated_at: Millis => "updatedAt",
    }
}

record! {
    /// A group of members; the tool only reads it.
    Group as "Group" {
        id: String => "id",
        name: String => "name",
        is_active: bool => "isActive",
    }
}

record! {
    /// A person in a group.
    GroupMember as "GroupMember" {
        id: String => "id",
        group_id: String => "groupId",
        user_id: String => "userId",
        role: GroupRole => "role",
        joined_at: Millis => "joinedAt",
    }
}

record! {
    /// A course; the tool only reads it.
    Course as "Course" {
        id: String => "id",
        title: String => "title",
        status: CourseStatus => "status",
        membership_included: bool => "membershipIncluded",
    }
}

record! {
    /// A person's way into a course, which has no end.
    CourseEnrollment as "CourseEnrollment" {
        id: String => "id",
        course_id: String => "courseId",
        user_id: String => "userId",
        progress: i64 => "progress",
        completed: bool => "completed",
        transaction_id: Option<String> => "transactionId",
        created_at: Millis => "createdAt",
        updated_at: Millis => "updatedAt",
    }
}

record! {
    /// A group that a membership opens; the tool only reads it.
    MembershipGroup as "MembershipGroup" {
        id: String => "id",
        membership_id: String => "membershipId",
        group_id: String => "groupId",
    }
}

record! {
    /// A course that a membership opens; the tool only reads it.
    MembershipCourse as "MembershipCourse" {
        id: String => "id",
        membership_id: String => "membershipId",
        course_id: String => "courseId",
    }
}

record! {
    /// A product that comes with a membership; the tool only reads it.
    MembershipProduct as "MembershipProduct" {
        id: String => "id",
        membership_id: String => "membershipId",
        product_id: String => "productId",
    }
}

record! {
    /// A course that comes with a product; the tool only reads it.
    ProductCourse as "ProductCourse" {
        id: String => "id",
        product_id: String => "productId",
        course_id: String => "courseId",
    }
}

record! {
    /// How far somebody has come in a course. The app's reminders go by these rows, so the tool only counts them and
    /// writes none (L36).
    UserCourseProgress as "UserCourseProgress" {
        id: String => "id",
        user_id: String => "userId",
        course_id: String => "courseId",
    }
}

record! {
    /// A Sejoli order as it was read, every cell of it (checklist).
    WebhookLog as "SejoliWebhookLog" {
        id: String => "id",
        order_id: String => "orderId",
        order_status: String => "orderStatus",
        product_id: String => "productId",
        product_name: String => "productName",
        buyer_name: String => "buyerName",
        buyer_email: String => "buyerEmail",
        buyer_phone: Option<String> => "buyerPhone",
        buyer_whatsapp: Option<String> => "buyerWhatsapp",
        amount: f64 => "amount",
        paid_amount: Option<f64> => "paidAmount",
        paid_at: Option<Millis> => "paidAt",
        affiliate_code: Option<String> => "affiliateCode",
        affiliate_name: Option<String> => "affiliateName",
        affiliate_email: Option<String> => "affiliateEmail",
        affiliate_phone: Option<String> => "affiliatePhone",
        affiliate_rate: Option<f64> => "affiliateRate",
        affiliate_amount: Option<f64> => "affiliateAmount",
        eksporyuk_affiliate_id: Option<String> => "eksporyukAffiliateId",
        processed: bool => "processed",
        processed_at: Option<Millis> => "processedAt",
        process_error: Option<String> => "processError",
        webhook_payload: JsonText => "webhookPayload",
        created_at: Millis => "createdAt",
        updated_at: Millis => "updatedAt",
    }
}

record! {
    /// Which app user a Sejoli affiliate is (checklist).
    AffiliateMapping as "SejoliAffiliateMapping" {
        id: String => "id",
        code: String => "sejoliAffiliateCode",
        name: String => "sejoliAffiliateName",
        email: Option<String> => "sejoliEmail",
        phone: Option<String> => "sejoliPhone",
        eksporyuk_user_id: Option<String> => "eksporyukUserId",
        status: String => "mappingStatus",
        verified_by: Option<String> => "verifiedBy",
        verified_at: Option<Millis> => "verifiedAt",
        notes: Option<String> => "notes",
        created_at: Millis => "createdAt",
        updated_at: Millis => "updatedAt",
    }
}

record! {
    /// One batch of an import, for the app's own pages (checklist).
    DataImportLog as "DataImportLog" {
        id: String => "id",
        source: String => "source",
        import_type: String => "importType",
        batch_number: i64 => "batchNumber",
        status: String => "status",
        total_records: i64 => "totalRecords",
        processed_count: i64 => "processedCount",
        success_count: i64 => "successCount",
        skipped_count: i64 => "skippedCount",
        error_count: i64 => "errorCount",
        errors: Option<JsonText> => "errors",
        summary: Option<JsonText> => "summary",
        started_at: Option<Millis> => "startedAt",
        completed_at: Option<Millis> => "completedAt",
        duration: Option<i64> => "duration",
        created_at: Millis => "createdAt",
        updated_at: Millis => "updatedAt",
    }
}

record! {
    /// One run of the tool, with its checkpoint and its books.
    ImportRun as "SejoliImportRun" {
        id: String => "id",
        command: String => "command",
        state: RunState => "state",
        context: String => "context",
        options: JsonText => "options",
        checkpoint: JsonText => "checkpoint",
        tool_version: String => "toolVersion",
        started_at: Millis => "startedAt",
        finished_at: Option<Millis> => "finishedAt",
        updated_at: Millis => "updatedAt",
        parent_id: Option<String> => "parentId",
        purged_at: Option<Millis> => "purgedAt",
    }
}

record! {
    /// The before-images of one batch.
    ImportJournal as "SejoliImportJournal" {
        id: String => "id",
        run_id: String => "runId",
        batch: i64 => "batch",
        changes: i64 => "changes",
        images: Vec<u8> => "images",
        created_at: Millis => "createdAt",
    }
}

record! {
    /// A source row that a run did not write, and why.
    ImportReject as "SejoliImportReject" {
        id: String => "id",
        run_id: String => "runId",
        kind: String => "kind",
        file: String => "file",
        record: i64 => "record",
        line: i64 => "line",
        source_key: Option<String> => "sourceKey",
        disposition: Disposition => "disposition",
        code: String => "code",
        column: Option<String> => "column",
        reason: String => "reason",
        amount: Option<Money> => "amount",
        created_at: Millis => "createdAt",
    }
}

record! {
    /// An affiliate's or a membership's source row as it was read, and the fingerprint of what was
    /// written from it (an order's is in its webhook log); beside them, what plans have opened to each person.
    SourceRecord as "SejoliSourceRecord" {
        id: String => "id",
        kind: SourceRecordKind => "kind",
        source_key: String => "sourceKey",
        target_id: String => "targetId",
        payload: JsonText => "payload",
        written: String => "written",
        created_at: Millis => "createdAt",
        updated_at: Millis => "updatedAt",
    }
}

record! {
    /// What an affiliate's file said in total, and what has been settled in the wallet so far.
    AffiliateTotals as "SejoliAffiliateTotals" {
        id: String => "id",
        code: String => "affiliateCode",
        reported_commissions: Option<Money> => "reportedCommissions",
        reported_paid: Money => "reportedPaid",
        settled_conversions: i64 => "settledConversions",
        settled_sales: Money => "settledSales",
        settled_earnings: Money => "settledEarnings",
        settled_payout: Money => "settledPayout",
        settled_balance: Money => "settledBalance",
        created_at: Millis => "createdAt",
        updated_at: Millis => "updatedAt",
    }
}

record! {
    /// Who of the app somebody of the source is, which is decided once. The id is a hash of the source's key: of an
    /// e-mail address, a phone number, or an affiliate's code.
    Identity as "SejoliIdentity" {
        id: String => "id",
        user_id: String => "userId",
        run_id: String => "runId",
        wrote_name: bool => "wroteName",
        wrote_phone: bool => "wrotePhone",
        wrote_whatsapp: bool => "wroteWhatsapp",
        raised_role: bool => "raisedRole",
        created_at: Millis => "createdAt",
        updated_at: Millis => "updatedAt",
    }
}

record! {
    /// Who is writing: one row, or one for each part of a shared import.
    ImportLock as "SejoliImportLock" {
        id: String => "id",
        command: String => "command",
        host: String => "host",
        boot: String => "boot",
        pid: i64 => "pid",
        process_start: String => "processStart",
        since: Millis => "since",
        heartbeat: Millis => "heartbeat",
    }
}

record! {
    /// A backup that was made and checked.
    Backup as "SejoliBackup" {
        id: String => "id",
        file: String => "file",
        kib: i64 => "kib",
        digest: String => "digest",
        program: String => "program",
        created_at: Millis => "createdAt",
    }
}

record! {
    /// Something that `schema apply` has made here; a revert takes it away.
    SchemaObject as "SejoliSchemaObject" {
        id: String => "id",
        kind: String => "kind",
        name: String => "name",
        table_name: String => "tableName",
        migration: String => "migration",
        created_at: Millis => "createdAt",
    }
}

/// The tables that an import writes and a rollback restores, parents before children. A table's index in this
/// list is its number in the journal, so new tables go to the end and the order never changes.
pub const JOURNALED: &[&Table] = &[
    User::TABLE,
    UserRole::TABLE,
    AffiliateProfile::TABLE,
    Wallet::TABLE,
    AffiliateMapping::TABLE,
    Membership::TABLE,
    Transaction::TABLE,
    WebhookLog::TABLE,
    AffiliateConversion::TABLE,
    WalletTransaction::TABLE,
    UserMembership::TABLE,
    UserProduct::TABLE,
    SourceRecord::TABLE,
    AffiliateTotals::TABLE,
    Identity::TABLE,
    AffiliateLink::TABLE,
    GroupMember::TABLE,
    CourseEnrollment::TABLE,
];

/// The app's tables that the tool only reads; a database may lack any of them.
pub const ONLY_READ: &[&Table] = &[
    Product::TABLE,
    Payout::TABLE,
    Group::TABLE,
    Course::TABLE,
    MembershipGroup::TABLE,
    MembershipCourse::TABLE,
    MembershipProduct::TABLE,
    ProductCourse::TABLE,
    UserCourseProgress::TABLE,
];

/// The number of a table in the journal, which is its place in [`JOURNALED`]; nothing for a table that no
/// import writes.
pub(in crate::store) fn journal_number(table: &Table) -> Option<u8> {
    let at = JOURNALED.iter().position(|known| known.name == table.name)?;
    u8::try_from(at).ok()
}

/// The tables that the tool keeps for itself, besides those of the checklist.
pub const BOOKKEEPING: &[&Table] = &[
    DataImportLog::TABLE,
    ImportRun::TABLE,
    ImportJournal::TABLE,
    ImportReject::TABLE,
    ImportLock::TABLE,
    Backup::TABLE,
    SchemaObject::TABLE,
];
