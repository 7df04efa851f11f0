# Stand-in for procd.sh: says what would be sent to procd. What is asked of it goes by `ubus`, as in
# the original.

for call in open_instance close_instance set_param append_param add_jail add_jail_mount \
	add_jail_mount_rw add_reload_trigger send_signal; do
	eval "procd_$call() { echo \"$call \$*\" >> /tmp/log; }"
done

# Each call opens the array of rules anew, and what was in it is lost.
procd_add_validation() {
	: > /tmp/rules
	"$@"
}

# Within it: the rules of a section type, which validate_data prints.
uci_load_validate() {
	echo "$2" >> /tmp/rules
	shift 4
	printf '\t%s\n' "$@" >> /tmp/rules
}

procd_running() {
	case "$(ubus call service list "{\"name\":\"$1\"}")" in
	*'"running": true'*) ;;
	*) return 1 ;;
	esac
}
