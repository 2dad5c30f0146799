-- Why: the checklist's tables and columns go when the migration is given up.
-- Newest first. A statement runs only for an object that SejoliSchemaObject lists: what was there
-- before stays, and so do the app's own tables.

DROP INDEX `AffiliateProfile_externalId_idx` ON `AffiliateProfile`;
DROP INDEX `UserMembership_externalId_idx` ON `UserMembership`;
DROP INDEX `DataImportLog_batchNumber_idx` ON `DataImportLog`;
DROP INDEX `DataImportLog_status_idx` ON `DataImportLog`;
DROP INDEX `DataImportLog_importType_idx` ON `DataImportLog`;
DROP INDEX `DataImportLog_source_idx` ON `DataImportLog`;
DROP INDEX `SejoliAffiliateMapping_mappingStatus_idx` ON `SejoliAffiliateMapping`;
DROP INDEX `SejoliAffiliateMapping_eksporyukUserId_idx` ON `SejoliAffiliateMapping`;
DROP INDEX `SejoliAffiliateMapping_sejoliAffiliateCode_idx` ON `SejoliAffiliateMapping`;
DROP INDEX `SejoliAffiliateMapping_sejoliAffiliateCode_key` ON `SejoliAffiliateMapping`;
DROP INDEX `SejoliWebhookLog_orderStatus_idx` ON `SejoliWebhookLog`;
DROP INDEX `SejoliWebhookLog_processed_idx` ON `SejoliWebhookLog`;
DROP INDEX `SejoliWebhookLog_affiliateCode_idx` ON `SejoliWebhookLog`;
DROP INDEX `SejoliWebhookLog_buyerEmail_idx` ON `SejoliWebhookLog`;
DROP INDEX `SejoliWebhookLog_orderId_idx` ON `SejoliWebhookLog`;
DROP INDEX `SejoliWebhookLog_orderId_key` ON `SejoliWebhookLog`;
ALTER TABLE `AffiliateProfile` DROP COLUMN `externalId`;
ALTER TABLE `UserMembership` DROP COLUMN `externalId`;
ALTER TABLE `User` DROP COLUMN `importSource`;
DROP TABLE `DataImportLog`;
DROP TABLE `SejoliAffiliateMapping`;
DROP TABLE `SejoliWebhookLog`;
