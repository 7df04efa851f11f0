# The scenarios that need no reboot.

# settled ADDRESS: both names point at it, and so does what the agent believes.
settled() {
	answered "$(update_of home "$1")" && answered "$(update_of office "$1")" &&
		record_is home.example.com "$1" && record_is office.example.com "$1"
}

# on_line OLD: the line is up with another address than OLD, which is then $address.
on_line() {
	address=$(wan_address)
	[ -n "$address" ] && [ "$address" != "$1" ] && [ "$(tail -n 1 /tmp/wan.up | cut -d ' ' -f 2)" = "$address" ]
}

redial() {
	old=$(wan_address)
	isp_drop
	within 60 on_line "$old"
}

first_boot() {
	begin first-boot
	wan_start
	expect 'the line is up' within 30 on_line none
	sleep 20
	expect 'nothing is sent while the clock is at 1970' [ "$(sent)" -eq 0 ]
	expect 'the log says that it waits for the clock' logged 'clock'
	expect 'few lines while waiting' [ "$(log | wc -l)" -lt 12 ]
	ntp_step "$NOON"
	clock
	set_at=$clock
	expect 'both names follow once the clock is set' within 30 settled "$address"
	clock
	number clock-set-to-records-ms $((clock - set_at))
	expect 'one request for each name' [ "$(sent)" -eq 2 ]
	end
}

# reconnects COUNT: dropped by the ISP, a new address each time.
reconnects() {
	begin reconnect
	turn=0
	before=$(sent)
	while [ $turn -lt "$1" ]; do
		turn=$((turn + 1))
		if [ $((turn % 5)) -eq 1 ]; then forget; fi
		expect 'the line comes back with a new address' redial
		expect "the names follow to $address" within 30 settled "$address" || break
		number ip-up-to-request-ms "$(since_up "$(update_of home "$address")")"
	done
	expect 'one request for each name and address' [ $(($(sent) - before)) -eq $((2 * $1 + 2 * (($1 + 4) / 5))) ]
	end
}

# forget: a new agent without state asks once for each name, and may then ask five times more.
# The flap limit gives one update back in 5 minutes, which no test can wait for each time.
forget() {
	/etc/init.d/dynhost stop
	rm -rf /var/run/dynhost
	sent > /tmp/sent.before
	/etc/init.d/dynhost start
	within 30 resent
}

resent() {
	[ "$(sent)" -ge $(($(cat /tmp/sent.before) + 2)) ]
}

lost_ifdown() {
	begin lost-ifdown
	forget
	touch /tmp/lose-ifdown
	expect 'the line comes back' redial
	expect 'the names follow' within 30 settled "$address"
	rm /tmp/lose-ifdown
	number ip-up-to-request-ms "$(since_up "$(update_of home "$address")")"
	end
}

# address_change: another address on a line that stays up, and netifd's event for it.
address_change() {
	begin address-change
	swap_address 81.2.70.77
	ACTION=ifupdate INTERFACE=wan DEVICE=pppoe-wan IFUPDATE_ADDRESSES=1 hotplug-call iface
	expect 'the names follow' within 30 settled 81.2.70.77
	clock
	number change-to-records-ms $((clock - changed))
	end
}

# silent_change: the same without any event, for an agent that stays.
silent_change() {
	begin silent-change
	forget
	resident=1
	configure
	/etc/init.d/dynhost reload
	expect 'the agent stays' within 10 /etc/init.d/dynhost running
	sleep 5
	swap_address 81.2.70.78
	expect 'the names follow without any event' within 30 settled 81.2.70.78
	clock
	number change-to-records-ms $((clock - changed))
	end
}

# swap_address NEW: at $changed the line has NEW and nothing else.
swap_address() {
	isp ip route replace "$1" dev "$(isp_interface)"
	# The other order would lose both: the new one would be a secondary of the old.
	ip addr del "$(wan_address)" peer 10.64.0.1 dev pppoe-wan
	ip addr add "$1" peer 10.64.0.1 dev pppoe-wan
	ip route replace default dev pppoe-wan
	clock
	changed=$clock
}

isp_interface() {
	isp ip link | sed -n 's/.*\(ppp[0-9]*\):.*/\1/p' | head -n 1
}

provider_down() {
	begin provider-down
	provider_refuse
	before=$(sent)
	expect 'the line comes back' redial
	sleep 60
	expect 'the failure is in the log' logged 'provider|refused|reach'
	expect 'once per change, not once per try' [ "$(log | wc -l)" -lt 12 ]
	expect 'its status says that it will try again' state_is home backoff
	expect 'nothing got through' [ "$(sent)" -eq "$before" ]
	clock
	back_at=$clock
	provider_accept
	expect 'the names follow once the provider is back' within 120 settled "$address"
	clock
	number back-to-records-ms $((clock - back_at))
	end
}

# wrong_line_password: the ISP refuses the line; the agent has nothing to say.
wrong_line_password() {
	begin wrong-line-password
	wan_stop
	before=$(sent)
	wan_start wrong
	sleep 60
	expect 'the ISP refuses the password' grep -q 'CHAP authentication failed' /tmp/log/pppd
	expect 'the line is down' [ -z "$(wan_address)" ]
	expect 'nothing is sent' [ "$(sent)" -eq "$before" ]
	dynhost update > /tmp/update 2>&1
	expect 'a pass ends with 69, no address' [ $? -eq 69 ]
	expect 'and says why' grep -q 'no-address' /tmp/update
	expect 'the log stays short' [ "$(log | wc -l)" -lt 12 ]
	wan_stop
	wan_start
	expect 'the line is up' within 60 on_line none
	expect 'the names follow' within 30 settled "$address"
	end
}

