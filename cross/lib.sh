# shellcheck shell=sh
# shellcheck disable=SC2034  # the sourcing scripts use the variables
# What the scripts of this folder share; sourced by them.

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
venv=$root/target/cross-venv
dist=$root/target/dist
# The rust-version of Cargo.toml bounds plain builds; the options in cargo.toml need this one.
rust_minor=96

die() {
	printf '%s: %s\n' "$(basename -- "$0")" "$*" >&2
	exit 1
}

# router_features: the features of Cargo.toml's default that a router's program has.
router_features() {
	sed -n 's/^default = \[\(.*\)\]$/\1/p' "$root/Cargo.toml" | tr -d '" ' | tr , '\n' |
		grep -vx ovh | paste -s -d , -
}

# triples: every triple of the table, in its order.
triples() {
	awk -F ' *[|] *' '!/^#/ && NF { print $1 }' "$root/cross/targets"
}

# field TRIPLE N: the nth column of the table's row.
field() {
	awk -F ' *[|] *' -v triple="$1" -v n="$2" '$1 == triple { print $n; found = 1 }
		END { exit !found }' "$root/cross/targets" ||
		die "no target $1 in cross/targets; there are: $(triples | tr '\n' ' ')"
}

# selected [TRIPLE...]: the triples named, or all of them.
selected() {
	if [ $# -eq 0 ]; then
		triples
	else
		for triple; do field "$triple" 1; done
	fi
}

# built [TRIPLE...]: the triples named, or those that lie in target/dist.
built() {
	# By itself: what ends within the words of a loop ends nothing.
	wanted=$(selected "$@") || return
	found=
	for triple in $wanted; do
		if [ -f "$dist/$triple/dynhost" ]; then
			found="$found $triple"
		elif [ $# -gt 0 ]; then
			die "no target/dist/$triple/dynhost: run make cross TARGET=$triple"
		fi
	done
	[ -n "$found" ] || die "nothing is built: run make cross"
	# shellcheck disable=SC2086
	printf '%s\n' $found
}

# rust_bin: the folder of a rustc new enough that has the sources of std beside it.
rust_bin() {
	for bin in /usr/bin "$(dirname -- "$(rustup which --toolchain nightly rustc 2> /dev/null)")"; do
		[ -x "$bin/cargo" ] || continue
		minor=$("$bin/rustc" --version 2> /dev/null | sed 's/^rustc 1\.\([0-9]*\).*/\1/')
		[ "${minor:-0}" -ge "$rust_minor" ] || continue
		[ -d "$("$bin/rustc" --print sysroot)/lib/rustlib/src/rust/library/std" ] || continue
		printf '%s\n' "$bin"
		return
	done
	return 1
}

# strip_tool: llvm-strip by whichever name Debian's package gave it.
strip_tool() {
	command -v llvm-strip || find /usr/lib/llvm-*/bin -name llvm-strip 2> /dev/null |
		sort -V | tail -n 1 | grep .
}

# emulator TRIPLE: the program that runs its binaries here, nothing if the kernel does.
emulator() {
	qemu=$(field "$1" 4) || return
	[ "$qemu" = native ] && [ "$(uname -m)" = "${1%%-*}" ] && return
	command -v "$qemu-static" || command -v "$qemu" ||
		die "$qemu is missing: run cross/setup.sh --tests"
}
