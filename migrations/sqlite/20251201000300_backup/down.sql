-- Why: the backups stay where they are; only the list of them goes.

DROP TABLE "SejoliBackup";
