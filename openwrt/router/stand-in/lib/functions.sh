# What the shipped scripts need of base-files' functions.sh and of uci's uci.sh, by their source.

list_contains() {
	eval "case \" \$$1 \" in *\" $2 \"*) return 0 ;; esac"
	return 1
}

package() { :; }

config() {
	CONFIG_COUNT=$((CONFIG_COUNT + 1))
	CONFIG_SECTION=${2:-cfg$CONFIG_COUNT}
	CONFIG_SECTIONS="${CONFIG_SECTIONS:+$CONFIG_SECTIONS }$CONFIG_SECTION"
	eval "CONFIG_${CONFIG_SECTION}_TYPE=\$1"
}

option() {
	eval "CONFIG_${CONFIG_SECTION}_$1=\$2"
}

list() {
	eval "CONFIG_${CONFIG_SECTION}_$1=\"\${CONFIG_${CONFIG_SECTION}_$1:+\$CONFIG_${CONFIG_SECTION}_$1 }\$2\""
}

# config_load PACKAGE: what `uci -S -n export` prints, so faulty lines are passed over, and a file
# is only refused if it is not there. A file in RAM wins.
config_load() {
	config_file=/etc/config/$1
	[ ! -e "/var/run/uci/$1" ] || config_file=/var/run/uci/$1
	[ -e "$config_file" ] || return 1
	for config_section in ${CONFIG_SECTIONS-}; do
		# The original forgets lists alone; who loads one package has nothing to forget.
		unset "CONFIG_${config_section}_TYPE"
	done
	CONFIG_SECTIONS='' CONFIG_COUNT=0
	eval "$(awk -v package="$1" -f /lib/functions/uci.awk "$config_file")"
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

[ ! -e /lib/functions/package.sh ] || . /lib/functions/package.sh
