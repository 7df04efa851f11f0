#!/bin/sh
# Shows the main job against the lab, a provider of our own on this machine; `make demo` builds
# both and runs this. Every line after a $ is run as it stands, what follows is its real output, and
# what the comments claim is asserted: the script reaches its end only if all of it is true.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
PATH=$root/target/debug:$root/target/debug/examples:$PATH:/usr/sbin:/sbin

fail() {
	printf 'demo: %s\n' "$*" >&2
	exit 1
}

need() {
	command -v "$1" > /dev/null && return
	[ "$(id -u)" != 0 ] || apt-get -o DPkg::Lock::Timeout=300 install -qq -y --no-install-recommends "$2" > /dev/null 2>&1 || :
	command -v "$1" > /dev/null || fail "$1 is missing, run as root: apt-get install $2"
}

# A network of its own, which ends with this script. Nothing leaves it; and mounts of its own, so that
# names are looked up there.
if [ "${1-}" != inside ]; then
	need ip iproute2
	need unshare util-linux
	if unshare -rnm true 2> /dev/null; then
		exec unshare -rnm "$0" inside
	elif [ "$(id -u)" = 0 ]; then
		exec unshare -nm "$0" inside
	fi
	fail "unshare -rnm is not allowed here (user namespaces are switched off), run this as root"
fi

work=$(mktemp -d /tmp/dynhost-demo.XXXXXX)
lab_pid=''
# The lab is named by the id that this script started it with.
trap '[ -z "$lab_pid" ] || kill "$lab_pid" 2> /dev/null || :; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"
# The control port is the lab's own, of no interest to the reader.
control=127.0.0.1:8600

say() {
	printf '\n# %s\n' "$*"
}

# run EXIT_CODE WORD... - shows the command and what it prints, and keeps that in $shown.
run() {
	expected=$1
	shift
	printf '$ %s\n' "$*"
	code=0
	"$@" > shown 2>&1 || code=$?
	cat shown
	shown=$(cat shown)
	[ "$code" = 0 ] || printf '[exit code %s]\n' "$code"
	[ "$code" = "$expected" ] || fail "expected exit code $expected"
}

# expect TEXT... - the last command has printed each of them.
expect() {
	for text; do
		case "$shown" in
		*"$text"*) ;;
		*) fail "expected '$text'" ;;
		esac
	done
}

# requests N - that many have arrived at the provider since the start.
requests() {
	run 0 grep -c '/nic/update' lab/requests.log
	[ "$shown" = "$1" ] || fail "expected $1 requests"
}

dns_says() {
	run 0 lab ask --dns 127.0.0.1:53 home.example.com A
	expect "$1 60"
}

new_address() {
	run 0 ip address flush dev wan0
	run 0 ip address add "$1" dev wan0
	run 0 ip route add default dev wan0
}

ip link set lo up
ip link add wan0 type veth peer name isp0
ip link set isp0 up
ip link set wan0 up
ip address add 81.2.69.10/24 dev wan0
ip route add default dev wan0
echo 'nameserver 127.0.0.1' > resolv.conf
mount --bind resolv.conf /etc/resolv.conf
mkdir lab
lab serve --dir lab --https 127.0.0.1:8443 --dns 127.0.0.1:53 --further-dns 127.0.0.2:53 --empty \
	--control "$control" > lab/ready &
lab_pid=$!
tries=0
until [ -s lab/ready ]; do
	tries=$((tries + 1))
	[ "$tries" -le 100 ] || fail "the lab does not start"
	sleep 0.1
done

