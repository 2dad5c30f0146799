#!/usr/bin/env bash
# Runs a command with the servers that the tests need: those that are named, else private ones from the installed
# packages, stopped afterwards. Those that answer already are left alone: private ones need not survive a power failure,
# which is much of the time that a server takes for a test. `--durable` before the command makes them survive it, as
# servers do whose speed is measured.
set -euo pipefail

home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/target/servers
pids=()

# Their data is in memory where there is room, else in target/servers.
data_folder() {
    local free
    free=$(df --output=avail -m /dev/shm 2>/dev/null | tail -1)
    data=$home
    if [ -z "$durable" ] && [ "${free:-0}" -ge 4096 ]; then
        data=$(mktemp -d /dev/shm/sejoli-servers.XXXXXX)
        chmod 711 "$data"
    fi
}

stop() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait
    case "${data:-}" in /dev/shm/*) rm -rf "$data" ;; esac
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The first of these programs that is installed. Those of another PostgreSQL are named by their folder.
program() {
    local name
    for name in "$@"; do
        if [ -x "${SEJOLI_TEST_POSTGRES_BIN:-/none}/$name" ]; then echo "$SEJOLI_TEST_POSTGRES_BIN/$name" && return; fi
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

# The first port from this one on at which nobody answers: two copies of the project may be tested at once.
free_port() {
    local port=$1
    while (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
    echo "$port"
}

# An empty server's data in a folder.
init_postgres() {
    local initdb
    initdb=$(program initdb) || missing postgresql SEJOLI_TEST_POSTGRES
    folder "$1" postgres
    run_as postgres
    (cd / && "${run[@]}" "$initdb" -D "$1" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >/dev/null)
}

# A server on a folder and a port, in place of this shell. Killed, it loses nothing that was committed.
serve_postgres() {
    local server
    server=$(program postgres) || missing postgresql SEJOLI_TEST_POSTGRES
    run_as postgres
    cd / && exec "${run[@]}" "$server" -D "$1" -p "$2" -c listen_addresses=127.0.0.1 -c fsync=off \
        -c unix_socket_directories= "${@:3}"
}

postgres() {
    local port psql
    port=$(free_port 55432)
    psql=$(program psql) || missing postgresql SEJOLI_TEST_POSTGRES
    init_postgres "$data/postgres"
    # Tests that kill a server start one without these.
    local options=(-c wal_level=minimal -c max_wal_senders=0 -c full_page_writes=off -c synchronous_commit=off
        -c max_wal_size=4GB -c max_connections=200)
    [ -z "$durable" ] || options=(-c fsync=on)
    serve_postgres "$data/postgres" "$port" "${options[@]}" >"$home/postgres.log" 2>&1 &
    pids+=($!)
    export SEJOLI_TEST_POSTGRES=postgresql://postgres@127.0.0.1:$port/postgres
    answers 100 "$psql" -Xqwc 'SELECT 1' "$SEJOLI_TEST_POSTGRES" || missing postgresql SEJOLI_TEST_POSTGRES
}

init_mysql() {
    local install
    install=$(program mariadb-install-db) || missing mariadb-server SEJOLI_TEST_MYSQL
    folder "$1" mysql
    folder "$1-tmp" mysql
    run_as mysql
    TMPDIR="$1-tmp" "${run[@]}" "$install" --no-defaults --datadir="$1" --auth-root-authentication-method=normal \
        --skip-test-db >/dev/null
}

# Without files of options, with the letters that packages give it. A folder of its own for what is temporary: a server
# that starts takes away what others have in a shared one.
serve_mysql() {
    local server
    server=$(program mariadbd) || missing mariadb-server SEJOLI_TEST_MYSQL
    run_as mysql
    exec "${run[@]}" "$server" --no-defaults --datadir="$1" --port="$2" --bind-address=127.0.0.1 \
        --socket="$1/socket" --pid-file="$1/pid" --innodb-flush-log-at-trx-commit=2 --tmpdir="$1-tmp" \
        --character-set-server=utf8mb4 --collation-server=utf8mb4_general_ci "${@:3}"
}

mysql() {
    local client port
    port=$(free_port 53306)
    client=$(program mariadb mysql) || missing mariadb-server SEJOLI_TEST_MYSQL
    init_mysql "$data/mysql"
    local options=(--innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 --innodb-flush-method=nosync
        --innodb-stats-persistent=0)
    [ -z "$durable" ] || options=(--innodb-flush-log-at-trx-commit=1)
    serve_mysql "$data/mysql" "$port" "${options[@]}" >"$home/mysql.log" 2>&1 &
    pids+=($!)
    export SEJOLI_TEST_MYSQL=mysql://root@127.0.0.1:$port/mysql
    answers 100 "$client" -h 127.0.0.1 -P "$port" -u root -e 'SELECT 1' || missing mariadb-server SEJOLI_TEST_MYSQL
}

# For tests with a server of their own: `init postgres FOLDER`, then `serve postgres FOLDER PORT`; or mysql, with
# more of the server's options.
case "$1" in
init | serve)
    trap - EXIT
    "$1_$2" "${@:3}"
    exit
    ;;
esac

durable=
if [ "$1" = --durable ]; then
    durable=yes
    shift
fi
mkdir -p "$home"
data_folder
[ -n "${SEJOLI_TEST_POSTGRES:-}" ] || postgres
[ -n "${SEJOLI_TEST_MYSQL:-}" ] || mysql
"$@"
