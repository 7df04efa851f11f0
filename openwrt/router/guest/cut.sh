# A boot of the power-cut series: what flash holds is told before the agent starts, then the
# line comes up and changes address until the plug is pulled. The state lies on flash.
# Options: pool (first address), home and office (what the provider has), rounds
# (changes of address after the names are right), seed (makes those addresses new), state (ram or
# flash), cut (the plug goes so many microseconds after the names are right).

. /test/day.sh

state_dir=/var/run/dynhost
[ "$option_state" = ram ] || state_dir=/etc/dynhost
say state "$(tr -d '\n' < "$state_dir/state.json" 2> /dev/null)"
files() {
	[ ! -d "$state_dir" ] || (cd "$state_dir/" && find . -type f | sed 's|^\./||' | tr '\n' ' ')
}
say files "$(files)"
world_start "$option_pool"
mkdir -p "$LAB"
# What was asked must outlive the cut: the second serial line is a file of the host's.
ln -s /dev/ttyS1 "$LAB/requests.log"
provider_start "$option_home" "$option_office"
configure
/etc/init.d/dynhost enable
/etc/init.d/dynhost boot
wan_start
within 30 on_line none
say up "$address"
right() {
	record_is home.example.com "$address" && record_is office.example.com "$address"
}
expect "the names follow to $address" within 60 right && say current "$address"
[ "$option_rounds" -gt 0 ] || sleep 5
[ -z "${option_cut-}" ] || (usleep "$option_cut" && say cut) &
round=0
while [ $round -lt "$option_rounds" ]; do
	round=$((round + 1))
	address=81.2.71.$((option_seed * 8 + round))
	swap_address "$address"
	say up "$address"
	ACTION=ifupdate INTERFACE=wan DEVICE=pppoe-wan IFUPDATE_ADDRESSES=1 hotplug-call iface
	usleep 2500000
done
/etc/init.d/dynhost stop
say left "$(files)"
