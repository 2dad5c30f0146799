-- Why: the tool keeps its books in the database that they are about: runs with their checkpoints,
-- before-images for the undo, rejected rows, source rows and settled totals. One transaction then
-- covers the books and the rows.
-- Each statement makes one object; one that is there already is left as it is.

-- CreateTable
CREATE TABLE `SejoliImportRun` (
    `id` VARCHAR(191) NOT NULL PRIMARY KEY,
    `command` VARCHAR(191) NOT NULL,
    `state` VARCHAR(191) NOT NULL,
    `context` VARCHAR(191) NOT NULL,
    `options` JSON NOT NULL,
    `checkpoint` JSON NOT NULL,
    `toolVersion` VARCHAR(191) NOT NULL,
    `startedAt` DATETIME(3) NOT NULL,
    `finishedAt` DATETIME(3),
    `updatedAt` DATETIME(3) NOT NULL,
    `parentId` VARCHAR(191),
    `purgedAt` DATETIME(3)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- CreateTable
CREATE TABLE `SejoliImportJournal` (
    `id` VARCHAR(191) NOT NULL PRIMARY KEY,
    `runId` VARCHAR(191) NOT NULL,
    `batch` INTEGER NOT NULL,
    `changes` INTEGER NOT NULL,
    `images` LONGBLOB NOT NULL,
    `createdAt` DATETIME(3) NOT NULL
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- CreateTable
CREATE TABLE `SejoliImportReject` (
    `id` VARCHAR(191) NOT NULL PRIMARY KEY,
    `runId` VARCHAR(191) NOT NULL,
    `kind` VARCHAR(191) NOT NULL,
    `file` TEXT NOT NULL,
    `record` INTEGER NOT NULL,
    `line` INTEGER NOT NULL,
    `sourceKey` VARCHAR(191),
    `disposition` VARCHAR(191) NOT NULL,
    `code` VARCHAR(191) NOT NULL,
    `column` VARCHAR(191),
    `reason` TEXT NOT NULL,
    `amount` DECIMAL(65, 30),
    `createdAt` DATETIME(3) NOT NULL
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- CreateTable
CREATE TABLE `SejoliSourceRecord` (
    `id` VARCHAR(191) NOT NULL PRIMARY KEY,
    `kind` VARCHAR(191) NOT NULL,
    `sourceKey` VARCHAR(191) NOT NULL,
    `targetId` VARCHAR(191) NOT NULL,
    `payload` JSON NOT NULL,
    `written` VARCHAR(191) NOT NULL,
    `createdAt` DATETIME(3) NOT NULL,
    `updatedAt` DATETIME(3) NOT NULL
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- CreateTable
CREATE TABLE `SejoliAffiliateTotals` (
    `id` VARCHAR(191) NOT NULL PRIMARY KEY,
    `affiliateCode` VARCHAR(191) NOT NULL,
    `reportedCommissions` DECIMAL(65, 30),
    `reportedPaid` DECIMAL(65, 30) NOT NULL,
    `settledConversions` INTEGER NOT NULL,
    `settledSales` DECIMAL(65, 30) NOT NULL,
    `settledEarnings` DECIMAL(65, 30) NOT NULL,
    `settledPayout` DECIMAL(65, 30) NOT NULL,
    `settledBalance` DECIMAL(65, 30) NOT NULL,
    `createdAt` DATETIME(3) NOT NULL,
    `updatedAt` DATETIME(3) NOT NULL
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- CreateTable
CREATE TABLE `SejoliImportLock` (
    `id` VARCHAR(191) NOT NULL PRIMARY KEY,
    `command` VARCHAR(191) NOT NULL,
    `host` VARCHAR(191) NOT NULL,
    `boot` VARCHAR(191) NOT NULL,
    `pid` INTEGER NOT NULL,
    `processStart` VARCHAR(191) NOT NULL,
    `since` DATETIME(3) NOT NULL,
    `heartbeat` DATETIME(3) NOT NULL
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- CreateIndex
CREATE UNIQUE INDEX `SejoliImportJournal_runId_batch_key` ON `SejoliImportJournal`(`runId`, `batch`);

-- CreateIndex
CREATE INDEX `SejoliImportReject_runId_idx` ON `SejoliImportReject`(`runId`);

-- CreateIndex
CREATE INDEX `SejoliImportReject_sourceKey_kind_idx` ON `SejoliImportReject`(`sourceKey`, `kind`);

-- CreateIndex
CREATE INDEX `SejoliSourceRecord_targetId_idx` ON `SejoliSourceRecord`(`targetId`);

-- CreateIndex
CREATE UNIQUE INDEX `SejoliSourceRecord_sourceKey_kind_key` ON `SejoliSourceRecord`(`sourceKey`, `kind`);

-- CreateIndex
CREATE UNIQUE INDEX `SejoliAffiliateTotals_affiliateCode_key` ON `SejoliAffiliateTotals`(`affiliateCode`);
