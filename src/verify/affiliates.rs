//! Affiliates: every row has its mapping and its totals, and a verified one its profile, role and wallet.

use crate::language::tr;
use crate::store::schema::words::SourceRecordKind;
use std::collections::HashMap;

use crate::domain::affiliate;
use crate::domain::affiliate::Affiliate;
use crate::domain::date::Millis;
use crate::domain::export_fields::AffiliateCells;
use crate::domain::ids::id_for;
use crate::domain::money::{Money, Rate};
use crate::domain::source_id;
use crate::domain::source_kind::SourceKind;
use crate::source::Export;
use crate::store::schema::tables::{
    AffiliateMapping, AffiliateProfile, AffiliateTotals, Role, SourceRecord, User, UserRole, Wallet,
};
use crate::store::session::store::Store;
use crate::verify::context::VerifyContext;
use crate::verify::difference::Subject;
use crate::verify::reader::{ExportReader, ExportRow, Payload, kept};
use crate::verify::rejects;
use crate::verify::report::VerifyCheck;

const KIND: SourceKind = SourceKind::Affiliates;

/// Compares every row of the files.
///
/// # Errors
/// Those of the files and of the database.
pub(crate) fn check(
    store: &mut Store,
    context: &VerifyContext,
    exports: &[&Export],
    check: &mut VerifyCheck,
) -> anyhow::Result<()> {
    let (mut held, mut pending) = (0_u64, 0_u64);
    for export in exports {
        let mut reader = ExportReader::open(export, AffiliateCells::FIELDS);
        loop {
            let rows = reader.chunk()?;
            if rows.is_empty() {
                break;
            }
            let codes: Vec<String> = rows.iter().map(|row| code(&reader, row)).collect();
            let stored = StoredAffiliates::load(store, &codes)?;
            for (row, code) in rows.iter().zip(&codes) {
                check.rows += 1;
                let mut one =
                    AffiliateComparison { context, check, reader: &reader, row, code, stored: &stored };
                match one.compare() {
                    AffiliateVerdict::Compared { verified } => pending += u64::from(!verified),
                    AffiliateVerdict::NotWritten => held += 1,
                }
            }
        }
    }
    for (count, word) in [(held, tr!("held or rejected")), (pending, tr!("not verified yet"))] {
        if count > 0 {
            check.facts.push(format!("{count} affiliates {word}"));
        }
    }
    Ok(())
}

fn code(reader: &ExportReader, row: &ExportRow) -> String {
    source_id::key(row.cells.as_ref().map_or("", |record| reader.cell(record, 0)).trim()).into_owned()
}

/// The stored rows of a chunk of affiliates, by code or by user.
struct StoredAffiliates {
    sources: HashMap<String, SourceRecord>,
    mappings: HashMap<String, AffiliateMapping>,
    totals: HashMap<String, AffiliateTotals>,
    profiles: HashMap<String, AffiliateProfile>,
    wallets: HashMap<String, Wallet>,
    users: HashMap<String, User>,
    roles: HashMap<String, Vec<UserRole>>,
    has_roles: bool,
}

impl StoredAffiliates {
    fn load(store: &mut Store, codes: &[String]) -> anyhow::Result<Self> {
        let codes: Vec<&str> = codes.iter().map(String::as_str).filter(|code| !code.is_empty()).collect();
        let (sources, mappings, totals) = store.answer((
            kept(store, SourceRecordKind::Affiliate, &codes),
            store.rows_in::<AffiliateMapping>("sejoliAffiliateCode", &codes),
            store.rows_in::<AffiliateTotals>("affiliateCode", &codes),
        ))?;
        let people: Vec<&str> = mappings.iter().filter_map(|row| row.eksporyuk_user_id.as_deref()).collect();
        let (profiles, wallets, users, all_roles) = store.answer((
            store.rows_in::<AffiliateProfile>("userId", &people),
            store.rows_in::<Wallet>("userId", &people),
            store.rows_in::<User>("id", &people),
            store.rows_in::<UserRole>("userId", &people),
        ))?;
        let mut roles: HashMap<String, Vec<UserRole>> = HashMap::new();
        for role in all_roles {
            roles.entry(role.user_id.clone()).or_default().push(role);
        }
        Ok(Self {
            sources: sources.into_iter().map(|row| (row.source_key.clone(), row)).collect(),
            mappings: mappings.into_iter().map(|row| (row.code.clone(), row)).collect(),
            totals: totals.into_iter().map(|row| (row.code.clone(), row)).collect(),
            profiles: profiles.into_iter().map(|row| (row.user_id.clone(), row)).collect(),
            wallets: wallets.into_iter().map(|row| (row.user_id.clone(), row)).collect(),
            users: users.into_iter().map(|row| (row.id.clone(), row)).collect(),
            roles,
            has_roles: store.has_table("UserRole"),
        })
    }
}

/// What has been found of a row.
enum AffiliateVerdict {
    /// It is in the database.
    Compared {
        /// Whether its affiliate is verified.
        verified: bool,
    },
    /// It is not: it was held or rejected, or a difference has been entered.
    NotWritten,
}

