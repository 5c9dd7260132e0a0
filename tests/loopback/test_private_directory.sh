#!/bin/sh
# SPDX-License-Identifier: MIT
# The programs may lie where only root can go, as in a clone below /root: a worker is started all the same, under its own uid.
set -eu

if [ "$(id -u)" != 0 ]; then
	echo "SKIP: only root gives workers uids of their own"
	exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 700 "$dir"
cp "${VITRINE_BUILD:-build}"/bin/* "$dir"
tools/demo/demo.py --bin="$dir" --out="$dir/out"
if grep -l "could not be started" "$dir"/out/*.log; then
	exit 1
fi
