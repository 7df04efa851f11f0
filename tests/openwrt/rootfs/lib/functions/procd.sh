# Stand-in for procd.sh: says what would be sent to procd. The service runs if /tmp/running exists.

for call in open_instance close_instance set_param append_param add_jail add_jail_mount \
	add_jail_mount_rw add_reload_trigger add_validation send_signal; do
	eval "procd_$call() { echo \"$call \$*\" >> /tmp/log; }"
done

procd_running() {
	[ -e /tmp/running ]
}
