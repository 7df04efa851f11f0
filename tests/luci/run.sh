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
# An empty account, at the very names of the provider.
account=127.0.0.1:8601
work=$(mktemp -d /tmp/dynhost-luci.XXXXXX)
lab_pids=''
# shellcheck disable=SC2086 # Some numbers, or none.
trap '[ -z "$lab_pids" ] || kill $lab_pids 2> /dev/null || :; umount /etc 2> /dev/null || :; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

ip link set lo up
ip link add wan0 type veth peer name isp0
ip link set isp0 up
ip link set wan0 up
ip address add 81.2.69.10/24 dev wan0
ip route add default dev wan0

# Before anything is written: /run and /etc of the machine are left alone. What only root reads is
# not needed.
mkdir -p "$work/rpcd" "$work/lab" "$work/account"
cp -a /etc "$work/etc" 2> /dev/null || :
mount -t tmpfs -o mode=0755,size=8m tmpfs /run
mount --bind "$work/etc" /etc
mkdir -p /run/uci /etc/init.d /etc/ssl/certs
rm -f /etc/ovh.conf /etc/resolv.conf
echo 'nameserver 127.0.0.1' > /etc/resolv.conf
echo '127.0.0.1 localhost eu.api.ovh.com dns.eu.ovhapis.com www.ovh.com' > /etc/hosts
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
lab_pids=$!
lab serve --empty --calls-a-minute 1000 --dir "$work/account" --https 127.0.0.1:443 --dns 127.0.0.1:53 \
	--further-dns 127.0.0.2:53 --control "$account" --certificate-name eu.api.ovh.com \
	--certificate-name dns.eu.ovhapis.com --certificate-name www.ovh.com > "$work/ready-account" &
lab_pids="$lab_pids $!"
tries=0
until [ -s "$work/ready" ] && [ -s "$work/ready-account" ]; do
	tries=$((tries + 1))
	[ "$tries" -le 100 ] || {
		echo "the lab does not start" >&2
		exit 1
	}
	sleep 0.1
done

# As the package ca-bundle would have it.
rm -f /etc/ssl/certs/ca-certificates.crt
cp "$work/account/ca.pem" /etc/ssl/certs/ca-certificates.crt

cd "$root"
ACCOUNT=$account CONTROL=$control LAB=$work/lab RPCD=$work/rpcd/dynhost node tests/luci/test.js