wrong_provider_password() {
	begin wrong-provider-password
	forget
	configure mistyped
	/etc/init.d/dynhost reload
	expect 'the line comes back' redial
	expect 'the record is held' within 30 state_is home held
	sleep 60
	expect 'asked once, then held' [ "$(sent '401 Authentication')" -eq 1 ]
	expect 'the other name is current' answered "$(update_of office "$address")"
	expect 'the log names the password' logged 'badauth: login or password'
	expect 'but does not show it' not logged 'mistyped'
	configure
	/etc/init.d/dynhost reload
	expect 'the name follows once the password is right' within 30 settled "$address"
	end
}

bad_configuration() {
	begin bad-configuration
	forget
	{
		cat /tmp/dynhost.new
		echo "	option famly 'ipv7'"
		echo "	list family 'ipv7'"
		echo "	option device 'a name that is far too long'"
	} > /etc/config/dynhost
	line=$(($(wc -l < /tmp/dynhost.new) + 2))
	/etc/init.d/dynhost reload
	sleep 20
	expect 'the log says file, line and what is allowed' \
		logged "/etc/config/dynhost:$line: family 'ipv7': allowed are ipv4 and ipv6"
	expect 'the log stays short' [ "$(log | wc -l)" -lt 20 ]
	dynhost check > /tmp/check 2>&1
	expect 'check ends with 78' [ $? -eq 78 ]
	expect 'and knows the option that was meant' \
		grep -q "/etc/config/dynhost:$((line - 1)): .*did you mean 'family'" /tmp/check
	before=$(sent)
	expect 'the line comes back' redial
	expect 'the good host goes on' within 30 answered "$(update_of home "$address")"
	configure
	/etc/init.d/dynhost reload
	expect 'all is well after the repair' within 30 settled "$address"
	end
}

# faulty_reload: nothing of the file can be used; what runs goes on by what it read before.
faulty_reload() {
	begin faulty-reload
	forget
	resident=1
	configure
	/etc/init.d/dynhost reload
	expect 'the agent stays' within 10 agent_runs
	agent=$(agent_pid)
	line=$(($(wc -l < /tmp/dynhost.new) + 1))
	{
		cat /tmp/dynhost.new
		echo "	oops 'x'"
	} > /etc/config/dynhost
	expect 'the reload is refused' not /etc/init.d/dynhost reload
	expect 'the log says why' logged "daemon.err.*/etc/config/dynhost:$line: "
	expect 'the same agent runs on' [ "$(agent_pid)" = "$agent" ]
	dynhost status > /tmp/status 2>&1
	expect 'the status names the fault' grep -q "/etc/config/dynhost:$line: " /tmp/status
	expect 'the line comes back' redial
	expect 'the names follow all the same' within 30 settled "$address"
	expect 'hotplug has not started it anew' [ "$(agent_pid)" = "$agent" ]
	resident=0
	configure
	/etc/init.d/dynhost reload
	end
}

# stopped: what the user stopped stays so, whatever happens on the line.
stopped() {
	begin stopped
	/etc/init.d/dynhost stop
	before=$(sent)
	expect 'the line comes back' redial
	ntp_step "$(($(date +%s) + 2))"
	sleep 20
	expect 'nothing runs' not agent_runs
	expect 'nothing is sent' [ "$(sent)" -eq "$before" ]
	/etc/init.d/dynhost start
	expect 'the names follow once it is started' within 30 settled "$address"
	end
}

# flapping COUNT: new addresses faster than anybody should publish.
flapping() {
	begin flapping
	forget
	before=$(sent)
	turn=0
	while [ $turn -lt "$1" ]; do
		turn=$((turn + 1))
		redial
		# Long enough for an update, if it were let through.
		sleep 2
	done
	flapped=$(($(sent) - before))
	number requests "$flapped"
	expect 'some requests' [ $flapped -ge 2 ]
	expect 'a handful for each name' [ $flapped -le $((2 * (6 + 1))) ]
	expect 'the last address wins' within 600 settled "$address"
	expect 'and that is all' [ $(($(sent) - before)) -le $((2 * (6 + 3))) ]
	number requests-until-settled $(($(sent) - before))
	end
}

# drifted: somebody edits the record; the two looks at the DNS that decide are 15 minutes apart.
drifted() {
	begin drifted
	expect 'the names are right' within 30 settled "$address"
	provider lab record home.example.com 81.2.69.99 --control "$PROVIDER_ADDRESS:8053"
	before=$(sent)
	sleep 1860
	expect 'the log says what is wrong' logged "no server of the zone has $address"
	expect 'the record is set right' record_is home.example.com "$address"
	expect 'by one request' [ $(($(sent) - before)) -eq 1 ]
	sleep 960
	expect 'and the servers are found to have it' logged "the DNS has $address again"
	end
}

# idle: a time without news costs nothing.
idle() {
	begin idle
	before=$(sent)
	spent=$(agent_milliseconds)
	expect 'the agent has lived a little' [ "$spent" -gt 0 ]
	sleep 120
	expect 'nothing is sent' [ "$(sent)" -eq "$before" ]
	spent=$(($(agent_milliseconds) - spent))
	number cpu-ms-in-2-minutes $spent
	expect 'it costs next to nothing' [ $spent -lt 20 ]
	end
}

survived() {
	begin survived
	expect 'no crash' [ "$(agent_crashes)" -eq 0 ]
	expect 'no crash loop' [ "$(grep -c 'crash loop' /tmp/log/messages)" -eq 0 ]
	expect 'at most one agent' [ "$(pidof dynhost | wc -w)" -le 1 ]
	number log-lines "$(grep -c dynhost /tmp/log/messages)"
	end
}
