#!/bin/sh
# The feed's CI calls this in a root file system of the target: package name, version.

case "$1" in
dynhost | dynhost-full)
	dynhost --version | grep -F "$2" || exit 1
	dynhost --no-such-flag
	[ $? -eq 64 ]
	;;
esac
