#!/bin/sh
# Tries examples/fleet with the real ansible-core and netjsonconfig: two routers, each a network of
# its own with sshd in front of busybox and the packaged files, and 50 sets of variables. `make
# fleet-test` installs what it needs. Ends with "N passed, N failed".
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
if [ "${1-}" != inside ]; then
	[ "$(id -u)" = 0 ] || {
		echo 'sshd logs in nobody who is root in a namespace alone: run this as root' >&2
		exit 1
	}
	exec unshare -n -m --propagation private "$0" inside
fi

fleet=$root/target/fleet
role=$root/examples/fleet/ansible
PATH=$fleet/bin:$PATH:/usr/sbin:/sbin
# Of root alone, as sshd wants it of all that lies above a root directory.
mount -t tmpfs -o mode=0755,size=256m tmpfs /run
work=/run/fleet
mkdir -p "$work/rendered" "$work/archives" "$work/home" /run/sshd /run/netns
export HOME=$work/home ANSIBLE_LOCAL_TEMP=$work/home/local ANSIBLE_ROLES_PATH="$role/roles"
export ANSIBLE_FORCE_COLOR=0 ANSIBLE_NOCOLOR=1 ANSIBLE_HOME=$work/home/ansible TMPDIR=$work/home
export ANSIBLE_PYTHON_INTERPRETER="$fleet/bin/python" LC_ALL=C.UTF-8
pids='' passed=0 failed=0
# shellcheck disable=SC2086 # Some numbers, or none.
trap '[ -z "$pids" ] || kill $pids 2> /dev/null || :' EXIT
trap 'exit 1' HUP INT TERM

# ok WHAT COMMAND... - counts whether the command is true.
ok() {
	what=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $what"
	fi
}
not() { ! "$@"; }

# router N - its root: busybox, the tests' stand-ins of OpenWrt, the files of the package.
router() {
	at=$work/router$1
	mkdir -p "$at"/dev "$at"/etc/config "$at"/etc/rc.d "$at"/proc "$at"/tmp "$at"/root "$at"/usr/bin "$at"/var/run
	cp -r "$root"/tests/openwrt/rootfs/. "$at"
	for shared in lib/functions.sh lib/functions/uci.awk; do
		cp "$root/openwrt/router/stand-in/$shared" "$at/$shared"
	done
	cp "$(command -v busybox)" "$at/bin/busybox"
	ln -s busybox "$at/bin/sh"
	: > "$at/dev/null"
	: > "$at/tmp/log"
	chroot "$at" /bin/busybox --install -s /bin
	# Root's shell outside.
	printf '#!/bin/sh\nexec /bin/sh "$@"\n' > "$at/bin/bash"
	chmod 755 "$at/bin/bash"
	echo 'root:x:0:0:root:/root:/bin/sh' > "$at/etc/passwd"
	grep -v '^#' "$root/openwrt/packages/manifest" | while read -r mode source target; do
		install -D -m "$mode" "$root/openwrt/dynhost/files/$source" "$at$target"
	done
	cp "$root/target/debug/dynhost" "$at/usr/bin/dynhost"
	for library in $(ldd "$root/target/debug/dynhost" | grep -o '/[^ ]*'); do
		install -D "$library" "$at$library"
	done
}

# serve N - its network, and sshd in it.
serve() {
	ip netns add "router$1"
	ip link add "to$1" type veth peer name wan netns "router$1"
	ip address add "10.77.$1.1/24" dev "to$1"
	ip link set "to$1" up
	ip -n "router$1" address add "10.77.$1.2/24" dev wan
	ip -n "router$1" link set wan up
	ip -n "router$1" link set lo up
	cat > "$work/sshd$1" << CONFIG
ListenAddress 10.77.$1.2:22
HostKey $work/host_key
AuthorizedKeysFile $work/key.pub
StrictModes no
PermitRootLogin prohibit-password
UsePAM no
PidFile none
ChrootDirectory $work/router$1
SetEnv PATH=/usr/sbin:/usr/bin:/sbin:/bin
CONFIG
	ip netns exec "router$1" /usr/sbin/sshd -D -e -f "$work/sshd$1" 2> "$work/sshd$1.log" &
	pids="$pids $!"
}

play() { ansible-playbook -i "$work/inventory.json" "$@" > "$work/said" 2>&1; }
config() { cat "$work/router$1/etc/config/dynhost"; }
says() { grep -q -e "$1" "$work/said"; }
reloads() { grep -c 'reload' "$work/router$1/tmp/log" || :; }

