#!/usr/bin/env bash
# Looks for every program that the tests need, before an hour is spent on building them. Says in one line what to
# install, and ends non-zero when something is missing; with --install it installs that, on Debian. `cluster` adds what
# `make test-cluster` needs.
set -euo pipefail

# Also where Debian puts a server's programs, outside of PATH.
has() {
    command -v "$1" >/dev/null || compgen -G "/usr/lib/postgresql/*/bin/$1" >/dev/null ||
        compgen -G "/usr/sbin/$1" >/dev/null
}

packages=()
need() {
    local package=$1 name
    shift
    for name in "$@"; do
        if has "$name"; then return; fi
    done
    packages+=("$package")
}

need build-essential gcc
need build-essential make
need postgresql postgres
need postgresql initdb
need postgresql-client pg_dump
need postgresql-client psql
need mariadb-server mariadbd
need mariadb-server mariadb-install-db
need mariadb-client mariadb-dump mysqldump
need mariadb-client mariadb mysql
need pgbouncer pgbouncer
need openssl openssl
need minisign minisign
need util-linux setpriv
need bsdutils script
need libc-bin localedef
# The definitions of the language that a test lets a server speak.
[ -e /usr/share/i18n/locales/de_DE ] || packages+=(locales)

if [ "${1:-}" = cluster ]; then
    need rsync rsync
    compgen -G "/usr/lib*/galera*/libgalera_smm.so" >/dev/null || packages+=(galera-4)
fi

if [ ${#packages[@]} -gt 0 ]; then
    mapfile -t packages < <(printf '%s\n' "${packages[@]}" | sort -u)
    if [ "${1:-}" = --install ]; then
        as_root=()
        [ "$(id -u)" -eq 0 ] || as_root=(sudo)
        "${as_root[@]}" apt-get update -q
        exec "${as_root[@]}" apt-get install -y --no-install-recommends "${packages[@]}"
    fi
    echo "tests: programs are missing; on Debian: apt-get install ${packages[*]}" >&2
    exit 1
fi
