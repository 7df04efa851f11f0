# The agent, installed as the package would: configured, enabled, started by its init script.

# configure [STATE_DIR [PASSWORD]]: two hosts, one by kernel device, one by the default route.
configure() {
	{
		echo "config agent 'agent'"
		echo "	option log_level 'info'"
		[ -z "${1:-}" ] || echo "	option state_dir '$1'"
		cat << 'END'
config provider 'lab'
	option url 'https://provider.lab/nic/update?system=dyndns&hostname={hostname}&myip={address}'
	option ca_file '/tmp/lab/ca.pem'
END
		host home "${2:-secret}" "option device 'pppoe-wan'"
		[ -n "${1:-}" ] || host office word
	} > /tmp/dynhost.new
	cmp -s /tmp/dynhost.new /etc/config/dynhost || cat /tmp/dynhost.new > /etc/config/dynhost
	chmod 600 /etc/config/dynhost
}

# host NAME PASSWORD [LINE...]
host() {
	host_name=$1
	echo "config host '$1'"
	echo "	option enabled '1'"
	echo "	option hostname '$1.example.com'"
	echo "	option username 'example.com-$1'"
	echo "	option password '$2'"
	echo "	option provider 'lab'"
	shift 2
	for line; do echo "	$line"; done
}

agent_install() {
	/etc/init.d/dynhost enable
}

agent_start() {
	/etc/init.d/dynhost start
}

agent_stop() {
	/etc/init.d/dynhost stop
}

agent_reload() {
	/etc/init.d/dynhost reload
}

# agent_pid: of the resident agent, nothing if it does not run.
agent_pid() {
	for file in /tmp/procd/dynhost/*/pid; do
		[ ! -f "$file" ] || cat "$file"
	done
}

agent_runs() {
	/etc/init.d/dynhost running
}

# agent_ends: how often an instance has ended, for whatever reason.
agent_ends() {
	cat /tmp/procd.ends 2> /dev/null | wc -l
}

# agent_crashes: ends by a signal that a crash gives (ABRT, BUS, ILL, SEGV, ...) or a panic's 101.
agent_crashes() {
	awk '$2 == 101 || $2 > 128 && $2 != 143 && $2 != 130 && $2 != 137' /tmp/procd.ends 2> /dev/null | wc -l
}

# agent_ticks: CPU time of the resident agent so far, in hundredths of a second.
agent_ticks() {
	awk '{ print $14 + $15 }' "/proc/$(agent_pid)/stat"
}

# status_field HOST KEY: out of `status --json`.
status_field() {
	dynhost status --json | tr -d '\n' | sed "s/.*\"host\":\"$1\"//; s/\"host\":.*//" |
		sed -n "s/.*\"$2\":\"\{0,1\}\([^\",}]*\).*/\1/p"
}

state_is() {
	[ "$(status_field "$1" state)" = "$2" ]
}

ntp_step() {
	date -s "@$1" > /dev/null
	ACTION=step freq_drift_ppm=0 offset=0 stratum=2 poll_interval=64 hotplug-call ntp
}
