-- Why: an import warns when no backup is younger than a day, so the database remembers its backups.
-- Each statement makes one object; one that is there already is left as it is.

-- CreateTable
CREATE TABLE `SejoliBackup` (
    `id` VARCHAR(191) NOT NULL PRIMARY KEY,
    `file` TEXT NOT NULL,
    `kib` INTEGER NOT NULL,
    `digest` VARCHAR(191) NOT NULL,
    `program` VARCHAR(191) NOT NULL,
    `createdAt` DATETIME(3) NOT NULL
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
