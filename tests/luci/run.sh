#!/bin/sh
# Runs the browser's test in a network and at paths of its own: the program finds its configuration,
# state and service where a router has them, and nothing leaves the machine. `make luci-test` builds
# what it needs.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)

if [ "${1-}" != inside ]; then
	if [ "$(id -u)" = 0 ]; then
		exec unshare -n -m --propagation private "$0" inside
	fi
	exec unshare -r -n -m --propagation private "$0" inside
fi

PATH=$root/target/debug:$root/target/debug/examples:$PATH:/usr/sbin:/sbin
control=127.0.0.1:8600
work=$(mktemp -d /tmp/dynhost-luci.XXXXXX)
lab_pid=''
trap '[ -z "$lab_pid" ] || kill "$lab_pid" 2> /dev/null || :; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

ip link set lo up
ip link add wan0 type veth peer name isp0
ip link set isp0 up
ip link set wan0 up
ip address add 81.2.69.10/24 dev wan0
ip route add default dev wan0

# Before these are covered: /run and /etc/init.d of the machine are left alone.
mount -t tmpfs -o mode=0755,size=8m tmpfs /run
mount -t tmpfs -o mode=0755,size=64k tmpfs /etc/init.d
mkdir -p /run/uci "$work/rpcd" "$work/lab"
ln -s "$root/target/debug/dynhost" "$work/rpcd/dynhost"
# Stands for procd: an agent that ends when nothing is left to do, replaced at a reload.
cat > /etc/init.d/dynhost << 'SERVICE'
#!/bin/sh
echo "$@" >> /run/service
if [ -s /run/pid ]; then
	kill "$(cat /run/pid)" 2> /dev/null
fi
setsid DYNHOST run --until-settled < /dev/null >> /run/log 2>&1 &
echo $! > /run/pid
SERVICE
sed -i "s,DYNHOST,$root/target/debug/dynhost," /etc/init.d/dynhost
chmod 755 /etc/init.d/dynhost

lab serve --dir "$work/lab" --https 127.0.0.1:8443 --dns 127.0.0.1:8053 --control "$control" > "$work/ready" &
lab_pid=$!
tries=0
until [ -s "$work/ready" ]; do
	tries=$((tries + 1))
	[ "$tries" -le 100 ] || {
		echo "the lab does not start" >&2
		exit 1
	}
	sleep 0.1
done

cd "$root"
CONTROL=$control LAB=$work/lab RPCD=$work/rpcd/dynhost node tests/luci/test.js
