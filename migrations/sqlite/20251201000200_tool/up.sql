-- Why: the tool keeps its books in the database that they are about: runs with their checkpoints,
-- before-images for the undo, rejected rows, source rows and settled totals. One transaction then
-- covers the books and the rows.
-- Each statement makes one object; one that is there already is left as it is.

-- CreateTable
CREATE TABLE "SejoliImportRun" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "command" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "context" TEXT NOT NULL,
    "options" JSONB NOT NULL,
    "checkpoint" JSONB NOT NULL,
    "toolVersion" TEXT NOT NULL,
    "startedAt" DATETIME NOT NULL,
    "finishedAt" DATETIME,
    "updatedAt" DATETIME NOT NULL,
    "parentId" TEXT,
    "purgedAt" DATETIME
);

-- CreateTable
CREATE TABLE "SejoliImportJournal" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "runId" TEXT NOT NULL,
    "batch" INTEGER NOT NULL,
    "changes" INTEGER NOT NULL,
    "images" BLOB NOT NULL,
    "createdAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "SejoliImportReject" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "runId" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "file" TEXT NOT NULL,
    "record" INTEGER NOT NULL,
    "line" INTEGER NOT NULL,
    "sourceKey" TEXT,
    "disposition" TEXT NOT NULL,
    "code" TEXT NOT NULL,
    "column" TEXT,
    "reason" TEXT NOT NULL,
    "amount" DECIMAL,
    "createdAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "SejoliSourceRecord" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "kind" TEXT NOT NULL,
    "sourceKey" TEXT NOT NULL,
    "targetId" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "written" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,
    "updatedAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "SejoliAffiliateTotals" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "affiliateCode" TEXT NOT NULL,
    "reportedCommissions" DECIMAL,
    "reportedPaid" DECIMAL NOT NULL,
    "settledConversions" INTEGER NOT NULL,
    "settledSales" DECIMAL NOT NULL,
    "settledEarnings" DECIMAL NOT NULL,
    "settledPayout" DECIMAL NOT NULL,
    "settledBalance" DECIMAL NOT NULL,
    "createdAt" DATETIME NOT NULL,
    "updatedAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "SejoliImportLock" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "command" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "boot" TEXT NOT NULL,
    "pid" INTEGER NOT NULL,
    "processStart" TEXT NOT NULL,
    "since" DATETIME NOT NULL,
    "heartbeat" DATETIME NOT NULL
);

-- CreateIndex
CREATE UNIQUE INDEX "SejoliImportJournal_runId_batch_key" ON "SejoliImportJournal"("runId", "batch");

-- CreateIndex
CREATE INDEX "SejoliImportReject_runId_idx" ON "SejoliImportReject"("runId");

-- CreateIndex
CREATE INDEX "SejoliImportReject_sourceKey_kind_idx" ON "SejoliImportReject"("sourceKey", "kind");

-- CreateIndex
CREATE INDEX "SejoliSourceRecord_targetId_idx" ON "SejoliSourceRecord"("targetId");

-- CreateIndex
CREATE UNIQUE INDEX "SejoliSourceRecord_sourceKey_kind_key" ON "SejoliSourceRecord"("sourceKey", "kind");

-- CreateIndex
CREATE UNIQUE INDEX "SejoliAffiliateTotals_affiliateCode_key" ON "SejoliAffiliateTotals"("affiliateCode");
