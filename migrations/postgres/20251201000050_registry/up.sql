-- Why: a revert must take away exactly what the tool added. This table lists it.
-- Each statement makes one object; one that is there already is left as it is.

-- CreateTable
CREATE TABLE "SejoliSchemaObject" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "kind" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "tableName" TEXT NOT NULL,
    "migration" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL
);
