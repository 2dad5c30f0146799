-- Why: a revert must take away exactly what the tool added. This table lists it.
-- Each statement makes one object; one that is there already is left as it is.

-- CreateTable
CREATE TABLE `SejoliSchemaObject` (
    `id` VARCHAR(191) NOT NULL PRIMARY KEY,
    `kind` VARCHAR(191) NOT NULL,
    `name` VARCHAR(191) NOT NULL,
    `tableName` VARCHAR(191) NOT NULL,
    `migration` VARCHAR(191) NOT NULL,
    `createdAt` DATETIME(3) NOT NULL
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
