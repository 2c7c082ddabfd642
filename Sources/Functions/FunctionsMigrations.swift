internal import Storage

/// The tables of functions in `control.sqlite`; append only.
let functionsMigrations: [Migration] = [
    Migration(
        "functions-1",
        """
        CREATE TABLE functions (
            environment TEXT NOT NULL, name TEXT NOT NULL, traffic TEXT NOT NULL, triggers TEXT NOT NULL, http_path TEXT,
            updated_at INTEGER NOT NULL, PRIMARY KEY (environment, name)) WITHOUT ROWID;
        CREATE TABLE versions (
            environment TEXT NOT NULL, function TEXT NOT NULL, version INTEGER NOT NULL, fingerprint TEXT NOT NULL, settings TEXT NOT NULL,
            variables TEXT NOT NULL, description TEXT NOT NULL, files INTEGER NOT NULL, size INTEGER NOT NULL, created_at INTEGER NOT NULL,
            PRIMARY KEY (environment, function, version)) WITHOUT ROWID;
        CREATE TABLE queue (
            id INTEGER PRIMARY KEY AUTOINCREMENT, environment TEXT NOT NULL, function TEXT NOT NULL, request_id TEXT NOT NULL,
            source TEXT NOT NULL, user TEXT NOT NULL, event BLOB NOT NULL, attempt INTEGER NOT NULL DEFAULT 0, due_at INTEGER NOT NULL,
            created_at INTEGER NOT NULL);
        CREATE INDEX queue_by_due ON queue (due_at);
        CREATE TABLE timers (
            environment TEXT NOT NULL, function TEXT NOT NULL, name TEXT NOT NULL, next_at INTEGER NOT NULL,
            PRIMARY KEY (environment, function, name)) WITHOUT ROWID;
        """),
    Migration(
        "functions-2",
        """
        CREATE TABLE cursors (
            environment TEXT NOT NULL, function TEXT NOT NULL, name TEXT NOT NULL, place INTEGER NOT NULL,
            PRIMARY KEY (environment, function, name)) WITHOUT ROWID;
        """),
]

/// The tables of one environment's `logs.sqlite`; append only.
let logsMigrations: [Migration] = [
    Migration(
        "logs-1",
        """
        CREATE TABLE logs (
            id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, function TEXT NOT NULL, version INTEGER NOT NULL,
            request_id TEXT NOT NULL, level INTEGER NOT NULL, text TEXT NOT NULL);
        CREATE INDEX logs_by_request ON logs (request_id);
        CREATE INDEX logs_by_function ON logs (function, id);
        CREATE TABLE executions (
            id INTEGER PRIMARY KEY AUTOINCREMENT, request_id TEXT NOT NULL, function TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL,
            status TEXT NOT NULL, duration_us INTEGER NOT NULL, cold INTEGER NOT NULL, cold_us INTEGER NOT NULL, memory_mb INTEGER NOT NULL,
            source TEXT NOT NULL, error TEXT);
        CREATE INDEX executions_by_request ON executions (request_id);
        CREATE INDEX executions_by_function ON executions (function, id);
        """)
]
