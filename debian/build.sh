#!/bin/sh
# Writes a .deb for every architecture of debian/architectures from the static binaries of
# `make cross`, or one from another binary. Same input, same bytes.
#
#   build.sh DIST OUT               DIST/TRIPLE/dynhost -> OUT/dynhost_VERSION_ARCHITECTURE.deb
#   build.sh ARCHITECTURE BINARY OUT
set -eu
umask 022
export LC_ALL=C

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
top=$here/..
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$top/Cargo.toml" | head -n 1)-1
epoch=${SOURCE_DATE_EPOCH:-$(git -C "$top" log -1 --format=%ct 2> /dev/null || echo 1795392000)}
export SOURCE_DATE_EPOCH="$epoch"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# put MODE SOURCE TARGET - a file below the tree, with all directories above it.
put() {
	install -D -m "$1" "$top/$2" "$tree/$3"
}

# packed SOURCE TARGET - the same compressed, without name and date.
packed() {
	mkdir -p "$tree/$(dirname "$2")"
	gzip -9n < "$top/$1" > "$tree/$2.gz"
}

# Debian's own list of changes: the project's is beside it.
changes() {
	printf 'dynhost (%s) unstable; urgency=medium\n\n' "$version"
	printf '  * Release %s: changelog.gz has its changes.\n\n' "${version%-1}"
	printf ' -- %s  %s\n' "$(sed -n 's/^Maintainer: //p' "$here/control")" "$(date -uR -d "@$epoch")"
}

documents() {
	doc=usr/share/doc/dynhost
	packed CHANGELOG.md $doc/changelog
	mkdir -p "$tree/$doc"
	# By files here and below: in a pipe, what fails on the left leaves a package that lacks something.
	changes > "$work/changes"
	gzip -9n < "$work/changes" > "$tree/$doc/changelog.Debian.gz"
	put 644 debian/copyright $doc/copyright
	put 644 README.md $doc/README.md
	put 644 README.fr.md $doc/README.fr.md
	for page in debian commands configuration replies state; do
		put 644 docs/$page.md $doc/docs/$page.md
	done
	(cd "$top" && find examples -type f ! -name '*.rs') > "$work/found"
	sort "$work/found" > "$work/examples"
	while read -r example; do
		mode=644
		[ ! -x "$top/$example" ] || mode=755
		put $mode "$example" "$doc/$example"
	done < "$work/examples"
}

# The files as they lie on the machine.
stage() {
	tree=$1
	install -D -m 755 "$2" "$tree/usr/bin/dynhost"
	put 600 debian/dynhost.conf etc/dynhost.conf
	put 644 debian/dynhost.service usr/lib/systemd/system/dynhost.service
	put 644 debian/dynhost.path usr/lib/systemd/system/dynhost.path
	put 644 debian/dynhost.tmpfiles usr/lib/tmpfiles.d/dynhost.conf
	put 644 debian/completions/dynhost.bash usr/share/bash-completion/completions/dynhost
	put 644 debian/completions/_dynhost usr/share/zsh/vendor-completions/_dynhost
	put 644 debian/completions/dynhost.fish usr/share/fish/vendor_completions.d/dynhost.fish
	put 644 debian/lintian-overrides usr/share/lintian/overrides/dynhost
	packed man/dynhost.8 usr/share/man/man8/dynhost.8
	packed man/dynhost.conf.5 usr/share/man/man5/dynhost.conf.5
	documents
}

# What dpkg is told: control, checksums, the configuration file and the scripts.
describe() {
	tree=$1 depends='adduser, ca-certificates'
	# A program of cargo's default target; those of `make cross` need no library.
	! grep -q 'libc\.so\.6' "$tree/usr/bin/dynhost" || depends="$depends, libc6, libgcc-s1"
	size=$(du -k -s --apparent-size "$tree" | cut -f 1)
	mkdir "$tree/DEBIAN"
	sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$2/" -e "s/@SIZE@/$size/" \
		-e "s/@DEPENDS@/$depends/" "$here/control" > "$tree/DEBIAN/control"
	echo /etc/dynhost.conf > "$tree/DEBIAN/conffiles"
	(cd "$tree" && find usr -type f) > "$work/found"
	sort "$work/found" > "$work/files"
	(cd "$tree" && xargs md5sum < "$work/files") > "$tree/DEBIAN/md5sums"
	install -m 755 "$here"/scripts/* "$tree/DEBIAN/"
}

# package ARCHITECTURE BINARY OUT
package() {
	file=$3/dynhost_${version}_$1.deb
	stage "$work/$1" "$2"
	describe "$work/$1" "$1"
	find "$work/$1" -exec touch -h -d "@$epoch" {} +
	mkdir -p "$3"
	dpkg-deb --root-owner-group -Zxz --threads-max=1 --build "$work/$1" "$file" > /dev/null
	rm -r "${work:?}/$1"
	echo "$file"
}

if [ $# = 3 ]; then
	package "$1" "$2" "$3"
	exit
fi
missing=0
sed '/^#/d' "$here/architectures" > "$work/list"
while read -r architecture triple; do
	if [ -f "$1/$triple/dynhost" ]; then
		package "$architecture" "$1/$triple/dynhost" "$2"
	else
		echo "$1/$triple/dynhost: missing, for $architecture; build it with: make cross" >&2
		missing=1
	fi
done < "$work/list"
exit "$missing"
