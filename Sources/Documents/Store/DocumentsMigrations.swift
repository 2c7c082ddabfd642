internal import Storage

/// The tables of one environment's documents, in its file or namespace; append only.
///
/// A collection lies in a table of its own (`d<number>`), an index too (`i<number>`: order-preserving key, document).
let documentsMigrations: [Migration] = [
    Migration("documents-1") { dialect in
        """
        CREATE TABLE collections (
            number \(dialect.identityColumn), name TEXT NOT NULL UNIQUE, permission TEXT NOT NULL, created_at \(dialect.integerType) NOT NULL);
        CREATE TABLE indexes (
            number \(dialect.identityColumn), collection \(dialect.integerType) NOT NULL, name \(dialect.verbatimType) NOT NULL, fields TEXT NOT NULL,
            is_unique \(dialect.integerType) NOT NULL, is_multikey \(dialect.integerType) NOT NULL DEFAULT 0, UNIQUE (collection, name));
        CREATE TABLE answers (
            key \(dialect.verbatimType) PRIMARY KEY, request_hash TEXT NOT NULL, answer \(dialect.bytesType) NOT NULL,
            at \(dialect.integerType) NOT NULL)\(dialect.withoutRowID);
        """
    },
    Migration("documents-2") { _ in "ALTER TABLE collections ADD COLUMN rules TEXT" },
    Migration("documents-3") { dialect in
        """
        CREATE TABLE changes (
            seq \(dialect.rowNumberColumn), at \(dialect.integerType) NOT NULL, collection \(dialect.integerType) NOT NULL,
            kind \(dialect.integerType) NOT NULL, id \(dialect.verbatimType) NOT NULL, before \(dialect.bytesType), after \(dialect.bytesType));
        INSERT INTO changes (at, collection, kind, id) SELECT \(dialect.now), 0, 2, '' WHERE EXISTS (SELECT 1 FROM collections)
        """
    },
    Migration("documents-4") { dialect in
        """
        ALTER TABLE indexes ADD COLUMN options \(dialect.verbatimType);
        ALTER TABLE indexes ADD COLUMN is_ready \(dialect.integerType) NOT NULL DEFAULT 1
        """
    },
    Migration("documents-5") { dialect in
        """
        CREATE TABLE imports (
            id TEXT PRIMARY KEY, created_at \(dialect.integerType) NOT NULL, record \(dialect.verbatimType) NOT NULL)\(dialect.withoutRowID)
        """
    },
    Migration("documents-validators") { _ in "ALTER TABLE collections ADD COLUMN validator TEXT" },
    Migration("documents-dropped") { dialect in
        """
        CREATE TABLE dropped (
            id \(dialect.identityColumn), number \(dialect.integerType) NOT NULL, name TEXT NOT NULL, permission TEXT NOT NULL, rules TEXT, validator TEXT,
            created_at \(dialect.integerType) NOT NULL, dropped_at \(dialect.integerType) NOT NULL, returned_at \(dialect.integerType),
            bytes \(dialect.integerType) NOT NULL)
        """
    },
    Migration("documents-restores") { dialect in
        """
        ALTER TABLE collections ADD COLUMN restore TEXT;
        CREATE TABLE restores (
            id TEXT PRIMARY KEY, created_at \(dialect.integerType) NOT NULL, record \(dialect.verbatimType) NOT NULL)\(dialect.withoutRowID)
        """
    },
]
