#!/bin/sh
# Runs the program-level tests of tests/ with each foreign binary under qemu-user.
# usage: cross/test.sh [TRIPLE...]     no triple: whatever lies in target/dist
set -eu
# shellcheck source=lib.sh
. "$(dirname -- "$0")/lib.sh"

"$root/cross/setup.sh" --tests
list=$(built "$@")
cd "$root"
cargo test --quiet --locked --test all --no-run
# The tests make networks of their own.
as_root=
[ "$(id -u)" = 0 ] || as_root='unshare -r'
for triple in $list; do
	echo "test-cross: $triple"
	# What qemu-user cannot do, with its reason, is in cross/skips.
	skips=$(awk -F ' *[|] *' '!/^#/ && NF { print "--skip", $1 }' cross/skips)
	awk -F ' *[|] *' '!/^#/ && NF { print "  skipped:", $1 ":", $2 }' cross/skips
	# shellcheck disable=SC2086
	DYNHOST_BIN=$dist/$triple/dynhost DYNHOST_RUNNER=$(emulator "$triple") \
		$as_root cargo test --quiet --locked --test all -- provider:: restart:: cli:: $skips
done
