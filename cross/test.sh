#!/bin/sh
# Runs the program-level tests of tests/ with each foreign binary under qemu-user.
# usage: [TESTS='cli:: restart::'] cross/test.sh [TRIPLE...]
#        no triple: whatever lies in target/dist; no TESTS: all that qemu-user can run
set -eu
# shellcheck source=lib.sh
. "$(dirname -- "$0")/lib.sh"

tests=${TESTS:-provider:: restart:: resident:: cli::}
"$root/cross/setup.sh" --tests
list=$(built "$@")
cd "$root"
cargo test --quiet --locked --test all --no-run
# The tests make networks of their own.
as_root=
[ "$(id -u)" = 0 ] || as_root='unshare -r'
for triple in $list; do
	echo "test-cross: $triple"
	qemu=$(emulator "$triple")
	# shellcheck disable=SC2086
	env DYNHOST_BIN="$dist/$triple/dynhost" ${qemu:+"DYNHOST_RUNNER=$qemu"} $as_root \
		cargo test --quiet --locked --test all -- $tests
done
