# The emulated router; included by the Makefile of the project.

ROUTER_WORK ?= target/router
ROUTER_DIST ?= target/dist/mipsel-unknown-linux-musl
ROUTER_SCRIPTS = openwrt/router/fetch openwrt/router/guest/init openwrt/router/guest/main \
	openwrt/router/guest/*.sh openwrt/router/stand-in/etc/rc.common \
	openwrt/router/stand-in/lib/*.sh openwrt/router/stand-in/lib/*/*.sh \
	openwrt/router/stand-in/lib/netifd/ppp-* openwrt/router/stand-in/sbin/*

.PHONY: router-test router-lint

## router-test: our mipsel binary and scripts on an emulated 24Kc with 64 MB and a real PPPoE line
router-test:
	openwrt/router/fetch $(ROUTER_WORK)
	openwrt/router/run.py $(ROUTER_WORK) $(ROUTER_DIST)/dynhost $(ROUTER_DIST)/lab $(ROUTER_SCENARIOS)

router-lint:
	shellcheck $(ROUTER_SCRIPTS)
	shfmt -d -sr -s $(ROUTER_SCRIPTS)
