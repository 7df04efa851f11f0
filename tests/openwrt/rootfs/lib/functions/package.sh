# What packages run, of base-files' functions.sh; apk's scripts say pkgname, opkg's are called
# NAME.postinst.

files_of() {
	local script=${1##*/} list
	list=/lib/apk/packages/$pkgname.list
	[ -n "$pkgname" ] || list=/usr/lib/opkg/info/${script%.*}.list
	cat "$list"
}

default_postinst() {
	local file
	for file in $(files_of "$1" | grep ^/etc/uci-defaults/); do
		[ ! -f "$file" ] || (. "$file") && rm -f "$file"
	done
	for file in $(files_of "$1" | grep ^/etc/init.d/); do
		[ "$PKG_UPGRADE" = 1 ] || "$file" enable
		"$file" start
	done
}

default_prerm() {
	local file
	for file in $(files_of "$1" | grep ^/etc/init.d/); do
		[ "$PKG_UPGRADE" = 1 ] || "$file" disable
		"$file" stop
	done
}
