#!/bin/bash
# What the agent that stays costs and how fast it is, in numbers: against the lab, in a network of
# its own. Takes about ten minutes; DYNHOST_BIN names the program, else the release build is taken.
#
#   benches/resident.sh [latency|idle|storm|kills|busy]...
set -euo pipefail

root=$(cd -- "$(dirname -- "$0")/.." && pwd)
bin=${DYNHOST_BIN:-$root/target/release/dynhost}
lab=${DYNHOST_LAB:-$root/target/debug/examples/lab}
seed=${DYNHOST_SEED:-$(date +%s)}

fail() {
	printf 'figures: %s\n' "$*" >&2
	exit 1
}

if [ "${INSIDE-}" != 1 ]; then
	[ -x "$bin" ] || fail "no $bin: cargo build --release"
	[ -x "$lab" ] || fail "no $lab: cargo build --example lab"
	export INSIDE=1
	if unshare -rn true 2> /dev/null; then
		exec unshare -rn "$0" "$@"
	fi
	exec unshare -n "$0" "$@"
fi

work=$(mktemp -d /tmp/dynhost-figures.XXXXXX)
lab_pid=''
runner=''
trap '[ -z "$runner" ] || kill "$runner" 2> /dev/null || :
	[ -z "$lab_pid" ] || kill "$lab_pid" 2> /dev/null || :; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"

ip link set lo up
ip link add wan0 type veth peer name isp0
for device in isp0 wan0; do
	ip link set "$device" addrgenmode none
	ip link set "$device" up
done
address=81.2.69.10
ip address add "$address/32" dev wan0
ip route add default dev wan0
mkdir lab
"$lab" serve --dir lab --https 127.0.0.1:8443 --dns 127.0.0.1:8053 > lab/ready &
lab_pid=$!
until [ -s lab/ready ]; do sleep 0.05; done
log=lab/requests.log

cat > dynhost.conf << CONF
config provider 'lab'
	option url 'https://127.0.0.1:8443/nic/update?system=dyndns&hostname={hostname}&myip={address}'
	option ca_file '$work/lab/ca.pem'

config host 'home'
	option hostname 'home.example.com'
	option username 'example.com-home'
	option password 'secret'
	option provider 'lab'
CONF
chmod 600 dynhost.conf

now_ms() {
	local now=${EPOCHREALTIME/[.,]/}
	echo $((now / 1000))
}

requests() {
	wc -l < "$log"
}

# start - a runner that remembers nothing; again - one that goes on where the last one ended.
start() {
	rm -rf state
	again
}

again() {
	"$bin" --config dynhost.conf --state-dir state run 2>> runner.log &
	runner=$!
}

stop() {
	kill "$1" "$runner"
	wait "$runner" 2> /dev/null || :
	runner=''
}

# published - whether the state says that the line's address is published and current.
published() {
	[ -f state/state.json ] || return 1
	local state
	state=$(< state/state.json)
	case $state in
	*'"state":"current"'*'"published":{"address":"'"$address"'"'*) return 0 ;;
	esac
	return 1
}

# wait_until SECONDS COMMAND...
wait_until() {
	local deadline=$(($(now_ms) + $1 * 1000))
	shift
	until "$@"; do
		[ "$(now_ms)" -lt "$deadline" ] || fail "not in time: $* ($address): $(cat state/state.json)"
		sleep 0.02
	done
}

more_requests_than() {
	[ "$(requests)" -gt "$1" ]
}

# move N - the nth address in place of the one before, by one process.
move() {
	local next=81.$((3 + $1 / 62500)).$(($1 / 250 % 250)).$((1 + $1 % 250))
	ip -batch - << BATCH
address replace $next/32 dev wan0
address delete $address/32 dev wan0
BATCH
	address=$next
}

field() {
	awk -v name="$2" '$1 == name { print $2 }' "/proc/$runner/$1"
}

memory() {
	printf '%s KiB resident, %s KiB proportional' "$(field smaps_rollup Rss:)" \
		"$(field smaps_rollup Pss:)"
}

