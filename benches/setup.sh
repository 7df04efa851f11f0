#!/bin/sh
# Installs what the figures are taken with, or names it. No service is started: policy-rc.d says
# no while apt runs, and goes away again if it was not there before.
# usage: benches/setup.sh PROGRAM:PACKAGE...
set -eu

missing=
for tool; do
	PATH=$PATH:/usr/sbin:/sbin command -v "${tool%%:*}" > /dev/null || missing="$missing ${tool#*:}"
done
# ddclient speaks TLS only with this module, which it recommends.
if ! perl -MIO::Socket::SSL -e 1 2> /dev/null; then
	missing="$missing libio-socket-ssl-perl"
fi
[ -e /etc/ssl/certs/ca-certificates.crt ] || missing="$missing ca-certificates"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
	echo "missing, run as root: apt-get install$missing" >&2
	exit 1
fi

policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	trap 'rm -f "$policy"' EXIT
	printf '#!/bin/sh\nexit 101\n' > "$policy"
	chmod 755 "$policy"
fi
apt-get -o DPkg::Lock::Timeout=600 -qq update
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -qq install -y \
	--no-install-recommends $missing > /dev/null
