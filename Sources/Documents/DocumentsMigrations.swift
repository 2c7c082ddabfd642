internal import Storage

/// The tables of one environment's `documents.sqlite`; append only.
///
/// A collection lies in a table of its own (`d<number>`), an index too (`i<number>`: order-preserving key, document).
let documentsMigrations: [Migration] = [
    Migration(
        "documents-1",
        """
        CREATE TABLE collections (
            number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, permission TEXT NOT NULL, created_at INTEGER NOT NULL);
        CREATE TABLE indexes (
            number INTEGER PRIMARY KEY AUTOINCREMENT, collection INTEGER NOT NULL, name TEXT NOT NULL, fields TEXT NOT NULL,
            is_unique INTEGER NOT NULL, is_multikey INTEGER NOT NULL DEFAULT 0, UNIQUE (collection, name));
        CREATE TABLE answers (
            key TEXT PRIMARY KEY, request_hash TEXT NOT NULL, answer BLOB NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
        """),
    Migration("documents-2", "ALTER TABLE collections ADD COLUMN rules TEXT"),
    Migration(
        "documents-3",
        """
        CREATE TABLE changes (
            seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, collection INTEGER NOT NULL, kind INTEGER NOT NULL, id TEXT NOT NULL, before BLOB, after BLOB);
        """),
]