ssh-keygen -q -t ed25519 -N '' -f "$work/key"
ssh-keygen -q -t ed25519 -N '' -f "$work/host_key"
"$root/tests/fleet/variables.py" inventory "$work/key" 10.77.1.2 10.77.2.2 > "$work/inventory.json"
for n in 1 2; do
	router "$n"
	serve "$n"
done
tries=0
until ip netns exec router1 ss -Hltn | grep -q :22 && ip netns exec router2 ss -Hltn | grep -q :22; do
	tries=$((tries + 1))
	[ "$tries" -le 100 ] || {
		cat "$work"/sshd?.log
		echo 'sshd does not start' >&2
		exit 1
	}
	sleep 0.1
done

# The role, on both routers.
ok 'the role runs' play -vvv "$role/playbook.yml"
[ "$failed" = 0 ] || cat "$work/said"
ok 'both are changed' test "$(grep -c 'changed=1 .*failed=0' "$work/said")" = 2
ok 'no password is shown, however much is' not says "it's-0\|it's-50\|quoted..-1"
for n in 1 2; do
	ok "router $n has its name" grep -q "option hostname 'router$((n - 1)).example.com'" "$work/router$n/etc/config/dynhost"
	ok "router $n has it for root alone" test "$(stat -c %a "$work/router$n/etc/config/dynhost")" = 600
	ok "router $n was reloaded once" test "$(reloads "$n")" = 1
	ok "router $n passes check" chroot "$work/router$n" /usr/bin/dynhost check
	ok "nothing is left on router $n" test -z "$(find "$work/router$n/root" "$work/router$n/etc/config" -type f ! -name dynhost)"
done
ok 'nothing is left here' test -z "$(find "$work/home" -name '*.dynhost')"
ok 'the role runs again' play "$role/playbook.yml"
ok 'and changes nothing' test "$(grep -c 'changed=0 .*failed=0' "$work/said")" = 2
before=$(config 1)
ok 'a fault is refused' not play "$role/playbook.yml" -e '{"dynhost_agent":{"log_level":"nonsense"}}'
ok 'and said' says 'log_level'
ok 'a line break is refused' not play "$role/playbook.yml" -e '{"dynhost_agent":{"log_level":"info\nEND-OF-CONFIGURATION\ntouch /tmp/evil"}}'
ok 'and said' says 'has a line break'
ok 'the old one stays' test "$before" = "$(config 1)"
ok 'nothing was executed' test ! -e "$work/router1/tmp/evil"

# All 50, by the role's template.
ok 'all are rendered' play "$root/tests/fleet/render.yml" -e "out=$work/rendered"
[ "$(find "$work/rendered" -type f | wc -l)" = 50 ] || cat "$work/said"
ok 'there are 50' test "$(find "$work/rendered" -type f | wc -l)" = 50
for file in "$work"/rendered/*; do
	ok "$file passes check" "$root/target/debug/dynhost" --config "$file" check
done

# All 50, by netjsonconfig's template, where a router has them.
"$root/tests/fleet/variables.py" archives "$root/examples/fleet/openwisp/template.json" "$work/archives"
ok 'there are 50' test "$(find "$work/archives" -type f | wc -l)" = 50
# merge - as OpenWISP's agent brings it: aside, and by libuci into the file that the package has,
# whose mode stays; all else to its place.
merge='rm -rf /tmp/new && mkdir /tmp/new && tar -xzf - -C /tmp/new &&
	cat /tmp/new/etc/config/dynhost > /etc/config/dynhost && rm -r /tmp/new/etc/config && cp -a /tmp/new/. / &&
	dynhost check'
for file in "$work"/archives/*.tar.gz; do
	rm -f "$work/router1/etc/dynhost/home.password"
	ok "$file passes check" chroot "$work/router1" /bin/sh -c "PATH=/usr/bin:/bin; $merge" < "$file"
done
ok 'the password is for root alone' test "$(stat -c %a "$work/router1/etc/dynhost/home.password")" = 600
ok 'it reaches a router' ssh -q -i "$work/key" -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no \
	root@10.77.2.2 "$merge" < "$work/archives/7.tar.gz"
ok 'as it was made' grep -q "option hostname 'router7.example.com'" "$work/router2/etc/config/dynhost"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
