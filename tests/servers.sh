#!/usr/bin/env bash
# Runs a command with the servers that the tests need: those that are named or answer already, else
# private ones from the installed packages, with their data in target/servers, stopped afterwards.
set -euo pipefail

home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/target/servers
pids=()

stop() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait
}
trap stop EXIT

# The first of these programs that is installed.
program() {
    local name
    for name in "$@"; do
        command -v "$name" && return
        compgen -G "/usr/lib/postgresql/*/bin/$name" | sort -V | tail -1 | grep . && return
        compgen -G "/usr/sbin/$name" && return
    done
    return 1
}

missing() {
    echo "tests: no server: install the package $1, or name a server in $2" >&2
    exit 1
}

# A server does not run as root: `run` goes before its commands.
run_as() {
    run=(env)
    if [ "$(id -u)" = 0 ]; then run=(setpriv --reuid="$1" --regid="$1" --init-groups); fi
}

# An empty folder that the server's user owns.
folder() {
    rm -rf "$1"
    mkdir -p "$1"
    if [ "$(id -u)" = 0 ]; then chown "$2" "$1"; fi
}

answers() {
    local tries
    for tries in $(seq "$1"); do
        if "${@:2}" >/dev/null 2>&1; then return; fi
        if [ "$tries" -lt "$1" ]; then sleep 0.2; fi
    done
    return 1
}

postgres() {
    local psql url=postgresql://postgres@127.0.0.1:5432/postgres data=$home/postgres port=55432
    psql=$(program psql) || missing postgresql SEJOLI_TEST_POSTGRES
    if ! answers 1 "$psql" -Xqwc 'SELECT 1' "$url"; then
        local initdb server
        initdb=$(program initdb) || missing postgresql SEJOLI_TEST_POSTGRES
        server=$(program postgres) || missing postgresql SEJOLI_TEST_POSTGRES
        url=postgresql://postgres@127.0.0.1:$port/postgres
        folder "$data" postgres
        run_as postgres
        (cd / && "${run[@]}" "$initdb" -D "$data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >/dev/null)
        (cd / && exec "${run[@]}" "$server" -D "$data" -p $port -c listen_addresses=127.0.0.1 -c fsync=off \
            -c unix_socket_directories= >"$home/postgres.log" 2>&1) &
        pids+=($!)
        answers 100 "$psql" -Xqwc 'SELECT 1' "$url" || missing postgresql SEJOLI_TEST_POSTGRES
    fi
    export SEJOLI_TEST_POSTGRES=$url
}

mysql() {
    local client url=mysql://root@127.0.0.1:3306/mysql data=$home/mysql port=53306
    client=$(program mariadb mysql) || missing mariadb-server SEJOLI_TEST_MYSQL
    if ! answers 1 "$client" -h 127.0.0.1 -P 3306 -u root -e 'SELECT 1'; then
        local install server
        install=$(program mariadb-install-db) || missing mariadb-server SEJOLI_TEST_MYSQL
        server=$(program mariadbd) || missing mariadb-server SEJOLI_TEST_MYSQL
        url=mysql://root@127.0.0.1:$port/mysql
        folder "$data" mysql
        run_as mysql
        "${run[@]}" "$install" --no-defaults --datadir="$data" --auth-root-authentication-method=normal \
            --skip-test-db >/dev/null
        (exec "${run[@]}" "$server" --no-defaults --datadir="$data" --port=$port --bind-address=127.0.0.1 \
            --socket="$data/socket" --pid-file="$data/pid" --innodb-flush-log-at-trx-commit=0 \
            >"$home/mysql.log" 2>&1) &
        pids+=($!)
        answers 100 "$client" -h 127.0.0.1 -P $port -u root -e 'SELECT 1' ||
            missing mariadb-server SEJOLI_TEST_MYSQL
    fi
    export SEJOLI_TEST_MYSQL=$url
}

mkdir -p "$home"
[ -n "${SEJOLI_TEST_POSTGRES:-}" ] || postgres
[ -n "${SEJOLI_TEST_MYSQL:-}" ] || mysql
"$@"
