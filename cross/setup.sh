#!/bin/sh
# Installs what the cross-build needs, or names it. Run as often as wanted.
# usage: cross/setup.sh [--tests]     --tests: the emulators too
set -eu
# shellcheck source=lib.sh
. "$(dirname -- "$0")/lib.sh"

# ziglang brings the C compiler, the linker and musl of every target; its version and the
# zigbuild's are part of what makes two builds alike.
wheels='ziglang==0.15.2 cargo-zigbuild==0.24.0'

packages=
rust_bin > /dev/null || packages=' rustc-web cargo-web rust-web-src'
strip_tool > /dev/null || packages="$packages llvm"
python3 -c 'import ensurepip, venv' 2> /dev/null || packages="$packages python3-venv"
command -v file > /dev/null || packages="$packages file"
if [ "${1-}" = --tests ]; then
	(for triple in $(triples); do emulator "$triple"; done) > /dev/null 2>&1 ||
		packages="$packages qemu-user-static"
	# For figures alone, which are left out without them.
	if [ "$(id -u)" = 0 ]; then
		PATH=$PATH:/usr/sbin
		command -v mksquashfs > /dev/null || packages="$packages squashfs-tools"
		command -v mkfs.jffs2 > /dev/null || packages="$packages mtd-utils"
		command -v libdeflate-gzip > /dev/null || packages="$packages libdeflate-tools"
	fi
fi

if [ -n "$packages" ]; then
	if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
		die "missing:$packages (Debian's names; for Rust a rustup nightly with rust-src does too)"
	fi
	echo "setup: apt-get install$packages"
	apt-get -o DPkg::Lock::Timeout=600 -qq update
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -qq install -y \
		--no-install-recommends $packages > /dev/null
	rust_bin > /dev/null || die "no rustc 1.$rust_minor or later with the sources of std was found"
fi

if [ "$(cat "$venv/wheels" 2> /dev/null)" != "$wheels" ]; then
	echo "setup: pip install $wheels into target/cross-venv"
	rm -rf "$venv"
	python3 -m venv "$venv"
	# shellcheck disable=SC2086
	"$venv/bin/pip" install --quiet --disable-pip-version-check $wheels
	echo "$wheels" > "$venv/wheels"
fi
