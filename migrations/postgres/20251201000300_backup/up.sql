-- Why: an import warns when no backup is younger than a day, so the database remembers its backups.
-- Each statement makes one object; one that is there already is left as it is.

-- CreateTable
CREATE TABLE "SejoliBackup" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "file" TEXT NOT NULL,
    "kib" INTEGER NOT NULL,
    "digest" TEXT NOT NULL,
    "program" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL
);
