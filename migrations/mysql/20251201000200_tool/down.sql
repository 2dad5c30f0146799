-- Why: without imports there are no books to keep.
-- Newest first. A statement runs only for an object that SejoliSchemaObject lists: what was there
-- before stays, and so do the app's own tables.

DROP INDEX `SejoliAffiliateTotals_affiliateCode_key` ON `SejoliAffiliateTotals`;
DROP INDEX `SejoliSourceRecord_sourceKey_kind_key` ON `SejoliSourceRecord`;
DROP INDEX `SejoliSourceRecord_targetId_idx` ON `SejoliSourceRecord`;
DROP INDEX `SejoliImportReject_sourceKey_kind_idx` ON `SejoliImportReject`;
DROP INDEX `SejoliImportReject_runId_idx` ON `SejoliImportReject`;
DROP INDEX `SejoliImportJournal_runId_batch_key` ON `SejoliImportJournal`;
DROP TABLE `SejoliImportLock`;
DROP TABLE `SejoliAffiliateTotals`;
DROP TABLE `SejoliSourceRecord`;
DROP TABLE `SejoliImportReject`;
DROP TABLE `SejoliImportJournal`;
DROP TABLE `SejoliImportRun`;
