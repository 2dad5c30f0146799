-- Why: who a person of the source is in the app is decided once, by the first row that names them. Later imports
-- keep to it, whatever address or number the app has by then, and know what was written of that person before.
-- Each statement makes one object; one that is there already is left as it is.

-- CreateTable
CREATE TABLE "SejoliIdentity" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "userId" TEXT NOT NULL,
    "runId" TEXT NOT NULL,
    "wroteName" BOOLEAN NOT NULL,
    "wrotePhone" BOOLEAN NOT NULL,
    "wroteWhatsapp" BOOLEAN NOT NULL,
    "raisedRole" BOOLEAN NOT NULL,
    "createdAt" DATETIME NOT NULL,
    "updatedAt" DATETIME NOT NULL
);

-- CreateIndex
CREATE INDEX "SejoliIdentity_userId_idx" ON "SejoliIdentity"("userId");
