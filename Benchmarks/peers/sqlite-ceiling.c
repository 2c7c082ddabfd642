// What SQLite alone does on this machine: rows like Sampan's, in durable transactions of so many, by one thread and nothing else.
//
//   sqlite-ceiling FILE SECONDS ROWS-PER-TRANSACTION WITH-LOG(0|1)
//
// Prints {"rows":n,"seconds":s}. A document is a row with a unique text id, an entry in one index, and, with the log, a row of the
// log of changes, as Sampan keeps it for its history.
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STOCK = 100000 };
static const char *const BODY =
    "{\"_id\":\"%s\",\"_openid\":\"dev-0123456789abcdef\",\"sku\":\"sku-%d\",\"qty\":%d,\"price\":%d.5,\"user\":\"u%d\"}";

static sqlite3 *database;
static sqlite3_stmt *document, *entry, *change;

static double now(void) {
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    return (double)moment.tv_sec + (double)moment.tv_nsec / 1e9;
}

static void require(int code, int wanted) {
    if (code == wanted) return;
    fprintf(stderr, "sqlite-ceiling: %s\n", sqlite3_errmsg(database));
    exit(1);
}

static void run(const char *sql) { require(sqlite3_exec(database, sql, 0, 0, 0), SQLITE_OK); }

static sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *statement;
    require(sqlite3_prepare_v2(database, sql, -1, &statement, 0), SQLITE_OK);
    return statement;
}

static void step(sqlite3_stmt *statement) {
    require(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_reset(statement);
}

// Ids are as Sampan makes them: 24 digits, those of one second beside each other.
static void insert(long number, int has_log) {
    char id[32], body[256], key[32];
    int user = rand() % 1000;
    snprintf(id, sizeof id, "%08lx%08x%08x", number / 5000, rand(), rand());
    snprintf(body, sizeof body, BODY, id, rand() % 10000, rand() % 9 + 1, rand() % 1000, user);
    int length = snprintf(key, sizeof key, "\x30u%d", user) + 1;
    sqlite3_bind_text(document, 1, id, -1, SQLITE_STATIC);
    sqlite3_bind_text(document, 2, "dev-0123456789abcdef", -1, SQLITE_STATIC);
    sqlite3_bind_blob(document, 3, body, (int)strlen(body), SQLITE_STATIC);
    step(document);
    sqlite3_bind_blob(entry, 1, key, length, SQLITE_STATIC);
    sqlite3_bind_int64(entry, 2, sqlite3_last_insert_rowid(database));
    step(entry);
    if (!has_log) return;
    sqlite3_bind_int64(change, 1, number);
    sqlite3_bind_text(change, 2, id, -1, SQLITE_STATIC);
    step(change);
}

int main(int count, char **arguments) {
    if (count != 5) return 2;
    double seconds = atof(arguments[2]);
    long rows = atol(arguments[3]), number = 0;
    int has_log = atoi(arguments[4]);
    require(sqlite3_open(arguments[1], &database), SQLITE_OK);
    run("PRAGMA cache_size = -4096; PRAGMA temp_store = MEMORY; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
        "CREATE TABLE d (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, body BLOB NOT NULL);"
        "CREATE TABLE i (key BLOB NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (key, seq)) WITHOUT ROWID;"
        "CREATE TABLE changes (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, collection INTEGER NOT NULL,"
        " kind INTEGER NOT NULL, id TEXT NOT NULL, before BLOB, after BLOB)");
    document = prepare("INSERT INTO d (id, owner, body) VALUES (?1, ?2, ?3)");
    entry = prepare("INSERT INTO i (key, seq) VALUES (?1, ?2)");
    change = prepare("INSERT INTO changes (at, collection, kind, id) VALUES (?1, 1, 0, ?2)");
    run("BEGIN");
    while (number < STOCK) insert(number++, has_log);
    run("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
    long before = number;
    double began = now(), took;
    do {
        run("BEGIN IMMEDIATE");
        for (long row = 0; row < rows; row++) insert(number++, has_log);
        run("COMMIT");
        took = now() - began;
    } while (took < seconds);
    printf("{\"rows\":%ld,\"seconds\":%.6f}\n", number - before, took);
    return 0;
}
