# What the shipped scripts need of OpenWrt's functions.sh. UCI is read by awk, one command a
# line with quoted words but without escapes; what that grammar does not hold is an error, as
# it is for libuci.

list_contains() {
	eval "case \" \$$1 \" in *\" $2 \"*) return 0 ;; esac"
	return 1
}

# config_load PACKAGE: from /etc/config, or from RAM where libuci would prefer it.
config_load() {
	config_file=/etc/config/$1
	[ ! -e "/var/run/uci/$1" ] || config_file=/var/run/uci/$1
	config_text=$(awk -f /lib/functions/uci.awk "$config_file" 2> /dev/null) || return 1
	CONFIG_SECTIONS=
	eval "$config_text"
}

# config_foreach FUNCTION [TYPE]
config_foreach() {
	for config_section in $CONFIG_SECTIONS; do
		eval "config_type=\$CONFIG_${config_section}_TYPE"
		if [ "${2-$config_type}" = "$config_type" ]; then "$1" "$config_section"; fi
	done
}

# config_get VARIABLE SECTION OPTION [DEFAULT]
config_get() {
	eval "$1=\${CONFIG_$2_$3:-\${4-}}"
}

config_get_bool() {
	config_get "$@"
	eval "case \"\$$1\" in
		1 | on | true | yes | enabled) $1=1 ;;
		0 | off | false | no | disabled) $1=0 ;;
		*) $1=\${4-} ;;
	esac"
}
