# The world around the router, in network namespaces: an ISP (pppoe-server with a pool of
# addresses, CHAP) and behind it the provider's host. Addresses look globally routable on
# purpose, the agent refuses others; they reach nothing outside these namespaces.

ISP_ADDRESS=62.4.16.1
PROVIDER_ADDRESS=62.4.16.2
POOL=81.2.69.10

# hold NAME: a process that keeps the namespaces of NAME open; its pid lies in /tmp/hold.NAME.
hold() {
	unshare -n -m sh -c "echo \$\$ > /tmp/hold.$1; exec sleep 1000000" &
	until [ -s "/tmp/hold.$1" ]; do usleep 10000; done
}

isp() {
	nsenter -t "$(cat /tmp/hold.isp)" -n -m "$@"
}

provider() {
	nsenter -t "$(cat /tmp/hold.provider)" -n "$@"
}

# cable NAME HERE THERE: a cable between this namespace (end HERE) and NAME's (end THERE).
cable() {
	ip link add "$2" type veth
	ip link set veth0 netns "$(cat "/tmp/hold.$1")"
	nsenter -t "$(cat "/tmp/hold.$1")" -n ip link set veth0 name "$3"
	nsenter -t "$(cat "/tmp/hold.$1")" -n ip link set "$3" up
	ip link set "$2" up
}

# world_start [POOL]: both namespaces, the ISP handing out addresses from POOL on.
world_start() {
	ip link set lo up
	hold isp
	hold provider
	cable isp wan0 isp0
	cable provider inet0 inet0
	ip link set inet0 netns "$(cat /tmp/hold.isp)"
	isp ip link set inet0 up
	isp ip link set lo up
	provider ip link set lo up
	isp ip addr add "$ISP_ADDRESS/24" dev inet0
	provider ip addr add "$PROVIDER_ADDRESS/24" dev inet0
	provider ip route add default via "$ISP_ADDRESS"
	isp sh -c 'mount -t tmpfs tmpfs /tmp/run; mount --bind /test/isp /etc/ppp
		echo 1 > /proc/sys/net/ipv4/ip_forward'
	isp_start "${1:-$POOL}"
}

isp_start() {
	isp pppoe-server -F -X /tmp/run/pppoe.pid -I isp0 -C ISP -S "" -L 10.64.0.1 -R "$1" -N 100 \
		-O /etc/ppp/pppoe-server-options > /tmp/log/isp 2>&1 &
}

# isp_sessions: the pids of the ISP's ends of the line.
isp_sessions() {
	for pid in $(pidof pppd); do
		[ "$pid" = "$(cat /tmp/pppd.pid 2> /dev/null)" ] || echo "$pid"
	done
}

# isp_drop: the ISP ends the session, as at its nightly disconnect.
isp_drop() {
	for pid in $(isp_sessions); do
		kill "$pid"
	done
}

# wan_start [PASSWORD]: dial, and dial again for ever, with the options OpenWrt's ppp.sh uses.
wan_start() {
	mkdir -p /etc/ppp
	echo "\"router\" * \"${1:-dial}\" *" > /tmp/chap-secrets
	ln -sf /tmp/chap-secrets /etc/ppp/chap-secrets
	pppd nodetach ifname pppoe-wan plugin pppoe.so nic-wan0 user router noauth persist maxfail 0 \
		holdoff 1 lcp-restart 1 lcp-echo-interval 3 lcp-echo-failure 3 defaultroute \
		replacedefaultroute usepeerdns noipdefault mtu 1492 mru 1492 \
		ip-up-script /lib/netifd/ppp-up ip-down-script /lib/netifd/ppp-down > /tmp/log/pppd 2>&1 &
	echo $! > /tmp/pppd.pid
}

wan_stop() {
	kill "$(cat /tmp/pppd.pid)"
	wait "$(cat /tmp/pppd.pid)"
}

# wan_address: what the line has now, nothing if it is down.
wan_address() {
	ip -4 addr show dev pppoe-wan 2> /dev/null | sed -n 's/.*inet \([0-9.]*\).*/\1/p' | head -n 1
}
