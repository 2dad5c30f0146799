-- Why: the tool is given up; nobody of the app changes.

DROP INDEX `SejoliIdentity_userId_idx` ON `SejoliIdentity`;
DROP TABLE `SejoliIdentity`;
