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
    "startedAt" TIMESTAMP(3) NOT NULL,
    "finishedAt" TIMESTAMP(3),
    "updatedAt" TIMESTAMP(3) NOT NULL,
    "parentId" TEXT,
    "purgedAt" TIMESTAMP(3)
);

-- CreateTable
CREATE TABLE "SejoliImportJournal" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "runId" TEXT NOT NULL,
    "batch" INTEGER NOT NULL,
    "changes" INTEGER NOT NULL,
    "images" BYTEA NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL
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
    "amount" DECIMAL(65,30),
    "createdAt" TIMESTAMP(3) NOT NULL
);

-- CreateTable
CREATE TABLE "SejoliSourceRecord" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "kind" TEXT NOT NULL,
    "sourceKey" TEXT NOT NULL,
    "targetId" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "written" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "updatedAt" TIMESTAMP(3) NOT NULL
);

-- CreateTable
CREATE TABLE "SejoliAffiliateTotals" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "affiliateCode" TEXT NOT NULL,
    "reportedCommissions" DECIMAL(65,30),
    "reportedPaid" DECIMAL(65,30) NOT NULL,
    "settledConversions" INTEGER NOT NULL,
    "settledSales" DECIMAL(65,30) NOT NULL,
    "settledEarnings" DECIMAL(65,30) NOT NULL,
    "settledPayout" DECIMAL(65,30) NOT NULL,
    "settledBalance" DECIMAL(65,30) NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "updatedAt" TIMESTAMP(3) NOT NULL
);

-- CreateTable
CREATE TABLE "SejoliImportLock" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "command" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "boot" TEXT NOT NULL,
    "pid" INTEGER NOT NULL,
    "processStart" TEXT NOT NULL,
    "since" TIMESTAMP(3) NOT NULL,
    "heartbeat" TIMESTAMP(3) NOT NULL
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
