#!/bin/sh
# Holds what was built against cross/targets: static, within its budget, free of build paths, and
# alive under qemu-user. Prints a table; fails at the end if a row did.
# usage: cross/check.sh [TRIPLE...]     no triple: whatever lies in target/dist
set -eu
# shellcheck source=lib.sh
. "$(dirname -- "$0")/lib.sh"

# fault TRIPLE: what is wrong with its binary, nothing if nothing is.
fault() {
	binary=$dist/$1/dynhost
	case $(file -b "$binary") in
	*'statically linked'*) ;;
	*) echo 'not statically linked' ;;
	esac
	[ "$(wc -c < "$binary")" -le "$(field "$1" 2)" ] || echo 'over its budget'
	for path in "$root/" "$HOME/" /.cargo/ /usr/src/ /usr/lib/rustlib; do
		! grep -aqF -- "$path" "$binary" || echo "contains the path $path"
	done
	qemu=$(emulator "$1")
	answer=$($qemu "$binary" --version 2>&1) || true
	[ "$answer" = "dynhost $version" ] || echo "answers --version with: $answer"
}

version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -n 1)
list=$(built "$@")
bad=0
printf '%-32s %9s %9s %8s  %s\n' triple bytes budget gzip -9
for triple in $list; do
	binary=$dist/$triple/dynhost
	faults=$(fault "$triple" | paste -s -d ';' -)
	printf '%-32s %9d %9d %8d  %s\n' "$triple" "$(wc -c < "$binary")" "$(field "$triple" 2)" \
		"$(gzip -9 -n -c "$binary" | wc -c)" "${faults:-good}"
	[ -z "$faults" ] || bad=1
done
exit "$bad"
