#!/usr/bin/env bash
# Installs the package in a Debian of its own (debootstrap; needs root), uses it as a new user would, and takes it away.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

package=$(ls target/debian/sejoli-migrate_*.deb | tail -n 1)
command -v debootstrap >/dev/null || { echo "package: apt-get install debootstrap" >&2; exit 1; }
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

# The suite and the mirror of this machine.
. /etc/os-release
sources=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null || true)
mirror=$(sed -nE 's/^(deb .*|URIs: *)(https?:[^ ]+).*/\2/;t found;b;:found;p;q' <<<"$sources")
debootstrap --variant=minbase --include=man-db "$VERSION_CODENAME" "$root" "$mirror" >"$root.log" 2>&1 ||
    { tail -n 5 "$root.log" >&2; exit 1; }
rm -f "$root.log"

inside() { chroot "$root" env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=/root TERM=dumb LC_ALL=C.UTF-8 "$@"; }
must() { inside "$@" >"$root/said" 2>&1 || { echo "package: $* failed" >&2; cat "$root/said" >&2; exit 1; }; }

cp "$package" "$root/package.deb"
cp -r fixtures/clean "$root/root/clean"
must dpkg -i /package.deb
must sejoli-migrate --version
must man -P cat sejoli-migrate
must man -P cat sejoli-migrate-import-all
must test -s /usr/share/bash-completion/completions/sejoli-migrate
must test -s /usr/share/zsh/vendor-completions/_sejoli-migrate
must test -s /usr/share/fish/vendor_completions.d/sejoli-migrate.fish
must test -s /usr/share/doc/sejoli-migrate/examples/sejoli-migrate-delta.service
must sh -c 'cd /root && export DATABASE_URL=file:./shop.db && sejoli-migrate schema apply &&
    sejoli-migrate import all clean --create-memberships --as-of 2026-01-01T00:00:00+07:00 &&
    sejoli-migrate verify clean && sejoli-migrate report --out report.html'
must test -s /root/report.html
must dpkg --purge sejoli-migrate
left=$(find "$root/usr" "$root/etc" -iname '*sejoli*')
[ -z "$left" ] || { echo "package: left behind: $left" >&2; exit 1; }
echo "package: installed, used and taken away: $(basename "$package"), $(stat -c %s "$package") bytes"
