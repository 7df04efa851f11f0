# The emulated router; included by the Makefile of the project.

ROUTER_WORK ?= target/router
ROUTER_DIST ?= target/dist/mipsel-unknown-linux-musl

.PHONY: router-test router-lint

## router-test: our mipsel binary and scripts on an emulated 24Kc with 64 MB and a real PPPoE line
router-test:
	openwrt/router/fetch $(ROUTER_WORK)
	openwrt/router/run.py $(ROUTER_WORK) $(ROUTER_DIST)/dynhost $(ROUTER_DIST)/lab $(ROUTER_SCENARIOS)