struct AffiliateComparison<'a> {
    context: &'a VerifyContext,
    check: &'a mut VerifyCheck,
    reader: &'a ExportReader,
    row: &'a ExportRow,
    code: &'a str,
    stored: &'a StoredAffiliates,
}

impl AffiliateComparison<'_> {
    fn compare(&mut self) -> AffiliateVerdict {
        self.check.turn_to(Subject::Affiliate(self.code.to_owned()));
        let parsed = self.row.cells.as_ref().map(|record| {
            affiliate::parse(
                &AffiliateCells::read(|field| self.reader.cell(record, field)),
                self.reader.rules(self.context.rules),
            )
        });
        let affiliate = parsed.as_ref().and_then(|parsed| parsed.record.as_ref());
        let rejects = self.context.rejects.at(KIND, &self.reader.file, self.row.number);
        let findings = parsed.as_ref().map_or(&[][..], |parsed| &parsed.findings);
        let of_record = affiliate.and_then(|affiliate| affiliate.total_commissions).unwrap_or(Money::ZERO);
        for reject in &rejects {
            let is_earlier = self.context.rejects.is_of_earlier_version(reject);
            let amount =
                if is_earlier { Some(of_record) } else { parsed.as_ref().and_then(|parsed| parsed.amount) };
            rejects::compare(self.check, reject, self.row, self.code, findings, amount);
        }
        if let (Some(source), Some(affiliate), Some(record)) =
            (self.stored.sources.get(self.code), affiliate, &self.row.cells)
        {
            let payload = Payload::read(&source.payload.0);
            if self.reader.same_cells(record, &payload) {
                return AffiliateVerdict::Compared { verified: self.compare_rows(affiliate, source) };
            }
            let here = payload.file == self.reader.file.as_str() && payload.record == self.row.number;
            if !here && self.context.was_read(&[source.created_at, source.updated_at], KIND, &payload.file) {
                return AffiliateVerdict::Compared { verified: true };
            }
        }
        if rejects.is_empty() && !self.context.rejects.has_key(KIND, self.code, &self.reader.file) {
            let (file, record) = (&self.reader.file, self.row.number);
            let what = tr!("is neither in the database as it stands there nor among the rejects");
            self.check.differ(tr!("affiliate {} ({file} record {record}): {what}", self.code));
        }
        AffiliateVerdict::NotWritten
    }

    fn compare_rows(&mut self, affiliate: &Affiliate, source: &SourceRecord) -> bool {
        let who = tr!("affiliate {}", self.code);
        let joined = affiliate.joined_at.unwrap_or(Millis(0));
        self.check.values += self.reader.columns.len() as u64;
        let Some(mapping) = self.stored.mappings.get(self.code) else {
            self.check.differ(tr!("{who}: no mapping"));
            return false;
        };
        let key = format!("affiliate/{}", self.code);
        self.id(&who, "SejoliSourceRecord", &source.id, &id_for("SejoliSourceRecord", &key, Millis(0)));
        let expected = AffiliateMapping {
            name: affiliate.name.clone(),
            email: affiliate.email.as_ref().map(|email| email.as_str().to_owned()),
            phone: affiliate.phone.map(|phone| phone.to_string()),
            ..mapping.clone()
        };
        self.check.row(&who, expected, mapping, &[]);
        self.id(
            &who,
            "SejoliAffiliateMapping",
            &mapping.id,
            &id_for("SejoliAffiliateMapping", self.code, joined),
        );
        self.totals(&who, affiliate, joined);
        self.mapping(&who, mapping);
        if mapping.status == "VERIFIED" {
            self.verified(&who, affiliate, mapping, joined);
        }
        mapping.status == "VERIFIED"
    }

    /// Compares the part of an id that is made of the key. The time's part may be an older one.
    fn id(&mut self, who: &str, table: &str, found: &str, expected: &str) {
        let same = found.len() == expected.len() && found.get(9..) == expected.get(9..);
        self.check.compare(same, || tr!("{who}: {table}: id ({found} instead of {expected})"));
    }

    fn totals(&mut self, who: &str, affiliate: &Affiliate, joined: Millis) {
        let Some(totals) = self.stored.totals.get(self.code) else {
            self.check.differ(tr!("{who}: no totals"));
            return;
        };
        let expected = AffiliateTotals {
            reported_commissions: affiliate.total_commissions,
            // A file that says nothing leaves the figure that an earlier one has given.
            reported_paid: affiliate.total_paid.unwrap_or(totals.reported_paid),
            ..totals.clone()
        };
        self.check.row(who, expected, totals, &[]);
        self.id(
            who,
            "SejoliAffiliateTotals",
            &totals.id,
            &id_for("SejoliAffiliateTotals", self.code, joined),
        );
    }

    /// Bank details that could be read stand in a profile that an import has made, unless somebody has changed them in the
    /// app. They are named in no difference.
    fn bank(&mut self, who: &str, affiliate: &Affiliate, profile: &AffiliateProfile) {
        let kept = self.stored.sources.get(self.code).map(|source| Payload::read(&source.payload.0));
        let is_offered = kept.is_some_and(|payload| payload.has_bank());
        let Some(account) = affiliate.bank.account().filter(|_| is_offered) else { return };
        let found = [&profile.bank_name.0, &profile.bank_account_number.0, &profile.bank_account_name.0];
        let expected = [&Some(account.bank.clone()), &Some(account.number.clone()), &account.holder];
        let is_empty = found.iter().all(|cell| cell.is_none());
        self.check.compare(!is_empty, || tr!("{who}: the bank details are missing"));
        if !is_empty && found != expected {
            self.check.facts.push(tr!("{who}: the app has other bank details than the file"));
        }
    }

    /// The columns of a mapping agree with each other.
    fn mapping(&mut self, who: &str, mapping: &AffiliateMapping) {
        let verified = mapping.status == "VERIFIED";
        let known = matches!(mapping.status.as_str(), "VERIFIED" | "PENDING" | "REJECTED");
        let mut hold =
            |holds: bool, field: &str| self.check.compare(holds, || tr!("{who}: mapping: {field}"));
        hold(known, tr!("mappingStatus is not a word that the app knows"));
        hold(verified == mapping.eksporyuk_user_id.is_some(), tr!("eksporyukUserId does not fit the status"));
        hold(
            !verified || (mapping.verified_by.is_some() && mapping.verified_at.is_some()),
            tr!("verifiedBy or verifiedAt is empty"),
        );
        if let Some(by) = mapping.verified_by.as_deref().and_then(|by| by.strip_prefix("sejoli-migrate: ")) {
            hold(!by.is_empty(), "verifiedBy");
            let at = mapping.verified_at.is_some_and(|at| self.context.is_run_time(at));
            hold(at, tr!("verifiedAt is not the time of any run"));
        }
    }

    fn verified(&mut self, who: &str, affiliate: &Affiliate, mapping: &AffiliateMapping, joined: Millis) {
        let user_id = mapping.eksporyuk_user_id.as_deref().unwrap_or_default();
        let created = mapping.verified_by.as_deref() == Some("sejoli-migrate: created");
        match self.stored.users.get(user_id) {
            Some(user) if created => self.created_user(who, affiliate, user),
            Some(_) => self.check.values += 1,
            None => self.check.differ(tr!("{who}: mapping: eksporyukUserId is no user's id")),
        }
        match self.stored.profiles.get(user_id) {
            Some(profile) if profile.external_id.as_deref() == Some(self.code) => {
                self.profile(who, affiliate, profile, joined);
                self.bank(who, affiliate, profile);
            }
            Some(profile) => self.check.facts.push(tr!("{who}: has profile {} of the app", profile.id)),
            None => self.check.differ(tr!("{who}: no profile")),
        }
        let has_wallet = self.stored.wallets.contains_key(user_id);
        self.check.compare(has_wallet, || tr!("{who}: no wallet"));
        if self.stored.has_roles {
            let mut roles = self.stored.roles.get(user_id).into_iter().flatten();
            let has_role = roles.any(|role| role.role == Role::Affiliate);
            self.check.compare(has_role, || tr!("{who}: no role AFFILIATE"));
        }
    }

    fn created_user(&mut self, who: &str, affiliate: &Affiliate, user: &User) {
        let email = affiliate.email.as_ref().map(|email| email.as_str());
        let phone = affiliate.phone.map(|phone| phone.to_string());
        self.check.compare(email == Some(user.email.as_str()), || tr!("{who}: User.email of {}", user.id));
        self.check.compare(user.name == affiliate.name, || tr!("{who}: User.name of {}", user.id));
        if phone.is_some() {
            self.check.compare(user.phone == phone, || tr!("{who}: User.phone of {}", user.id));
        }
    }

    fn profile(&mut self, who: &str, affiliate: &Affiliate, found: &AffiliateProfile, joined: Millis) {
        let fallback = format!("SJ-{}", self.code);
        let of_code = |text: &String| *text == self.code || *text == fallback;
        self.check.compare(of_code(&found.affiliate_code), || tr!("{who}: AffiliateProfile: affiliateCode"));
        self.check.compare(of_code(&found.short_link), || tr!("{who}: AffiliateProfile: shortLink"));
        let since = affiliate.joined_at.unwrap_or(found.created_at);
        let expected = AffiliateProfile {
            tier: 1,
            commission_rate: affiliate.rate.unwrap_or(Rate::from_hundredths(0)),
            total_clicks: 0,
            is_active: true,
            application_status: "APPROVED".to_owned(),
            approved_at: Some(since),
            created_at: since,
            external_id: Some(self.code.to_owned()),
            ..found.clone()
        };
        self.check.row(who, expected, found, &["id", "totalConversions", "totalSales", "totalEarnings"]);
        if found.id != found.user_id {
            // Version 0.1 has made ids of its own.
            self.id(who, "AffiliateProfile", &found.id, &id_for("AffiliateProfile", self.code, joined));
        }
    }
}
