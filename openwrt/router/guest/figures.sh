# The figures, in real time: how fast, how much memory, CPU, flash; state in RAM as shipped.

. /test/day.sh

# hotplug_time COUNT: what netifd waits for, each event by itself.
hotplug_time() {
	begin hotplug-script
	turn=0
	while [ $turn -lt "$1" ]; do
		turn=$((turn + 1))
		clock
		before_us=$clock_us
		(
			export ACTION=ifup INTERFACE=wan DEVICE=pppoe-wan HOTPLUG_TYPE=iface
			. /etc/hotplug.d/iface/95-dynhost
		)
		clock
		number script-us $((clock_us - before_us))
		sleep 1
	done
	end
}

# update_cost COUNT: CPU time of a whole pass, with a request for each of two hosts.
update_cost() {
	begin update-cost
	before=$(sent)
	time -o /tmp/spent -f '%U %S' sh -c "for pass in $(seq -s ' ' "$1"); do
		dynhost update --force || exit 1
	done" > /tmp/update 2>&1
	expect 'each pass asks for both names' [ $(($(sent) - before)) -eq $((2 * $1)) ] || cat /tmp/update
	number cpu-ms-a-pass "$(awk -v passes="$1" '{ printf "%d", ($1 + $2) * 1000 / passes }' /tmp/spent)"
	end
}

peak_memory() {
	begin peak-memory
	number kB "$(agent_peak)"
	expect 'less than 4 MB' [ "$(agent_peak)" -lt 4096 ]
	end
}

first_line() {
	begin first-line
	wan_start
	expect 'the line is up' within 30 on_line none
	expect 'the names follow' within 30 settled "$address"
	end
}

resident=1
world_start
provider_start 81.2.69.1
configure
/etc/init.d/dynhost enable
pause flash-before
/etc/init.d/dynhost boot
first_line
reconnects 10
hotplug_time 10
peak_memory
pause flash-after
forget
/etc/init.d/dynhost stop
update_cost 5
