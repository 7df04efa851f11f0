#!/bin/sh
# Instructions of an update by the shape of the provider's certificates: real chains cost more than
# the two P-256 of the lab. Each is the leaf <- what signed it <- the authority in ca_file.
#
#   benches/chains.sh [DYNHOST]     prints a row a shape, with the ratio to the lab's
#
# The provider is `openssl s_server`, which takes the request and answers nothing of the protocol:
# what is counted ends with that. Counted by valgrind: two runs differ by less than is shown.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
bin=${1:-$root/target/release/dynhost}
fail() {
	echo "chains: $*" >&2
	exit 1
}
for program in openssl valgrind ip unshare; do
	command -v "$program" > /dev/null || fail "$program is missing"
done
[ -x "$bin" ] || fail "no $bin: cargo build --release"
if [ "${INSIDE-}" != 1 ]; then
	export INSIDE=1
	exec unshare -rn "$0" "$bin"
fi

work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2> /dev/null || :; rm -rf "$work"' EXIT
cd "$work"
ip link set lo up
ip link add wan0 type veth peer name isp0
ip link set isp0 up
ip link set wan0 up
ip address add 81.2.69.10/24 dev wan0
ip route add default dev wan0

# key NAME KIND - rsa:2048, rsa:4096, P-256 or P-384.
key() {
	case $2 in
	rsa:*) openssl genrsa -out "$1.key" "${2#rsa:}" 2> /dev/null ;;
	*) openssl ecparam -name "$(curve "$2")" -genkey -noout -out "$1.key" ;;
	esac
}

curve() {
	[ "$1" = P-384 ] && echo secp384r1 || echo prime256v1
}

# hash KIND - what authorities of this kind sign with.
hash() {
	[ "$1" = P-384 ] && echo sha384 || echo sha256
}

# signed NAME BY KIND_OF_BY EXTENSIONS
signed() {
	printf '%s\n' "$4" > "$1.ext"
	openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
	openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -set_serial 2 -days 30 \
		"-$(hash "$3")" -extfile "$1.ext" -out "$1.pem" 2> /dev/null
}

# chain LEAF [MIDDLE] AUTHORITY - kinds of keys.
chain() {
	for top; do :; done
	key authority "$top"
	openssl req -x509 -new -key authority.key -subj /CN=authority -days 30 "-$(hash "$top")" \
		-addext basicConstraints=critical,CA:TRUE -out authority.pem
	: > others.pem
	by=authority by_kind=$top
	if [ $# = 3 ]; then
		key middle "$2"
		signed middle authority "$top" basicConstraints=critical,CA:TRUE
		cp middle.pem others.pem
		by=middle by_kind=$2
	fi
	key leaf "$1"
	signed leaf "$by" "$by_kind" 'subjectAltName=IP:127.0.0.1'
}

# instructions - of one update against what `chain` made.
instructions() {
	set -- -accept 127.0.0.1:8443 -cert leaf.pem -key leaf.key -www -quiet
	[ ! -s others.pem ] || set -- "$@" -cert_chain others.pem
	openssl s_server "$@" > server.log 2>&1 &
	server=$!
	until openssl s_client -connect 127.0.0.1:8443 < /dev/null > /dev/null 2>&1; do
		kill -0 "$server" 2> /dev/null || fail "the server does not start: $(cat server.log)"
	done
	rm -rf state
	cat > dynhost.conf << CONF
config agent
	option state_dir '$work/state'

config provider 'lab'
	option url 'https://127.0.0.1:8443/nic/update?hostname={hostname}&myip={address}'
	option ca_file '$work/authority.pem'

config host 'home'
	option hostname 'home.example.com'
	option username 'login'
	option password 'secret'
	option provider 'lab'
CONF
	chmod 600 dynhost.conf
	valgrind --tool=callgrind --callgrind-out-file=counted --log-file=log \
		"$bin" update --config dynhost.conf > said 2>&1 || :
	kill "$server"
	wait "$server" 2> /dev/null || :
	server=
	# A chain that is not trusted would be cheap.
	grep -q '"code":"unknown"' state/state.json || fail "not what a foreign answer gives: $(cat said)"
	sed -n 's/^summary: //p; s/^totals: //p' counted | head -n 1
}

# row TITLE KIND... - the first row is what the others are compared with.
row() {
	title=$1
	shift
	chain "$@"
	count=$(instructions)
	[ -n "$count" ] || fail "$title: nothing was counted"
	first=${first:-$count}
	echo "$title $count $first" | awk -F '\t' '{ split($2, n, " ")
		printf "| %s | %.1f M | %.2f |\n", $1, n[1] / 1e6, n[1] / n[2] }'
}

first=
echo '| leaf <- signed by <- authority | instructions | ratio |'
echo '| --- | ---: | ---: |'
tab=$(printf '\t')
row "P-256 <- P-256 (the lab's)$tab" P-256 P-256
row "RSA-2048 <- RSA-2048 <- RSA-4096$tab" rsa:2048 rsa:2048 rsa:4096
row "P-256 <- P-256 <- P-256$tab" P-256 P-256 P-256
row "P-256 <- P-384 <- RSA-4096$tab" P-256 P-384 rsa:4096
row "P-384 <- P-384 <- P-384$tab" P-384 P-384 P-384
