#!/bin/sh
# SPDX-License-Identifier: MIT
#
# make install and uninstall: what the units start is installed where they say, nothing is left
# behind, and nothing is written outside DESTDIR. vitrined is not linked with Xen.
set -eu

build=${VITRINE_BUILD:-build}
dest=$(mktemp -d)
trap 'rm -rf "$dest"' EXIT
passed=0
failed=0

check() {
	what=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		echo "not so: $what"
		failed=$((failed + 1))
	fi
}

# What `make install` would do, without the build that it may do first: it must not race with one.
commands() {
	make --no-print-directory -s -n BUILD="$build" DESTDIR="$dest" "$1" | grep -E '^(install -D|rm -f) '
}

starts_what_is_installed() {
	program=$(sed -n 's/^ExecStart=-\{0,1\}\([^ ]*\).*/\1/p' "$1")
	[ -n "$program" ] && { [ -x "$dest$program" ] || [ ! -e "$build/bin/${program##*/}" ]; }
}

# A unit that waits for "ready" from a program that never says so would fail after 90 s.
says_when_ready() {
	program=$(sed -n 's/^ExecStart=-\{0,1\}\([^ ]*\).*/\1/p' "$1")
	binary=$build/bin/${program##*/}
	! grep -q '^Type=notify' "$1" || [ ! -e "$binary" ] || grep -q sd_notify "$binary"
}

no_xen() {
	[ ! -e "$build/bin/vitrined" ] || ! ldd "$build/bin/vitrined" | grep -q libxen
}

commands install | sh -eu
check "no place outside DESTDIR" test -z "$(commands install | grep -v -F "'$dest/")"
for unit in "$dest"/usr/local/lib/systemd/system/*.service; do
	check "${unit##*/} names no @PLACE@" sh -c '! grep -q "@[A-Z]*@" "$1"' sh "$unit"
	check "${unit##*/} starts what is installed" starts_what_is_installed "$unit"
	check "${unit##*/}: its program calls sd_notify" says_when_ready "$unit"
done
# Every option has its place in the manual page, every section of the configuration in its own.
has_every_option() {
	for option in $("$build/bin/vitrined" --help | sed -n 's/^  --\([a-z-]*\).*/\1/p'); do
		if ! sed 's/\\-/-/g' "$dest/usr/local/share/man/man8/vitrined.8" | grep -q -e "--$option"; then
			echo "vitrined(8) has no --$option"
			return 1
		fi
	done
}

pages_are_clean() {
	[ -n "$(command -v man)" ] || return 0
	for page in "$dest"/usr/local/share/man/man*/*; do
		[ -z "$(MANWIDTH=80 LC_ALL=C man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null)" ] || return 1
	done
}

check "vitrined(8) has every option" has_every_option
check "manual pages are clean" pages_are_clean
check "vitrine.conf(5)" grep -q 'attention' "$dest/usr/local/share/man/man5/vitrine.conf.5"
check "examples" test -s "$dest/usr/local/share/doc/vitrine/examples/kiosk.conf"
check "no page names a @PLACE@" sh -c '! grep -rq "@[A-Z]*@" "$1"' sh "$dest/usr/local/share"
check "sysusers" test -s "$dest/usr/local/lib/sysusers.d/vitrine.conf"
check "vitrined is not linked with Xen" no_xen
commands uninstall | sh -eu
check "uninstall leaves nothing" test -z "$(find "$dest" -type f)"
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
