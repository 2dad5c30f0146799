-- Why: the checklist's tables and columns go when the migration is given up.
-- Newest first. A statement runs only for an object that SejoliSchemaObject lists: what was there
-- before stays, and so do the app's own tables.

DROP INDEX "AffiliateProfile_externalId_idx";
DROP INDEX "UserMembership_externalId_idx";
DROP INDEX "DataImportLog_batchNumber_idx";
DROP INDEX "DataImportLog_status_idx";
DROP INDEX "DataImportLog_importType_idx";
DROP INDEX "DataImportLog_source_idx";
DROP INDEX "SejoliAffiliateMapping_mappingStatus_idx";
DROP INDEX "SejoliAffiliateMapping_eksporyukUserId_idx";
DROP INDEX "SejoliAffiliateMapping_sejoliAffiliateCode_idx";
DROP INDEX "SejoliAffiliateMapping_sejoliAffiliateCode_key";
DROP INDEX "SejoliWebhookLog_orderStatus_idx";
DROP INDEX "SejoliWebhookLog_processed_idx";
DROP INDEX "SejoliWebhookLog_affiliateCode_idx";
DROP INDEX "SejoliWebhookLog_buyerEmail_idx";
DROP INDEX "SejoliWebhookLog_orderId_idx";
DROP INDEX "SejoliWebhookLog_orderId_key";
ALTER TABLE "AffiliateProfile" DROP COLUMN "externalId";
ALTER TABLE "UserMembership" DROP COLUMN "externalId";
ALTER TABLE "User" DROP COLUMN "importSource";
DROP TABLE "DataImportLog";
DROP TABLE "SejoliAffiliateMapping";
DROP TABLE "SejoliWebhookLog";
