#!/bin/sh
# Holds what was built against cross/targets: static, within its budgets, free of build paths, and
# alive under qemu-user. Prints a table of what it takes on flash; fails at the end if a row did.
# usage: cross/check.sh [TRIPLE...]     no triple: whatever lies in target/dist
set -eu
# shellcheck source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source=sizes.sh
. "$(dirname -- "$0")/sizes.sh"

# fault TRIPLE: what is wrong with its binary, nothing if nothing is.
fault() {
	binary=$dist/$1/dynhost
	case $(file -b "$binary") in
	*'statically linked'*) ;;
	*) echo 'not statically linked' ;;
	esac
	[ "$(wc -c < "$binary")" -le "$(field "$1" 2)" ] || echo 'over its budget'
	[ "$(packed "$1")" -le "$(field "$1" 3)" ] || echo 'over its budget for the package'
	for path in "$root/" "$HOME/" /.cargo/ /usr/src/ /usr/lib/rustlib; do
		! grep -aqF -- "$path" "$binary" || echo "contains the path $path"
	done
	qemu=$(emulator "$1") || {
		echo 'was not run, as its emulator is missing'
		return
	}
	answer=$($qemu "$binary" --version 2>&1) || true
	[ "$answer" = "dynhost $version" ] || echo "answers --version with: $answer"
}

version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -n 1)
list=$(built "$@")
"$root/cross/setup.sh" --tests
bad=0
size_head
for triple in $list; do
	# Not by a pipe, whose left side may end early: a row without a fault would be a good one.
	faults=$(fault "$triple") || faults="$faults
was not checked to the end"
	size_row "$triple" "$(echo "${faults:-good}" | paste -s -d ';' -)"
	[ -z "$faults" ] || bad=1
done
exit "$bad"
