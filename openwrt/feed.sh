#!/bin/sh
# A signed feed for opkg and apk, as a folder for any web server.
#
#   feed.sh key KEYS              makes the keys, outside of the repository
#   feed.sh feed PACKAGES KEYS FEED URL
#                                 PACKAGES/ARCH/* and PACKAGES/all/* -> FEED/ARCH with its index
set -eu
umask 077

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)

die() {
	echo "$*" >&2
	exit 1
}

# signify's keys and signatures are those of usign, by which opkg verifies.
sign() {
	for program in signify-openbsd signify; do
		if command -v "$program" > /dev/null; then
			"$program" "$@"
			return
		fi
	done
	die "signify is missing, it signs for opkg: apt-get install signify-openbsd"
}

# Secrets that lie in the repository get committed one day.
outside_repository() {
	case "$(realpath -m -- "$1")/" in
	"$(realpath -- "$top")"/*) die "$1: keep keys outside of the repository, give FEED_KEYS=FOLDER" ;;
	esac
}

make_keys() {
	outside_repository "$1"
	mkdir -p "$1"
	[ ! -e "$1/dynhost-feed.sec" ] || die "$1/dynhost-feed.sec is there: move it away to make another one"
	sign -G -n -c 'dynhost feed' -p "$1/dynhost-feed.pub" -s "$1/dynhost-feed.sec"
	openssl ecparam -name prime256v1 -genkey -noout -out "$1/dynhost-feed-apk.key"
	openssl ec -in "$1/dynhost-feed-apk.key" -pubout -out "$1/dynhost-feed.pem" 2> /dev/null
	echo "$1: dynhost-feed.sec signs for opkg, dynhost-feed-apk.key for apk; let nobody have them"
}

# What opkg reads of a package: its control file, and where and what the file is.
index_entry() {
	# By files: in a pipe, a package that is cut off leaves an index without it, signed and published.
	tar -xzOf "$1" ./control.tar.gz > control.tar.gz
	tar -xzOf control.tar.gz ./control > control
	sed -e "/^Description:/i\\
Filename: ${1##*/}\\
Size: $(wc -c < "$1")\\
SHA256sum: $(sha256sum < "$1" | cut -d ' ' -f 1)" control
	rm control.tar.gz control
	echo
}

opkg_index() {
	(
		cd "$1"
		for package in *.ipk; do
			index_entry "$package"
		done > Packages
		gzip -9nk Packages
		sign -S -x Packages.sig -m Packages -s "$keys/dynhost-feed.sec"
	)
}

apk_index() {
	(
		cd "$1"
		set -- ./*.apk
		[ -e "$1" ] || return 0
		apk mkndx --allow-untrusted --sign-key "$keys/dynhost-feed-apk.key" --output packages.adb "$@"
	)
}

has_apk() {
	apk --version 2> /dev/null | grep '^apk-tools 3' > /dev/null
}

make_feed() {
	packages=$1 keys=$2 feed=$3 url=${4:-https://example.org/dynhost}

	outside_repository "$keys"
	[ -r "$keys/dynhost-feed.sec" ] || die "$keys/dynhost-feed.sec: no key there, make one with: make feed-key"
	umask 022
	rm -rf "$feed"
	mkdir -p "$feed"
	keys=$(cd "$keys" && pwd)
	for folder in "$packages"/*/; do
		arch=$(basename "$folder")
		[ "$arch" != all ] || continue
		mkdir "$feed/$arch"
		cp "$folder"/* "$packages"/all/* "$feed/$arch/"
		opkg_index "$feed/$arch"
		! has_apk || apk_index "$feed/$arch"
		echo "$feed/$arch"
	done
	install -m 644 "$keys/dynhost-feed.pub" "$keys/dynhost-feed.pem" "$feed/"
	has_apk || echo "no packages.adb: apk-tools 3 is not on the PATH, so 25.12 cannot use this feed" >&2
	cat << OWNER
On a router, 24.10 (ARCH: opkg print-architecture):
wget -O /tmp/dynhost-feed.pub $url/dynhost-feed.pub && opkg-key add /tmp/dynhost-feed.pub
echo 'src/gz dynhost $url/ARCH' >> /etc/opkg/customfeeds.conf
On a router, 25.12 (ARCH: cat /etc/apk/arch):
wget -O /etc/apk/keys/dynhost-feed.pem $url/dynhost-feed.pem
echo '$url/ARCH/packages.adb' >> /etc/apk/repositories.d/customfeeds.list
OWNER
}

case "${1-} $#" in
'key 2') make_keys "$2" ;;
'feed 4' | 'feed 5') make_feed "$2" "$3" "$4" "${5-}" ;;
*) die "usage: feed.sh key KEYS, or feed.sh feed PACKAGES KEYS FEED URL" ;;
esac
