# The agent, installed as the package would: configured, enabled, started by its init script.

# configure [PASSWORD]: home by kernel device, office by the default route; $resident and
# $state_dir as in UCI.
configure() {
	{
		echo "config agent 'agent'"
		echo "	option resident '${resident-0}'"
		[ -z "${state_dir-}" ] || echo "	option state_dir '$state_dir'"
		cat << 'END'
config provider 'lab'
	option url 'https://provider.lab/nic/update?system=dyndns&hostname={hostname}&myip={address}'
	option ca_file '/tmp/authorities.pem'
END
		host home "${1-secret}" "option device 'pppoe-wan'"
		host office word
	} > /tmp/dynhost.new
	# Flash is written only if there is something new to write.
	cmp -s /tmp/dynhost.new /etc/config/dynhost || cat /tmp/dynhost.new > /etc/config/dynhost
}

# host NAME PASSWORD [LINE...]
host() {
	echo "config host '$1'"
	echo "	option enabled '1'"
	echo "	option hostname '$1.example.com'"
	echo "	option username 'example.com-$1'"
	echo "	option password '$2'"
	echo "	option provider 'lab'"
	shift 2
	for line; do echo "	$line"; done
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

# agent_crashes: ends by a signal that a crash gives (ABRT, BUS, ILL, SEGV, ...) or a panic's 101.
agent_crashes() {
	awk '$2 == 101 || $2 > 128 && $2 != 143 && $2 != 130 && $2 != 137' /tmp/procd.ends 2> /dev/null | wc -l
}

# agent_milliseconds: CPU time of the resident agent so far; 0 if there is none.
agent_milliseconds() {
	awk '{ spent += $1 } END { printf "%d", spent / 1000000 }' \
		"/proc/$(agent_pid)/schedstat" 2> /dev/null || echo 0
}

# agent_peak: the most memory it ever had resident, in kB.
agent_peak() {
	sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$(agent_pid)/status"
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
