#!/bin/sh
# Writes an .ipk (OpenWrt 24.10) and, where apk 3 is at hand, an .apk (25.12) for every architecture
# name of the target table, from the static binaries, without the SDK. Same input, same bytes.
#
#   build.sh TABLE DIST OUT    DIST/TRIPLE/dynhost -> OUT/ARCH/dynhost_VERSION_ARCH.ipk
#                              DIST/full/TRIPLE/dynhost -> OUT/ARCH/dynhost-full_VERSION_ARCH.ipk
#
# What is the same everywhere (the page for LuCI, its languages, the collectors) goes to OUT/all.
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

# What a package needs and says of itself.
describe() {
	name=$1 section=net depends=dynhost details='' instead=''
	case "$name" in
	dynhost)
		depends=ca-bundle
		summary='Keeps OVHcloud DynHost names current'
		details=' Reads the address from the kernel, sends an update only when it changed, and
 says in one sentence why a name is not current. Started by events, not resident.'
		;;
	dynhost-full)
		depends=ca-bundle instead=dynhost
		summary='Keeps OVHcloud DynHost names current, and creates them'
		details=' The package dynhost, with the command ovh, which creates identifiers and records at
 OVHcloud by its API, also for the wizard of luci-app-dynhost. It takes the place of dynhost.'
		;;
	luci-app-dynhost)
		section=luci depends='luci-base dynhost'
		summary='LuCI page for dynhost: which DynHost name is not current, and why'
		;;
	luci-i18n-dynhost-*)
		section=luci depends=luci-app-dynhost
		summary="LuCI page for dynhost: translation ${name##*-}"
		;;
	prometheus-node-exporter-*-dynhost)
		section=utils depends="${name%-dynhost} dynhost"
		summary='Prometheus node exporter: states of DynHost names'
		;;
	esac
}

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
	# By this name the program speaks with rpcd.
	mkdir -p "$1/usr/libexec/rpcd"
	ln -s /usr/bin/dynhost "$1/usr/libexec/rpcd/dynhost"
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

