#!/bin/sh
# SPDX-License-Identifier: MIT
#
# install-deps.sh [--check] GROUP...: installs the Debian packages of the named groups of
# scripts/packages.txt that are missing. Silent and without apt when nothing is missing, so that
# targets can call it every time. Plain sh: python3 itself may be among the missing.
set -eu

here=$(dirname "$0")
list=$here/packages.txt
check_only=0

fail() {
	echo "install-deps: $*" >&2
	exit 1
}

if [ "${1:-}" = --check ]; then
	check_only=1
	shift
fi
[ $# -gt 0 ] || fail "usage: install-deps.sh [--check] GROUP... (groups: $(awk '!/^#/ && NF { print $1 }' "$list" | sort -u | tr '\n' ' '))"

wanted=
for group in "$@"; do
	names=$(awk -v g="$group" '$1 == g { print $2 }' "$list")
	[ -n "$names" ] || fail "no group '$group' in $list"
	wanted="$wanted $names"
done

if ! command -v dpkg-query >/dev/null 2>&1; then
	# Not Debian: say what is needed under its Debian name, let pkg-config judge.
	echo "install-deps: not a Debian system; these packages or their like are needed:$wanted" >&2
	exit 0
fi

missing=
for package in $wanted; do
	# Virtual names and "installed but half configured" both count as missing.
	# shellcheck disable=SC2016 # ${Status} is dpkg-query's, not the shell's
	status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
	[ "$status" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$check_only" = 1 ]; then
	fail "missing packages:$missing (install them with: make deps)"
fi

sudo=
if [ "$(id -u)" != 0 ]; then
	if command -v sudo >/dev/null 2>&1; then
		sudo=sudo
	else
		fail "missing packages and no sudo; run as root: apt-get install -y --no-install-recommends$missing"
	fi
fi

apt() {
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" </dev/null
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "install-deps: installing$missing"
# apt's thousand lines are only of interest when it fails. Another apt may hold the lock (first
# boot of a cloud machine): wait for it instead of failing.
# shellcheck disable=SC2086 # a list of words
if ! { apt update && apt install -y --no-install-recommends \
	-o DPkg::Lock::Timeout=300 $missing; } >"$log" 2>&1; then
	tail -n 30 "$log" >&2
	fail "apt-get failed; missing:$missing"
fi
