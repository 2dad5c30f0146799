-- Why: the list goes last, when nothing of what it lists is left.
-- Newest first. A statement runs only for an object that SejoliSchemaObject lists: what was there
-- before stays, and so do the app's own tables.

DROP TABLE `SejoliSchemaObject`;
