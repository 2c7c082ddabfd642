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
        """),
    // People and organizations. Whoever was signed in with the operator's link signs in again.
    Migration(
        "tenancy-2",
        """
        CREATE TABLE organizations (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL, created_at INTEGER NOT NULL);
        CREATE TABLE apps (
            id TEXT PRIMARY KEY, organization TEXT NOT NULL, name TEXT NOT NULL, alipay_app_id TEXT NOT NULL, wechat_app_id TEXT NOT NULL,
            created_at INTEGER NOT NULL);
        CREATE INDEX apps_by_organization ON apps (organization);
        CREATE TABLE accounts (
            id TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL, is_operator INTEGER NOT NULL, password_hash TEXT NOT NULL,
            second_factor TEXT, second_factor_step INTEGER NOT NULL DEFAULT 0, recovery_hashes TEXT NOT NULL DEFAULT '',
            created_at INTEGER NOT NULL);
        CREATE TABLE sessions (
            id TEXT PRIMARY KEY, token_hash TEXT NOT NULL UNIQUE, account TEXT, created_at INTEGER NOT NULL, last_seen_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL, user_agent TEXT NOT NULL, client_ip TEXT NOT NULL);
        CREATE INDEX sessions_by_account ON sessions (account);
        CREATE TABLE password_resets (token_hash TEXT PRIMARY KEY, account TEXT NOT NULL, expires_at INTEGER NOT NULL);
        CREATE TABLE members (
            organization TEXT NOT NULL, account TEXT NOT NULL, app TEXT NOT NULL DEFAULT '', role TEXT NOT NULL, created_at INTEGER NOT NULL,
            PRIMARY KEY (organization, account, app));
        CREATE INDEX members_by_account ON members (account);
        CREATE TABLE invitations (
            id TEXT PRIMARY KEY, token_hash TEXT NOT NULL UNIQUE, organization TEXT NOT NULL, email TEXT NOT NULL, app TEXT NOT NULL, role TEXT NOT NULL,
            invited_by TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL);
        CREATE INDEX invitations_by_organization ON invitations (organization);
        CREATE TABLE audit (
            id INTEGER PRIMARY KEY, organization TEXT, environment TEXT, at INTEGER NOT NULL, actor_kind TEXT NOT NULL, actor_id TEXT NOT NULL,
            actor_name TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL, before TEXT, after TEXT, request_id TEXT NOT NULL,
            client_ip TEXT NOT NULL);
        CREATE INDEX audit_by_organization ON audit (organization, id);
        ALTER TABLE environments ADD COLUMN organization TEXT NOT NULL DEFAULT '';
        ALTER TABLE environments ADD COLUMN app TEXT NOT NULL DEFAULT '';
        ALTER TABLE environments ADD COLUMN stage TEXT NOT NULL DEFAULT 'development';
        ALTER TABLE keys ADD COLUMN organization TEXT NOT NULL DEFAULT '';
        ALTER TABLE keys ADD COLUMN role TEXT NOT NULL DEFAULT 'developer';
        ALTER TABLE keys ADD COLUMN expires_at INTEGER;
        ALTER TABLE keys ADD COLUMN last_used_at INTEGER;
        DROP TABLE console_sessions;
        """),
    // What the operator allows an environment, and the ids of those that are being made and have no row of their own yet.
    Migration(
        "tenancy-3",
        """
        ALTER TABLE environments ADD COLUMN quotas TEXT NOT NULL DEFAULT '{}';
        CREATE TABLE unfinished_environments (id TEXT PRIMARY KEY);
        """),
    // Who looks after the platform is a member of the operator's own organization.
    Migration("tenancy-4", "ALTER TABLE accounts DROP COLUMN is_operator;"),
    Migration(
        "tenancy-5",
        """
        CREATE TABLE repeatable_answers (
            caller TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, at INTEGER NOT NULL, status INTEGER, content_type TEXT, tag TEXT,
            body TEXT, PRIMARY KEY (caller, key));
        CREATE INDEX repeatable_answers_by_age ON repeatable_answers (at);
        """),
    // What was done to one thing is looked for on its page.
    Migration("tenancy-6", "CREATE INDEX audit_by_target ON audit (organization, target, id);"),
    // What is a rehearsal's copy, and of which environment.
    Migration("tenancy-rehearsals", "ALTER TABLE environments ADD COLUMN rehearsal_of TEXT NOT NULL DEFAULT '';"),
]
