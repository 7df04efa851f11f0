#!/bin/sh
# Runs the program-level tests of tests/ with each foreign binary under qemu-user.
# usage: cross/test.sh [TRIPLE...]     no triple: whatever lies in target/dist
set -eu
# shellcheck source=lib.sh
. "$(dirname -- "$0")/lib.sh"

"$root/cross/setup.sh" --tests
[ $# -gt 0 ] || set -- "$(cd "$dist" && echo *)"
cd "$root"
cargo test --quiet --locked --test all --no-run
# shellcheck disable=SC2048,SC2086  # triples hold no blank
for triple in $*; do
	[ -f "$dist/$triple/dynhost" ] || die "no target/dist/$triple/dynhost: run make cross TARGET=$triple"
	echo "test-cross: $triple"
	# What qemu-user cannot do, with its reason, is in cross/skips.
	skips=$(awk -F ' *[|] *' '!/^#/ && NF { print "--skip", $1 }' cross/skips)
	awk -F ' *[|] *' '!/^#/ && NF { print "  skipped:", $1 ":", $2 }' cross/skips
	# shellcheck disable=SC2086
	DYNHOST_BIN=$dist/$triple/dynhost DYNHOST_RUNNER=$(emulator "$triple") \
		cargo test --quiet --locked --test all -- provider restart cli $skips
done
