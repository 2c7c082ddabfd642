internal import Storage

/// The tables of tenancy in `control.sqlite`; append only.
let tenancyMigrations: [Migration] = [
    Migration(
        "tenancy-1",
        """
        CREATE TABLE environments (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, status TEXT NOT NULL, created_at INTEGER NOT NULL, delete_after INTEGER,
            settings TEXT NOT NULL DEFAULT '{}');
        CREATE TABLE keys (
            id TEXT PRIMARY KEY, environment TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
            secret_hash TEXT NOT NULL, sealed_secret TEXT, created_at INTEGER NOT NULL);
        CREATE INDEX keys_by_environment ON keys (environment);
        CREATE UNIQUE INDEX keys_by_hash ON keys (secret_hash);
        CREATE TABLE console_sessions (token_hash TEXT PRIMARY KEY, expires_at INTEGER NOT NULL);
        """)
]
