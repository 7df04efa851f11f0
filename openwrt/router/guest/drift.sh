# Whether the DNS has it: three quarters of an hour, in which hardly anything happens.
NOON=1795521600

. /test/day.sh

world_start
provider_start 81.2.69.1
resident=1
configure
/etc/init.d/dynhost enable
/etc/init.d/dynhost boot
wan_start
within 30 on_line none
ntp_step "$NOON"
drifted
