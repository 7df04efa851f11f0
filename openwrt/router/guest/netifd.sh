# What depends on netifd: hosts that name an interface. Its part is played by `lab ubusd`, which
# says what the file /tmp/netifd says; the addresses are the kernel's.

. /test/day.sh

# netifd_hosts RESIDENT [NAME PASSWORD LINE LINE]...: whether the agent stays, and the hosts, each
# with two lines of options.
netifd_hosts() {
	{
		echo "config agent 'agent'"
		echo "	option resident '$1'"
		cat << 'END'
config provider 'lab'
	option url 'https://provider.lab/nic/update?system=dyndns&hostname={hostname}&myip={address}'
	option ca_file '/tmp/authorities.pem'
END
		shift
		while [ $# -gt 0 ]; do
			host "$1" "$2" "$3" "$4"
			shift 4
		done
	} > /etc/config/dynhost
}

# netifd_says: what comes on standard input, from now on, as a whole.
netifd_says() {
	cat > /tmp/netifd.new
	mv /tmp/netifd.new /tmp/netifd
}

ubusd_start() {
	lab ubusd --interfaces /tmp/netifd > /tmp/log/ubusd 2>&1 &
	ubusd=$!
	within 10 test -S /var/run/ubus/ubus.sock
}

ubusd_stop() {
	kill $ubusd
	wait $ubusd
	rm -f /var/run/ubus/ubus.sock
}

# The line of a customer who has only a prefix; $prefix is that of the LAN.
prefix_line() {
	netifd_says << END
wan device pppoe-wan own $(wan_address)
wan6 device pppoe-wan delegated $1 lan
lan device br-lan assigned $2
END
}

# lan_gets PREFIX OLD: netifd numbers the LAN anew; the kernel calls the address tentative first.
lan_gets() {
	prefix_line "$1" "${1}1"
	[ -z "${2-}" ] || ip -6 addr change "${2}1/64" dev br-lan preferred_lft 0 valid_lft 7200
	ip -6 addr add "${1}1/64" dev br-lan
	clock
	changed=$clock
	ip -6 addr show dev br-lan | grep "${1}1" | grep -q tentative
}

# prefix_renumbering COUNT: the agent of the default life, which ends in between.
prefix_renumbering() {
	begin prefix-renumbering
	# A cable's end in the place of a bridge, for which the kernel here has no module.
	ip link add br-lan type veth
	ip link set veth0 up
	ip link set br-lan up
	# How long an address is tentative; a bridge takes as long.
	echo 1000 > /proc/sys/net/ipv6/neigh/br-lan/retrans_time_ms
	expect 'the LAN has an address, tentative at first' lan_gets 2a01:cb00:1:200::
	# What the boot has published, or not yet, is another story.
	/etc/init.d/dynhost stop
	rm -rf /var/run/dynhost
	netifd_hosts 0 home secret "option interface 'wan'" "list family 'ipv6'"
	/etc/init.d/dynhost start
	expect 'the first prefix is published' within 30 record_is home.example.com 2a01:cb00:1:200::1
	turn=0
	old=2a01:cb00:1:200::
	before=$(sent)
	while [ $turn -lt "$1" ]; do
		turn=$((turn + 1))
		expect 'the agent has ended' within 30 not agent_runs
		new=2a01:cb00:1:30$turn::
		expect 'the new address is tentative' lan_gets "$new" "$old"
		ACTION=ifup INTERFACE=wan6 DEVICE=pppoe-wan hotplug-call iface
		expect "the name follows to ${new}1" within 30 record_is home.example.com "${new}1" || break
		clock
		number event-to-record-ms $((clock - changed))
		old=$new
	done
	expect 'one request for each prefix' [ $(($(sent) - before)) -eq "$1" ]
	end
}

# view ALIAS: wan with what it has, and an alias on its device.
view() {
	netifd_says << END
wan device pppoe-wan own $(wan_address)
alias device pppoe-wan own $1
END
}

both_are() {
	record_is home.example.com "$1" && record_is office.example.com "$2"
}

# alias: two logical interfaces on one device; each name gets the address of its own.
alias_interface() {
	begin alias-interface
	ip link del br-lan
	ip addr add 81.2.70.200/32 dev pppoe-wan
	view 81.2.70.200
	before=$(sent)
	netifd_hosts 1 home secret "option interface 'wan'" '' office word "option interface 'alias'" ''
	/etc/init.d/dynhost reload
	expect 'each has its own' within 30 both_are "$(wan_address)" 81.2.70.200
	ip addr add 81.2.70.201/32 dev pppoe-wan
	ip addr del 81.2.70.200/32 dev pppoe-wan
	view 81.2.70.201
	ACTION=ifupdate INTERFACE=alias DEVICE=pppoe-wan IFUPDATE_ADDRESSES=1 hotplug-call iface
	expect 'the alias moves alone' within 30 both_are "$(wan_address)" 81.2.70.201
	expect 'nobody was told another address' [ $(($(sent) - before)) -eq 3 ]
	end
}

# ubusd_restart: a reconnect while nobody answers on ubus, for an agent that stays.
ubusd_restart() {
	begin ubusd-restart
	agent=$(agent_pid)
	ubusd_stop
	before=$(sent)
	expect 'the line comes back' redial
	sleep 5
	expect 'nothing is sent on a guess' [ "$(sent)" -eq "$before" ]
	expect 'the log says what is missing' logged 'ubus'
	ip addr add 81.2.70.201/32 dev pppoe-wan
	view 81.2.70.201
	ubusd_start
	clock
	changed=$clock
	expect 'the names follow' within 60 both_are "$address" 81.2.70.201
	clock
	number back-to-records-ms $((clock - changed))
	expect 'the same agent' [ "$(agent_pid)" = "$agent" ]
	# Once more, with a reconnect afterwards.
	ubusd_stop
	ubusd_start
	expect 'the line comes back' redial
	view 81.2.70.201
	ACTION=ifupdate INTERFACE=wan DEVICE=pppoe-wan IFUPDATE_ADDRESSES=1 hotplug-call iface
	expect 'the name follows' within 60 record_is home.example.com "$address"
	end
}

# rpcd: what the page and `ubus call dynhost` come to, without rpcd itself.
rpcd_object() {
	begin rpcd
	time -o /tmp/spent -f '%e %U %S %M' /usr/libexec/rpcd/dynhost call status < /dev/null > /tmp/rpcd
	expect 'the status names both hosts' grep -q '"home".*"office"' /tmp/rpcd
	expect 'and the address' grep -q "$(wan_address)" /tmp/rpcd
	expect 'and no password' not grep -qE 'secret|word"' /tmp/rpcd
	number cpu-ms "$(awk '{ printf "%d", ($2 + $3) * 1000 }' /tmp/spent)"
	# busybox takes the kernel's kilobytes for pages.
	number peak-kB "$(awk '{ printf "%d", $4 / 4 }' /tmp/spent)"
	echo '{"host":"home"}' | /usr/libexec/rpcd/dynhost call pause > /tmp/rpcd
	expect 'home is paused' within 30 state_is home disabled
	echo '{"host":"home","paused":false}' | /usr/libexec/rpcd/dynhost call pause > /tmp/rpcd
	expect 'and goes on' within 30 state_is home current
	end
}

# doctor: all that it looks at, as it is on a router; it sends nothing.
doctor() {
	begin doctor
	# The alias went with the line, which the doctor would find.
	ip addr add 81.2.70.201/32 dev pppoe-wan
	expect 'both names are right' within 30 state_is office current
	before=$(sent)
	time -o /tmp/spent -f '%e %U %S %M' dynhost doctor > /tmp/doctor 2> /tmp/doctor.err
	expect 'it finds no fault' [ "$(grep -c '^fault' /tmp/doctor)" -eq 0 ] || cat /tmp/doctor /tmp/doctor.err
	for topic in configuration clock interface route resolver provider request dns state; do
		expect "it looks at $topic" grep -q "^[a-z]*  *$topic " /tmp/doctor
	done
	expect 'it says no password' not grep -qE 'secret' /tmp/doctor
	expect 'it sends nothing' [ "$(sent)" -eq "$before" ]
	number took-ms "$(awk '{ printf "%d", $1 * 1000 }' /tmp/spent)"
	number cpu-ms "$(awk '{ printf "%d", ($2 + $3) * 1000 }' /tmp/spent)"
	# As above.
	number peak-kB "$(awk '{ printf "%d", $4 / 4 }' /tmp/spent)"
	end
}

world_start
provider_start 81.2.69.1 '' 2a01:cb00:1::1
echo > /tmp/netifd
ubusd_start
date -s "@1795521600" > /dev/null
wan_start
within 30 on_line none
configure
/etc/init.d/dynhost enable
/etc/init.d/dynhost boot
prefix_renumbering 4
alias_interface
ubusd_restart
rpcd_object
doctor
