# One long day of a router, in virtual time: what happens to a line, in order.
NOON=1795521600

. /test/day.sh

world_start
provider_start 81.2.69.1
configure
/etc/init.d/dynhost enable
/etc/init.d/dynhost boot
first_boot
reconnects 10
lost_ifdown
address_change
provider_down
wrong_line_password
wrong_provider_password
bad_configuration
faulty_reload
stopped
flapping 50
silent_change
idle
survived