# Time from before `ip` starts to the request's arrival at the lab, 50 times. Five changes for
# each state directory stay within the flap limit.
latency() {
	local n=0 before sent
	: > latencies
	for _ in {1..10}; do
		start
		wait_until 20 published
		for _ in {1..5}; do
			n=$((n + 1))
			sent=$(requests)
			sleep 0.5
			before=$(now_ms)
			move "$n"
			wait_until 20 more_requests_than "$sent"
			tail -n 1 "$log" | awk -v before="$before" '{ printf "%d\n", $1 * 1000 - before }' >> latencies
			wait_until 20 published
		done
		stop -TERM
	done
	sort -n latencies | awk '{ all[NR] = $1 } END { printf \
		"address change to request: median %d ms, 90th %d ms, worst %d ms of %d\n",
		all[int((NR + 1) / 2)], all[int(NR * 0.9)], all[NR], NR }'
}

idle() {
	local before
	start
	wait_until 20 published
	sleep 1
	printf 'after the first update: %s\n' "$(memory)"
	before=$(field status voluntary_ctxt_switches:)
	sleep 60
	printf 'idle for 60 s: %d voluntary context switches, %s\n' \
		$(($(field status voluntary_ctxt_switches:) - before)) "$(memory)"
	stop -TERM
}

storm() {
	local before sent n began
	move 10000
	start
	wait_until 20 published
	sent=$(requests)
	before=$(memory)
	began=$(now_ms)
	for n in {10001..11000}; do
		move "$n"
		while [ "$(now_ms)" -lt $((began + (n - 10000) * 60)) ]; do sleep 0.005; done
	done
	printf 'storm of 1000 changes in %d ms: %d requests; before %s; after %s; CPU %s ticks\n' \
		$(($(now_ms) - began)) $(($(requests) - sent + 1)) "$before" "$(memory)" \
		"$(awk '{ print $14 + $15 }' "/proc/$runner/stat")"
	sleep 1.5
	case $(< state/state.json) in
	*'"address":"'"$address"'"'*) printf 'the last address %s is the one that waits or is published: %s\n' "$address" "$(grep -o '"state":"[a-z-]*"' state/state.json)" ;;
	*) fail "the last address $address was lost: $(cat state/state.json)" ;;
	esac
	stop -TERM
}

# 200 times: kill -9 at a random moment around a change, go on, and see that the last address is
# published, nothing else than addresses of the line was sent, and nothing more than twice.
kills() {
	local round sent n=20000 twice=0
	RANDOM=$seed
	printf 'kills: DYNHOST_SEED=%s\n' "$seed"
	for round in {1..200}; do
		sent=$(requests)
		n=$((n + 1))
		move "$n"
		printf '%s\n' "$address" > had
		start
		sleep "0.$(printf '%03d' $((RANDOM % 400)))"
		n=$((n + 1))
		move "$n"
		printf '%s\n' "$address" >> had
		sleep "0.$(printf '%03d' $((RANDOM % 600)))"
		stop -KILL
		if [ $((RANDOM % 2)) = 0 ]; then
			n=$((n + 1))
			move "$n"
			printf '%s\n' "$address" >> had
		fi
		again
		wait_until 30 published
		stop -KILL
		tail -n +$((sent + 1)) "$log" | sed 's/.*myip=\([0-9.]*\).*/\1/' | sort > sent
		grep -vxFf had sent && fail "kill $round: sent what the line never had"
		uniq -c sent | awk '$1 > 2 { exit 1 }' || fail "kill $round: repeated more than once: $(cat sent)"
		twice=$((twice + $(uniq -d sent | wc -l)))
	done
	printf '200 kills: every last address published, nothing false, %d updates repeated once, none more\n' \
		"$twice"
}

# How long `update` waits for a runner that does not answer.
busy() {
	local began code=0
	start
	wait_until 20 published
	kill -STOP "$runner"
	began=$(now_ms)
	"$bin" --config dynhost.conf --state-dir state update > out 2>&1 || code=$?
	printf 'update with a runner that hangs: exit %d after %d ms: %s\n' "$code" \
		$(($(now_ms) - began)) "$(cat out)"
	kill -CONT "$runner"
	stop -TERM
}

[ $# -gt 0 ] || set -- latency idle storm busy kills
for figure; do "$figure"; done
