#!/bin/sh
# Builds static binaries into target/dist/TRIPLE/: what a router has room for, all but `ovh`.
# usage: cross/build.sh [--full | --example NAME] [TRIPLE...]     no triple: all of cross/targets
#        --full: with every feature, into target/dist/full/TRIPLE/
set -eu
# shellcheck source=lib.sh
. "$(dirname -- "$0")/lib.sh"

name=dynhost kind=--bin
features="--no-default-features --features $(router_features)"
case ${1-} in
--example)
	name=$2 kind=--example features=
	shift 2
	;;
--full)
	dist=$dist/full features=
	shift
	;;
esac
list=$(selected "$@")
"$root/cross/setup.sh"
strip=$(strip_tool)
rust=$(rust_bin)
cd "$root"

# One folder and one date for every builder: the same sources give the same bytes.
export PATH="$rust:$venv/bin:$PATH"
export RUSTC_BOOTSTRAP=1 CARGO_INCREMENTAL=0
CARGO_ZIGBUILD_ZIG_PATH=$(echo "$venv"/lib/python3.*/site-packages/ziglang/zig)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2> /dev/null || echo 0)}
export CARGO_ZIGBUILD_ZIG_PATH SOURCE_DATE_EPOCH
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS RUSTUP_TOOLCHAIN
# The musl linked here has 64-bit times. On big-endian MIPS rustix goes through the libc crate, which
# otherwise takes two 32-bit words for one 64-bit number: every deadline is over at once.
export RUST_LIBC_UNSTABLE_MUSL_V1_2_3=1

# fit BINARY TRIPLE: musl's dlsym and sigsetjmp for MIPS are hand-written and want their own address
# in $25, which code that is not position-independent does not put there: a call to them crashes.
fit() {
	symbols=$("${strip%strip}nm" "$1")
	[ -n "$symbols" ] || die "$2: the program has no symbols to look at"
	case $2 in
	mips*) ! echo "$symbols" | grep -E ' [TW] (__)?(dlsym|dlsym_time64|sigsetjmp)$' ||
		die "$2: the program calls a function of musl that crashes there" ;;
	esac
}

folder=release
[ "$kind" = --bin ] || folder=release/examples
for triple in $list; do
	started=$(date +%s)
	# shellcheck disable=SC2086
	cargo zigbuild --quiet --locked --release --config cross/cargo.toml \
		--target-dir target/cross --target "$triple" $features "$kind" "$name"
	mkdir -p "$dist/$triple"
	# Everything the kernel does not load goes: on MIPS .pdr alone is an eighth of the file.
	fit "target/cross/$triple/$folder/$name" "$triple"
	# Nor does it read the table of sections, which OpenWrt's own build takes away as well.
	"$strip" --strip-all --strip-sections -o "$dist/$triple/$name" "target/cross/$triple/$folder/$name"
	printf '%-32s %8d bytes %4d s\n' "$triple/$name" \
		"$(wc -c < "$dist/$triple/$name")" "$(($(date +%s) - started))"
done
