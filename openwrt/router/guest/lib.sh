# How a scenario tells the host what it saw: one line each, on the console.
#   @begin NAME            @end NAME MILLISECONDS
#   @fail NAME what was expected        @number NAME KEY VALUE
#   @pause WORD            the host looks at the flash, then answers with a line

say() {
	echo "@$*" > /dev/console
}

# clock: milliseconds since boot, in $clock and microseconds in $clock_us, without a process.
clock() {
	{
		read -r _
		read -r _
		read -r _ _ clock_ns _
	} < /proc/timer_list
	clock_us=$((clock_ns / 1000))
	clock=$((clock_ns / 1000000))
}

begin() {
	scenario=$1
	say begin "$1"
	clock
	begun=$clock
	log_begun=$(wc -l < /tmp/log/messages)
}

end() {
	clock
	say end "$scenario" $((clock - begun))
	log
}

number() {
	say number "$scenario" "$1" "$2"
}

# expect TEXT COMMAND...: the scenario fails with TEXT if COMMAND does; the log is shown.
expect() {
	expected=$1
	shift
	"$@" && return
	say fail "$scenario" "$expected"
	log | tail -n 15
	tail -n 3 /tmp/lab/requests.log 2> /dev/null
	return 1
}

# log: what syslog got of the agent since the scenario began.
log() {
	tail -n +$((log_begun + 1)) /tmp/log/messages | grep -E 'dynhost|procd'
}

logged() {
	log | grep -qiE "$1"
}

# within SECONDS COMMAND...: looks again until COMMAND succeeds, the less often the longer it takes.
within() {
	clock
	within_end=$((clock + $1 * 1000))
	within_pause=50000
	shift
	until "$@"; do
		clock
		[ $clock -lt $within_end ] || return 1
		usleep $within_pause
		[ $within_pause -gt 1000000 ] || within_pause=$((within_pause + 10000))
	done
}

not() {
	! "$@"
}

# pause WORD: let the host look at the flash, as it is now.
pause() {
	sync
	say pause "$1"
	read -r _ < /dev/console
}
