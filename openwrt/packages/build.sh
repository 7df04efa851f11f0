#!/bin/sh
# Writes an .ipk (OpenWrt 24.10) and, where apk 3 is at hand, an .apk (25.12) for every architecture
# name of the target table, from the static binaries, without the SDK. Same input, same bytes.
#
#   build.sh TABLE DIST OUT    DIST/TRIPLE/dynhost -> OUT/ARCH/dynhost_VERSION_ARCH.ipk
set -eu
umask 022

table=$1
dist=$2
out=$3
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$top/Cargo.toml" | head -n 1)-r1
epoch=${SOURCE_DATE_EPOCH:-$(git -C "$top" log -1 --format=%ct 2> /dev/null || echo 1795392000)}
export SOURCE_DATE_EPOCH="$epoch"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

license='MIT OR Apache-2.0'
maintainer='dynhost maintainers'
summary='Keeps OVHcloud DynHost names current'

# The one place that knows the table: columns between `|`, named in its first line.
rows() {
	awk -F '|' '
		function trim(text) { gsub(/^[# \t]+|[ \t]+$/, "", text); return text }
		NR == 1 { for (i = 1; i <= NF; i++) column[trim($i)] = i; next }
		/^#/ || NF < 2 { next }
		{ names = trim($column["OpenWrt architectures"]) }
		names != "" && names != "-" { print trim($column["triple"]), names }
	' "$table"
}

# ELF class, byte order and machine: a binary of another target must not get into a package.
expected_elf() {
	case "$1" in
	mips-*) echo 01020008 ;;
	mipsel-*) echo 01010800 ;;
	arm* | thumb*) echo 01012800 ;;
	aarch64-*) echo 0201b700 ;;
	riscv64*) echo 0201f300 ;;
	x86_64-*) echo 02013e00 ;;
	esac
}

elf_of() {
	{
		od -An -v -tx1 -j4 -N2 "$1"
		od -An -v -tx1 -j18 -N2 "$1"
	} | tr -d ' \n'
}

# The files as they lie on the router, below $1.
stage() {
	mkdir -p "$1/usr/bin"
	install -m 755 "$2" "$1/usr/bin/dynhost"
	while read -r mode source target; do
		case "$mode" in '' | '#'*) continue ;; esac
		mkdir -p "$1$(dirname "$target")"
		install -m "$mode" "$here/../dynhost/files/$source" "$1$target"
	done < "$here/manifest"
}

tar_of() {
	tar --format=gnu --numeric-owner --owner=0 --group=0 --sort=name --mtime="@$epoch" \
		-C "$1" -cf - "$2"
}

control() {
	cat <<- CONTROL
		Package: dynhost
		Version: $version
		Depends: ca-bundle
		License: $license
		Section: net
		SourceDateEpoch: $epoch
		Maintainer: $maintainer
		Architecture: $1
		Installed-Size: $2
		Description: $summary
		 Reads the address from the kernel, sends an update only when it changed, and
		 says in one sentence why a name is not current. Started by events, not resident.
	CONTROL
}

ipk() {
	tree=$1 arch=$2 file=$out/$2/dynhost_${version}_$2.ipk box=$work/ipk-$2

	mkdir -p "$box/control"
	tar_of "$tree" . > "$box/data.tar"
	control "$arch" "$(wc -c < "$box/data.tar")" > "$box/control/control"
	echo /etc/config/dynhost > "$box/control/conffiles"
	install -m 755 "$here/ipk/postinst" "$here/ipk/prerm" "$box/control/"
	gzip -9n < "$box/data.tar" > "$box/data.tar.gz"
	# By files and not by pipes, in which a tar that fails leaves half an archive that looks whole.
	tar_of "$box/control" . > "$box/control.tar"
	gzip -9n < "$box/control.tar" > "$box/control.tar.gz"
	echo 2.0 > "$box/debian-binary"
	# opkg reads the members in this order.
	tar --format=gnu --numeric-owner --owner=0 --group=0 --mtime="@$epoch" -C "$box" -cf - \
		./debian-binary ./data.tar.gz ./control.tar.gz > "$box/package.tar"
	gzip -9n < "$box/package.tar" > "$file"
	rm -r "$box"
	echo "$file"
}

# What apk's scripts look for: the list of files, the configuration files and their first digests.
stage_apk() {
	lists=$1/lib/apk/packages
	list=$(cd "$1" && find . -type f | sed -e 's/^\.//' | LC_ALL=C sort)
	mkdir -p "$lists"
	echo "$list" > "$lists/dynhost.list"
	echo /etc/config/dynhost > "$lists/dynhost.conffiles"
	sum=$(sha256sum < "$1/etc/config/dynhost")
	echo "/etc/config/dynhost ${sum%% *}" > "$lists/dynhost.conffiles_static"
	find "$1" -exec touch -h -d "@$epoch" {} +
}

apk_package() {
	tree=$1 arch=$2 file=$out/$2/dynhost-$version.apk

	# Owners are taken from the disk: as a user, they are root's only under fakeroot.
	[ "$(id -u)" = 0 ] && as_root='' || as_root=fakeroot
	$as_root apk mkpkg \
		--info "name:dynhost" \
		--info "version:$version" \
		--info "description:$summary" \
		--info "arch:$arch" \
		--info "license:$license" \
		--info "maintainer:$maintainer" \
		--info "depends:ca-bundle" \
		--script "post-install:$here/apk/post-install" \
		--script "post-upgrade:$here/apk/post-upgrade" \
		--script "pre-deinstall:$here/apk/pre-deinstall" \
		--files "$tree" \
		--output "$file"
	echo "$file"
}

has_apk() {
	apk --version 2> /dev/null | grep '^apk-tools 3' > /dev/null
}

packages_of() {
	triple=$1 names=$2 tree=$work/$1

	stage "$tree" "$dist/$triple/dynhost"
	for arch in $names; do
		mkdir -p "$out/$arch"
		ipk "$tree" "$arch"
	done
	stage_apk "$tree"
	! has_apk || for arch in $names; do
		apk_package "$tree" "$arch"
	done
}

[ -r "$table" ] || {
	echo "$table: no target table there" >&2
	exit 1
}
rows > "$work/rows"
[ -s "$work/rows" ] || {
	echo "$table: no row with OpenWrt architectures" >&2
	exit 1
}
missing=0
while read -r triple names; do
	binary=$dist/$triple/dynhost
	if [ ! -f "$binary" ]; then
		echo "$binary: missing, for $names; build it with: make cross" >&2
		missing=1
	elif [ "$(elf_of "$binary")" != "$(expected_elf "$triple")" ]; then
		echo "$binary: not a program for $triple; build it anew with: make cross" >&2
		missing=1
	else
		packages_of "$triple" "$names"
	fi
done < "$work/rows"
has_apk || echo "no .apk: apk-tools 3 is not on the PATH" >&2
exit "$missing"
