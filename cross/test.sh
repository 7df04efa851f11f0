#!/bin/sh
# Runs the program-level tests of tests/ with each foreign binary under qemu-user.
# usage: cross/test.sh [TRIPLE...]     no triple: whatever lies in target/dist
set -eu
# shellcheck source=lib.sh
. "$(dirname -- "$0")/lib.sh"

# skipped TRIPLE: the tests that qemu-user cannot run for it, each with its reason.
skipped() {
	awk -F ' *[|] *' '!/^#/ && NF { print $1 "|" $2 "|" $3 }' "$root/cross/skips" |
		while IFS='|' read -r test triples why; do
			# shellcheck disable=SC2254  # the table holds patterns
			case $1 in
			$triples) echo "$test $why" ;;
			esac
		done
}

"$root/cross/setup.sh" --tests
list=$(built "$@")
cd "$root"
cargo test --quiet --locked --test all --no-run
# The tests make networks of their own.
as_root=
[ "$(id -u)" = 0 ] || as_root='unshare -r'
for triple in $list; do
	echo "test-cross: $triple"
	skips=$(skipped "$triple")
	[ -z "$skips" ] || printf '%s\n' "$skips" | sed 's/^\([^ ]*\) /  skipped: \1: /'
	skips=$(printf '%s\n' "$skips" | sed -n 's/^\([^ ]*\) .*/--skip \1/p')
	qemu=$(emulator "$triple")
	# shellcheck disable=SC2086
	env DYNHOST_BIN="$dist/$triple/dynhost" ${qemu:+"DYNHOST_RUNNER=$qemu"} $as_root \
		cargo test --quiet --locked --test all -- provider:: restart:: resident:: cli:: $skips
done