cat > ovh.conf << CONF
[default]
endpoint=https://127.0.0.1:8443/1.0
[https://127.0.0.1:8443/1.0]
application_key=lab-application
application_secret=lab-application-secret
CONF
cat > dynhost.conf << CONF
config provider 'lab'
	option url 'https://127.0.0.1:8443/nic/update?system=dyndns&hostname={hostname}&myip={address}'
	option ca_file '$work/lab/ca.pem'

config host 'home'
	option hostname 'home.example.com'
	option provider 'lab'
CONF
chmod 600 dynhost.conf ovh.conf
# Stands for /etc/dynhost.conf and /var/run/dynhost, which are left alone.
run 0 export STATE_DIRECTORY="$work/state"

say "An account with the zone example.com and nothing in it, and an application key for its API."
run 0 export SSL_CERT_FILE="$work/lab/ca.pem"
run 0 cat ovh.conf
run 1 lab ask --dns 127.0.0.1:53 home.example.com A
expect "no address"

say "Get a consumer key: the user opens the link and grants the rights (here the lab does)."
printf '$ dynhost ovh authorize --zone example.com --file ovh.conf\n'
dynhost ovh authorize --zone example.com --file ovh.conf > authorized 2>&1 &
authorizing=$!
tries=0
until grep -qs credentialToken authorized; do
	tries=$((tries + 1))
	[ "$tries" -le 100 ] || fail "no link: $(cat authorized)"
	sleep 0.1
done
lab credential last validated --control "$control"
wait "$authorizing" || fail "$(cat authorized)"
cat authorized

say "A configuration without login and password. Without the provider section, it is OVHcloud's."
run 0 cat dynhost.conf

say "From nothing to a working name."
run 0 dynhost --config dynhost.conf ovh setup --zone example.com --subdomain home
expect "create the identifier with suffix home" "create the DynHost record for 81.2.69.10" \
	"home.example.com points at 81.2.69.10, say ns1.provider.lab and ns2.provider.lab"
dns_says 81.2.69.10
run 0 dynhost --config dynhost.conf check
expect "no fault in 1 host(s)"
cp dynhost.conf right.conf

say "A second setup changes nothing: it only asks."
cp lab/requests.log before.log
run 0 dynhost --config dynhost.conf ovh setup --zone example.com --subdomain home
expect "keep the identifier example.com-home" "keep the DynHost record that points at 81.2.69.10"
cmp -s dynhost.conf right.conf || fail "the configuration was changed"
! diff before.log lab/requests.log | grep -E '	(POST|PUT|DELETE)	|nic/update' ||
	fail "a second setup changed something"

say "One pass sends nothing: the provider has seen one request, that of the setup."
run 0 dynhost --config dynhost.conf update
expect "unchanged	81.2.69.10" "nothing was sent"
requests 1

say "The uplink reconnects with another address."
new_address 81.2.69.20/24
run 0 dynhost --config dynhost.conf update
expect "IP changed from 81.2.69.10 to 81.2.69.20"
dns_says 81.2.69.20

say "A wrong password: the update is rejected, the record is held, and the exit code says so."
sed "s/option password .*/option password 'typo'/" right.conf > typo.conf
run 0 cp typo.conf dynhost.conf
run 77 dynhost --config dynhost.conf update
expect "held	81.2.69.20" "badauth"
run 0 dynhost --config dynhost.conf status
expect "  held" "compare username, password"
say "While it is held, nothing more is sent: still three requests."
run 77 dynhost --config dynhost.conf update
requests 3
say "Correcting the configuration ends the hold."
run 0 cp right.conf dynhost.conf
run 0 dynhost --config dynhost.conf update
expect "	81.2.69.20	"

say "Somebody deletes the DynHost record in the customer area, and the address changes."
lab fault word nohost --times 1 --control "$control"
new_address 81.2.69.30/24
run 77 dynhost --config dynhost.conf update
expect "held	81.2.69.30" "nohost"
say "The doctor looks at everything in between, and names what stands in the way; it sends nothing."
run 77 dynhost --config dynhost.conf doctor
expect "ok     interface      home: ipv4 the address is 81.2.69.30 on wan0" \
	"fault  state          home: ipv4 81.2.69.20 was stored: nohost"
say "The record is created again. This machine cannot see that, so the user tells it."
run 0 dynhost --config dynhost.conf resume home
run 0 dynhost --config dynhost.conf update
expect "updated	81.2.69.30"
dns_says 81.2.69.30
run 0 dynhost --config dynhost.conf status
expect "ipv4  current"

say "The other server that holds the zone has it, too."
run 0 lab ask --dns 127.0.0.2:53 home.example.com A
expect "81.2.69.30 60"

printf '\nhome.example.com points at 81.2.69.30, the address of this uplink; every step did what it should.\n'
