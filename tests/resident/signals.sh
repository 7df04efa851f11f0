#!/bin/sh
# Leaves beside itself what it has blocked and ignores; says an address.
# By itself: while a shell waits for another program it blocks signals.
while read -r name set; do
	case $name in SigBlk: | SigIgn:) echo "$name $set" ;; esac
done < /proc/self/status > "${0%/*}/signals"
echo 81.2.69.10
