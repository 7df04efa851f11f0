# shellcheck shell=sh
# shellcheck disable=SC2154  # lib.sh, which is sourced before, sets the variables
# What a program takes in the units of flash; sourced by check.sh.

# squashfs FILE: bytes in the read-only image that most routers boot from, 256 KiB blocks as OpenWrt
# makes them; `-` without mksquashfs.
squashfs() {
	image=$(mktemp -u)
	PATH=$PATH:/usr/sbin mksquashfs "$1" "$image" -comp xz -b 256K -nopad -noappend -all-root \
		-quiet -no-progress > /dev/null 2>&1 || {
		echo -
		return
	}
	wc -c < "$image"
	rm "$image"
}

# jffs2 FILE: bytes in the overlay that packages are installed to, 4 KiB pages compressed by
# themselves; `-` without mkfs.jffs2.
jffs2() {
	folder=$(mktemp -d)
	cp "$1" "$folder/"
	PATH=$PATH:/usr/sbin mkfs.jffs2 -r "$folder" -o "$folder.image" -x lzo -x rtime -s 4096 \
		> /dev/null 2>&1 || echo -
	[ ! -s "$folder.image" ] || wc -c < "$folder.image"
	rm -rf "$folder" "$folder.image"
}

# package TRIPLE: bytes of its .ipk, the same for every architecture name; nothing if none is newer
# than the program.
package() {
	find "$dist/openwrt" -name "dynhost_*_$(field "$1" 6 | cut -d ' ' -f 1).ipk" \
		-newer "$dist/$1/dynhost" -size +0 -exec wc -c {} + 2> /dev/null | awk '{ print $1; exit }'
}

# packed TRIPLE: what its second budget counts: the package, or the program in it if none is built.
packed() {
	bytes=$(package "$1")
	echo "${bytes:-$(libdeflate-gzip -12 < "$dist/$1/dynhost" | wc -c)}"
}

size_head() {
	printf '%-32s %9s %9s %9s %9s %9s %9s %9s  %s\n' triple bytes budget 'gzip -9' package budget \
		squashfs jffs2 verdict
}

# size_row TRIPLE VERDICT
size_row() {
	binary=$dist/$1/dynhost
	bytes=$(package "$1")
	printf '%-32s %9s %9s %9s %9s %9s %9s %9s  %s\n' "$1" "$(wc -c < "$binary")" "$(field "$1" 2)" \
		"$(gzip -9 -n -c "$binary" | wc -c)" "${bytes:--}" "$(field "$1" 3)" \
		"$(squashfs "$binary")" "$(jffs2 "$binary")" "$2"
}
