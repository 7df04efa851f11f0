# Stand-in for OpenWrt's functions.sh: reading configurations, and what packages run.

package() { :; }

config() {
	count=$((count + 1))
	cursor=${2:-cfg$count}
	sections="$sections $cursor"
	eval "type_$cursor=\$1"
}

option() {
	eval "value_${cursor}_$1=\$2"
}

list() {
	eval "value_${cursor}_$1=\"\${value_${cursor}_$1} \$2\""
}

config_load() {
	local text
	sections=''
	count=0
	text=$(uci -q export "$1") || return 1
	eval "$text"
}

# config_get VARIABLE SECTION OPTION [DEFAULT]
config_get() {
	eval "$1=\${value_$2_$3:-\$4}"
}

config_get_bool() {
	local answer
	config_get answer "$2" "$3" "$4"
	case "$answer" in
	1 | on | true | yes | enabled) answer=1 ;;
	0 | off | false | no | disabled) answer=0 ;;
	*) answer=$4 ;;
	esac
	eval "$1=\$answer"
}

config_foreach() {
	local each kind
	for each in $sections; do
		eval "kind=\$type_$each"
		[ "$kind" != "$2" ] || "$1" "$each"
	done
}

# apk's scripts say pkgname; opkg's are called NAME.postinst.
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
