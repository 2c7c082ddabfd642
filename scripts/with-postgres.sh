#!/usr/bin/env bash
# Runs a command beside PostgreSQL servers of its own, which are gone afterwards with everything in them.
#
#   scripts/with-postgres.sh swift test
#
# The command finds SAMPAN_TEST_POSTGRES, the URL of a server, and SAMPAN_TEST_POSTGRES_FAULTS, the URL of another one
# whose processes tests may kill. Where PostgreSQL is not installed the command runs without them, unless
# SAMPAN_REQUIRE_POSTGRES is set.
set -euo pipefail

[ "$#" -gt 0 ] || { echo 'usage: scripts/with-postgres.sh command …' >&2; exit 2; }

say() { printf 'with-postgres: %s\n' "$*" >&2; }

programs=
for folder in /usr/lib/postgresql/*/bin; do
    [ -x "$folder/initdb" ] && programs=$folder
done
if [ -z "$programs" ]; then
    [ -z "${SAMPAN_REQUIRE_POSTGRES:-}" ] || { say 'PostgreSQL is not installed; scripts/setup.sh test installs it'; exit 1; }
    say 'PostgreSQL is not installed, so what needs it is skipped; scripts/setup.sh test installs it'
    exec "$@"
fi

# PostgreSQL refuses to run as root.
as=()
if [ "$(id -u)" -eq 0 ]; then as=(setpriv --reuid=postgres --regid=postgres --init-groups); fi

folder=$(mktemp -d -t sampan-postgres.XXXXXX)
servers=()

stop() {
    local server
    # Immediately: nothing of it is kept.
    for server in "${servers[@]}"; do kill -QUIT "$server" 2>/dev/null || true; done
    for server in "${servers[@]}"; do wait "$server" 2>/dev/null || true; done
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT TERM

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# Starts a server on a copy of the first cluster; sets `url`.
start() {
    local name=$1 port attempt
    port=$(free_port)
    "${as[@]}" cp -R "$folder/cluster" "$folder/$name"
    # `exec` keeps the process id: what is stopped at the end is the server and nothing else.
    (cd / && exec "${as[@]}" "$programs/postgres" -D "$folder/$name" -p "$port" -k "$folder" -c listen_addresses=127.0.0.1 \
        -c max_connections=500 -c fsync=on -c log_min_messages=fatal >"$folder/$name.log" 2>&1) &
    servers+=("$!")
    for attempt in $(seq 150); do
        "$programs/pg_isready" --quiet --host=127.0.0.1 --port="$port" && break
        [ "$attempt" -lt 150 ] || { say 'the server did not start:'; cat "$folder/$name.log" >&2; exit 1; }
        sleep 0.2
    done
    url="postgres://sampan:a-password-for-tests@127.0.0.1:$port/postgres"
}

printf 'a-password-for-tests\n' >"$folder/password"
chmod 755 "$folder"
[ "${#as[@]}" -eq 0 ] || chown postgres:postgres "$folder" "$folder/password"
(cd / && "${as[@]}" "$programs/initdb" --pgdata="$folder/cluster" --username=sampan --pwfile="$folder/password" \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$folder/initdb.log" 2>&1) || { cat "$folder/initdb.log" >&2; exit 1; }
start tests
export SAMPAN_TEST_POSTGRES=$url
start faults
export SAMPAN_TEST_POSTGRES_FAULTS=$url
code=0
"$@" || code=$?
exit "$code"