# The package managers' scripts: of the program as they are, of others under their name; those of
# LuCI's pages also have rpcd look at its rights anew.
scripts() {
	ipk_scripts=$here/ipk apk_scripts=$here/apk
	[ "$name" != dynhost ] || return 0
	ipk_scripts=$work/scripts-$name apk_scripts=$work/scripts-$name
	mkdir -p "$work/scripts-$name"
	for script in "$here"/ipk/* "$here"/apk/*; do
		sed -e "s/pkgname=dynhost$/pkgname=$name/" "$script" > "$work/scripts-$name/${script##*/}"
	done
	if [ "$section" = luci ]; then
		for script in postinst post-install post-upgrade; do
			cat "$here/luci-postinst" >> "$work/scripts-$name/$script"
		done
	fi
	chmod 755 "$work/scripts-$name"/*
}

control() {
	cat <<- CONTROL
		Package: $name
		Version: $version
		Depends: $(echo "$depends" | sed -e 's/ /, /g')
		License: $license
		Section: $section
		SourceDateEpoch: $epoch
		Maintainer: $maintainer
		Architecture: $1
		Installed-Size: $2
	CONTROL
	[ -z "$instead" ] || printf 'Provides: %s\nConflicts: %s\n' "$instead" "$instead"
	echo "Description: $summary"
	[ -z "$details" ] || echo "$details"
}

# Whether the package is one of those with the program and its service.
has_program() {
	case "$name" in
	dynhost | dynhost-full) ;;
	*) return 1 ;;
	esac
}

ipk() {
	tree=$1 arch=$2 file=$out/$2/${name}_${version}_$2.ipk box=$work/ipk-$name-$2

	mkdir -p "$box/control"
	tar_of "$tree" . > "$box/data.tar"
	control "$arch" "$(wc -c < "$box/data.tar")" > "$box/control/control"
	! has_program || echo /etc/config/dynhost > "$box/control/conffiles"
	install -m 755 "$ipk_scripts/postinst" "$ipk_scripts/prerm" "$box/control/"
	# What any gzip reads, 4 % smaller than gzip makes it: on flash that is what counts.
	libdeflate-gzip -12 < "$box/data.tar" > "$box/data.tar.gz"
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
	# By files: in a pipe, a find that fails leaves a package that does not know its files.
	(cd "$1" && find . ! -type d) > "$work/found"
	sed -e 's/^\.//' "$work/found" > "$work/files"
	mkdir -p "$lists"
	LC_ALL=C sort "$work/files" > "$lists/$name.list"
	if has_program; then
		echo /etc/config/dynhost > "$lists/$name.conffiles"
		sum=$(sha256sum < "$1/etc/config/dynhost")
		echo "/etc/config/dynhost ${sum%% *}" > "$lists/$name.conffiles_static"
	fi
	find "$1" -exec touch -h -d "@$epoch" {} +
}

apk_package() {
	tree=$1 arch=$2 file=$out/$3/$name-$version.apk

	# Owners are taken from the disk: as a user, they are root's only under fakeroot.
	[ "$(id -u)" = 0 ] && as_root='' || as_root=fakeroot
	$as_root apk mkpkg \
		--info "name:$name" \
		--info "version:$version" \
		--info "description:$summary" \
		--info "arch:$arch" \
		--info "license:$license" \
		--info "maintainer:$maintainer" \
		--info "depends:$depends" \
		${instead:+--info "provides:$instead=$version" --info "replaces:$instead"} \
		--script "post-install:$apk_scripts/post-install" \
		--script "post-upgrade:$apk_scripts/post-upgrade" \
		--script "pre-deinstall:$apk_scripts/pre-deinstall" \
		--files "$tree" \
		--output "$file"
	echo "$file"
}

has_apk() {
	apk --version 2> /dev/null | grep '^apk-tools 3' > /dev/null
}

packages_of() {
	describe "$1"
	program=$2 names=$3 tree=$work/$1-tree

	scripts
	rm -rf "$tree"
	stage "$tree" "$program"
	for arch in $names; do
		mkdir -p "$out/$arch"
		ipk "$tree" "$arch"
	done
	stage_apk "$tree"
	! has_apk || for arch in $names; do
		apk_package "$tree" "$arch" "$arch"
	done
}

# The same for a package of every architecture, from the files in its tree.
package_of_all() {
	describe "$1"
	scripts
	mkdir -p "$out/all"
	ipk "$work/$1" all
	stage_apk "$work/$1"
	! has_apk || apk_package "$work/$1" noarch all
}

# place PACKAGE MODE FILE FOLDER - puts a file into a folder of the package's tree.
place() {
	tree=$work/$1 mode=$2 target=$4
	mkdir -p "$tree$target"
	install -m "$mode" "$3" "$tree$target/"
}

# copy_below FOLDER TARGET PACKAGE - puts every file of a folder below another one of the package.
copy_below() {
	# By a file: in a pipe, a find that fails leaves a page without its files.
	(cd "$1" && find . -type f) > "$work/below"
	while read -r file; do
		place "$3" 644 "$1/$file" "$2/${file%/*}"
	done < "$work/below"
}

page() {
	app=$top/openwrt/luci-app-dynhost
	copy_below "$app/htdocs" /www luci-app-dynhost
	copy_below "$app/root" '' luci-app-dynhost
	package_of_all luci-app-dynhost
	command -v python3 > /dev/null || {
		echo "no translations: python3 is not on the PATH" >&2
		return
	}
	# By a file: in a pipe, a list that cannot be read would be no language, and nobody would see it.
	sed -e '/^#/d' "$here/languages" > "$work/languages"
	while read -r language title; do
		language_of_page "$language" "$title"
	done < "$work/languages"
}

language_of_page() {
	name=luci-i18n-dynhost-$1 catalogues=$work/luci-i18n-dynhost-$1/usr/lib/lua/luci/i18n
	mkdir -p "$catalogues" "$work/$name/etc/uci-defaults"
	python3 "$top/openwrt/luci/lmo.py" "$app/po/$1/dynhost.po" "$catalogues/dynhost.$1.lmo"
	echo "uci set luci.languages.$1='$2'; uci commit luci" > "$work/$name/etc/uci-defaults/$name"
	package_of_all "$name"
}

collectors() {
	place prometheus-node-exporter-ucode-dynhost 644 \
		"$top/openwrt/prometheus-node-exporter-dynhost/files/dynhost.uc" /usr/share/ucode/node-exporter/lib
	package_of_all prometheus-node-exporter-ucode-dynhost
	place prometheus-node-exporter-lua-dynhost 644 \
		"$top/openwrt/prometheus-node-exporter-dynhost/files/dynhost.lua" /usr/lib/lua/prometheus-collectors
	package_of_all prometheus-node-exporter-lua-dynhost
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
# program_of NAME TRIPLE BINARY ARCHITECTURE... - its packages, if it is a program for this triple.
program_of() {
	package=$1 triple=$2 binary=$3
	shift 3
	if [ ! -f "$binary" ]; then
		echo "$binary: missing, for $package of $*; build it with: make cross" >&2
		missing=1
	elif [ "$(elf_of "$binary")" != "$(expected_elf "$triple")" ]; then
		echo "$binary: not a program for $triple; build it anew with: make cross" >&2
		missing=1
	else
		packages_of "$package" "$binary" "$*"
	fi
}

while read -r triple names; do
	# shellcheck disable=SC2086  # a list of names
	program_of dynhost "$triple" "$dist/$triple/dynhost" $names
	# shellcheck disable=SC2086
	program_of dynhost-full "$triple" "$dist/full/$triple/dynhost" $names
done < "$work/rows"
page
collectors
has_apk || echo "no .apk: apk-tools 3 is not on the PATH" >&2
exit "$missing"
