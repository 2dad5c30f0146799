#!/usr/bin/env bash
# Holds what the tool adds and writes against Prisma itself, on each engine whose URL is given: Prisma sees
# no drift after pasting what is printed, and its client reads every row after an import. Needs node and npm;
# the servers come from tests/servers.sh. Prisma's schema engine for WebAssembly knows no MySQL, so there
# only the client is asked.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$root/target/prisma
tool=$root/target/debug/sejoli-migrate

command -v npm >/dev/null || { echo "prisma: install nodejs and npm" >&2; exit 1; }
(cd "$here" && npm install --no-audit --no-fund --ignore-scripts --no-package-lock --loglevel=error)
rm -rf "$work"
mkdir -p "$work"

# A database of our own beside the one that the server's URL names.
name=sejoli_prisma_$$
servers=("${SEJOLI_TEST_POSTGRES%/*}/$name" "${SEJOLI_TEST_MYSQL%/*}/$name")
drop() {
    PGOPTIONS="-c client_min_messages=error" psql -Xqc "DROP DATABASE IF EXISTS $name" "$SEJOLI_TEST_POSTGRES"
    (cd "$here" && node make.mjs "$SEJOLI_TEST_MYSQL" "DROP DATABASE IF EXISTS $name")
}
trap drop EXIT
drop
psql -Xqc "CREATE DATABASE $name" "$SEJOLI_TEST_POSTGRES"
(cd "$here" && node make.mjs "$SEJOLI_TEST_MYSQL" "CREATE DATABASE $name")

for url in "file:$work/shop.db" "${servers[@]}"; do
    export DATABASE_URL=$url
    "$tool" -q schema apply >/dev/null
    "$tool" schema print --format prisma >"$work/printed"
    case $url in
        mysql:*) echo "mysql: drift LEFT OUT, Prisma's schema engine for WebAssembly knows no MySQL" ;;
        *) (cd "$here" && node drift.mjs "$url" "$work/printed") ;;
    esac
    "$tool" -q import all "$root/fixtures/clean" --create-memberships --as-of 2026-01-01T00:00:00+07:00 \
        --out "$work/out" >/dev/null
    rm -rf "$work/client"
    (cd "$here" && node client.mjs "$url" "$work/printed" "$work/client")
done
