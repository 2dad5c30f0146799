#!/usr/bin/env bash
# Holds what the tool adds and writes against Prisma itself, on each engine whose URL is given: Prisma sees
# no drift after pasting what is printed, its client reads every row after an import, and the app's reads as
# Prisma queries answer what the tool says that the app's pages show, on the app of December 2025 and on the
# one of January 2026. Needs node and npm; the servers come from tests/servers.sh. Prisma's schema engine for
# WebAssembly knows no MySQL, so there only the client is asked, on the app of December 2025, whose tables
# the tool makes itself.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../node.sh"
set_up prisma

# Databases of our own beside the one that the server's URL names: one for each app.
name=sejoli_prisma_$$
in_postgres() { PGOPTIONS="-c client_min_messages=error" psql -Xqc "$1" "$SEJOLI_TEST_POSTGRES"; }
in_mysql() { (cd "$here" && node make.mjs "$SEJOLI_TEST_MYSQL" "$1"); }
drop() {
    in_postgres "DROP DATABASE IF EXISTS ${name}_december"
    in_postgres "DROP DATABASE IF EXISTS ${name}_january"
    in_mysql "DROP DATABASE IF EXISTS ${name}_december"
}
trap drop EXIT
drop
in_postgres "CREATE DATABASE ${name}_december"
in_postgres "CREATE DATABASE ${name}_january"
in_mysql "CREATE DATABASE ${name}_december"

import() {
    "$tool" -q import all "$root/fixtures/clean" --create-memberships --as-of 2026-01-01T00:00:00+07:00 \
        --out "$work/out" >/dev/null
}

# The app's reads by Prisma's client, whose schema is in a file, against the tool's own figures.
reads() {
    "$tool" -q verify --app-figures --as-of 2026-01-01T00:00:00+07:00 --format json >"$work/figures.json"
    (cd "$here" && node reads.mjs "$DATABASE_URL" "$1" "$work/client" "$work/figures.json")
}

december() {
    "$tool" -q schema apply >/dev/null
    "$tool" schema print --format prisma >"$work/pasted"
    case $DATABASE_URL in
        mysql:*) echo "mysql: drift LEFT OUT, Prisma's schema engine for WebAssembly knows no MySQL" ;;
        *) (cd "$here" && node drift.mjs "$DATABASE_URL" "$work/pasted") ;;
    esac
    import
    rm -rf "$work/client"
    (cd "$here" && node client.mjs "$DATABASE_URL" "$work/pasted" "$work/client")
    reads "$work/pasted"
}

# The app's tables are Prisma's own here. Its team links the plans, an import opens them, and the app lives on.
january() {
    (cd "$here" && node app.mjs "$DATABASE_URL" "$here/access.prisma")
    "$tool" -q schema apply >/dev/null
    "$tool" schema print --format prisma | cat - "$here/access.prisma" >"$work/pasted"
    import
    rm -rf "$work/client"
    for step in links lives; do
        (cd "$here" && node seed.mjs "$DATABASE_URL" "$work/pasted" "$work/client" $step)
        [ $step = lives ] || import
        reads "$work/pasted"
    done
}

for url in "file:$work/december.db" "${SEJOLI_TEST_POSTGRES%/*}/${name}_december" "${SEJOLI_TEST_MYSQL%/*}/${name}_december"; do
    export DATABASE_URL=$url
    december
done
for url in "file:$work/january.db" "${SEJOLI_TEST_POSTGRES%/*}/${name}_january"; do
    export DATABASE_URL=$url
    january
done
echo "mysql: the app of January 2026 LEFT OUT, Prisma's schema engine for WebAssembly knows no MySQL"
