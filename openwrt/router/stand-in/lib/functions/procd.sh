# The shell side of procd, as init and hotplug scripts use it. An instance is a folder
# /tmp/procd/SERVICE/INSTANCE with its description (`new`, `now`), its `pid` and `keeper`.
# Kept to procd's semantics: a start with an unchanged description (its files included) of
# something that runs does nothing; a changed one restarts it, or sends reload_signal;
# jail, user, capabilities and triggers are accepted and ignored (as where ujail is missing;
# the test calls reload itself).

PROCD_DIR=/tmp/procd

procd_lock() {
	mkdir -p /tmp/lock
	exec 1000> "/tmp/lock/procd_$(basename "${initscript:-procd}").lock"
	flock 1000
}

procd_open_service() {
	procd_service=$1
	procd_count=0
	# procd knows a service without instances, too.
	mkdir -p "$PROCD_DIR/$1"
	rm -f "$PROCD_DIR/$1"/*/new
}

procd_open_instance() {
	procd_count=$((procd_count + 1))
	procd_instance=$PROCD_DIR/$procd_service/${1:-instance$procd_count}
	mkdir -p "$procd_instance"
	: > "$procd_instance/new"
}

procd_set_param() {
	procd_param=$1
	shift
	for procd_value; do
		echo "$procd_param $procd_value" >> "$procd_instance/new"
		[ "$procd_param" != file ] || md5sum "$procd_value" >> "$procd_instance/new" 2> /dev/null
	done
}

# A description is a line per value, so that appending is the same as setting.
procd_append_param() {
	procd_set_param "$@"
}

procd_close_instance() { :; }
procd_add_jail() { :; }
procd_add_jail_mount() { :; }
procd_add_jail_mount_rw() { :; }
procd_add_reload_trigger() { :; }
procd_add_validation() { "$@"; }
uci_load_validate() { :; }

procd_close_service() {
	service_triggers
	for procd_instance in "$PROCD_DIR/$procd_service"/*; do
		[ -d "$procd_instance" ] || continue
		if [ ! -f "$procd_instance/new" ]; then
			procd_stop_instance "$procd_instance"
			rm -rf "$procd_instance"
		elif ! procd_alive "$procd_instance"; then
			procd_start_instance "$procd_instance"
		elif ! cmp -s "$procd_instance/new" "$procd_instance/now"; then
			procd_changed_instance "$procd_instance"
		fi
	done
}

procd_alive() {
	[ -f "$1/pid" ] && kill -0 "$(cat "$1/pid")" 2> /dev/null
}

procd_start_instance() {
	# Also takes the place of a respawn that is waiting.
	procd_stop_instance "$1"
	mv "$1/new" "$1/now"
	procd_spawn "$1"
}

# procd is one process: two who ask at once get one instance, which runs when the call is over.
procd_spawn() {
	procd_forget_keeper "$1"
	rm -f "$1/pid"
	setsid procd-keep "$1" < /dev/null > /dev/null 2>&1 8>&- 1000>&- &
	echo $! > "$1/keeper"
	procd_left=250
	while [ ! -s "$1/pid" ] && [ $procd_left -gt 0 ]; do
		usleep 20000
		procd_left=$((procd_left - 1))
	done
}

# That of one which has just ended notes that; one that waits to start it again is in the way.
procd_forget_keeper() {
	procd_left=100
	while procd_is_kept "$1" && ! grep -q '^respawn ' "$1/now" && [ $procd_left -gt 0 ]; do
		usleep 20000
		procd_left=$((procd_left - 1))
	done
	! procd_is_kept "$1" || kill "$(cat "$1/keeper")"
	rm -f "$1/keeper"
}

procd_is_kept() {
	[ -f "$1/keeper" ] && kill -0 "$(cat "$1/keeper")" 2> /dev/null
}

procd_changed_instance() {
	procd_signal=$(sed -n 's/^reload_signal //p' "$1/new")
	if [ -z "$procd_signal" ]; then
		procd_start_instance "$1"
	else
		mv "$1/new" "$1/now"
		kill "-$procd_signal" "$(cat "$1/pid")"
	fi
}

procd_stop_instance() {
	[ ! -f "$1/keeper" ] || kill "$(cat "$1/keeper")" 2> /dev/null
	if procd_alive "$1"; then
		procd_left=$(sed -n 's/^term_timeout //p' "$1/now")
		procd_left=$((${procd_left:-5} * 50))
		kill "$(cat "$1/pid")"
		while procd_alive "$1" && [ $procd_left -gt 0 ]; do
			usleep 20000
			procd_left=$((procd_left - 1))
		done
		[ $procd_left -gt 0 ] || kill -9 "$(cat "$1/pid")"
	fi
	rm -f "$1/pid" "$1/keeper"
}

# procd_kill SERVICE [INSTANCE]
procd_kill() {
	for procd_instance in "$PROCD_DIR/$1"/${2:-*}; do
		[ ! -d "$procd_instance" ] || procd_stop_instance "$procd_instance"
	done
	[ -n "${2-}" ] || rm -rf "${PROCD_DIR:?}/$1"
}

# procd_running SERVICE [INSTANCE]
procd_running() {
	for procd_instance in "$PROCD_DIR/$1"/${2:-*}; do
		if procd_alive "$procd_instance"; then return 0; fi
	done
	return 1
}

# procd_send_signal SERVICE [INSTANCE] [SIGNAL]: to what runs of it; SIGHUP if not said.
procd_send_signal() {
	for procd_instance in "$PROCD_DIR/$1"/${2:-*}; do
		if procd_alive "$procd_instance"; then kill "-${3:-HUP}" "$(cat "$procd_instance/pid")"; fi
	done
}
