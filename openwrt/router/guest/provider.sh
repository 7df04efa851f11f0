# The provider: the lab in its own namespace, and what it saw.

LAB=/tmp/lab

# provider_start HOME [OFFICE [HOME6]]: the addresses the records start with.
provider_start() {
	mkdir -p $LAB
	: >> $LAB/requests.log
	provider lab serve --dir $LAB --https "$PROVIDER_ADDRESS:443" --dns "$PROVIDER_ADDRESS:53" \
		--control "$PROVIDER_ADDRESS:8053" --name provider.lab \
		--identifier example.com-home:secret:home --record "home.example.com=$1" \
		--identifier example.com-office:word:office --record "office.example.com=${2:-$1}" \
		${3:+--record "home.example.com=$3"} \
		> /tmp/log/lab 2>&1 &
	echo $! > /tmp/lab.pid
	within 30 record_is home.example.com "$1" || cat /tmp/log/lab
	# The provider's authority is the last of a router's 140: all of them are read for each pass.
	cat /etc/ssl/certs/ca-certificates.crt $LAB/ca.pem > /tmp/authorities.pem
}

# provider_refuse: connections are refused, DNS still answers; provider_accept ends it.
provider_refuse() {
	provider lab close --control "$PROVIDER_ADDRESS:8053"
}

provider_accept() {
	provider lab open --control "$PROVIDER_ADDRESS:8053"
}

# record_is NAME ADDRESS: as anybody sees it who asks the provider's name server.
record_is() {
	case "$2" in
	*:*) family=AAAA ;;
	*) family=A ;;
	esac
	[ -s $LAB/ca.pem ] && provider lab ask --dns "$PROVIDER_ADDRESS:53" "$1" $family 2> /dev/null |
		grep -q "^$2 "
}

# sent [PATTERN]: how many requests came in, of PATTERN.
sent() {
	grep -c "${1:-.}" $LAB/requests.log
}

# answered PATTERN: a request of PATTERN was answered well.
answered() {
	grep "$1" $LAB/requests.log | tail -n 1 | grep -qE '(good|nochg)'
}

# update_of LOGIN ADDRESS: the pattern of such a request.
update_of() {
	echo "$1.*[?&]myip=$2[^0-9]"
}

# wall_offset: wall clock minus uptime, in milliseconds; it changes when the clock is set.
wall_offset() {
	# shellcheck disable=SC2046 # two numbers
	set -- $(adjtimex | sed -n 's/.*tv_sec: *//p; s/.*tv_usec: *//p')
	clock
	echo $(($1 * 1000 + $2 / 1000 - clock))
}

# since_up PATTERN: milliseconds from the last ip-up to the first request of PATTERN.
since_up() {
	up=$(tail -n 1 /tmp/wan.up)
	grep "$1" $LAB/requests.log | head -n 1 | awk -v offset="$(wall_offset)" -v up="${up% *}" \
		'{ printf "%d", $1 * 1000 - offset - up }'
}
