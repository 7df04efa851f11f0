# The emulated router; included by the Makefile of the project.

ROUTER_WORK ?= target/router
ROUTER_DIST ?= target/dist/$(ROUTER_TRIPLE)
ROUTER_SCRIPTS = openwrt/router/fetch openwrt/router/guest/init openwrt/router/guest/main \
	openwrt/router/guest/*.sh openwrt/router/stand-in/etc/rc.common \
	openwrt/router/stand-in/lib/*.sh openwrt/router/stand-in/lib/*/*.sh \
	openwrt/router/stand-in/lib/netifd/ppp-* openwrt/router/stand-in/sbin/*

ROUTER_TRIPLE = mipsel-unknown-linux-musl
ROUTER_SOURCES = Cargo.toml Cargo.lock cross/build.sh cross/cargo.toml \
	$(shell find src -name '*.rs')
ROUTER_LAB_SOURCES = $(ROUTER_SOURCES) $(shell find examples tests/support -name '*.rs')

.PHONY: router-test router-lint

## router-test: our mipsel binary and scripts on an emulated 24Kc with 64 MB and a real PPPoE line
router-test: $(ROUTER_DIST)/dynhost $(ROUTER_DIST)/lab
	openwrt/router/fetch $(ROUTER_WORK)
	openwrt/router/run.py $(ROUTER_WORK) $(ROUTER_DIST)/dynhost $(ROUTER_DIST)/lab $(ROUTER_SCENARIOS)

$(ROUTER_DIST)/dynhost: $(ROUTER_SOURCES)
	cross/build.sh $(ROUTER_TRIPLE)

$(ROUTER_DIST)/lab: $(ROUTER_LAB_SOURCES)
	cross/build.sh --example lab $(ROUTER_TRIPLE)

# The files below guest/ and stand-in/ that are sourced have no first line that says what they are.
router-lint:
	$(call openwrt_need,shellcheck:shellcheck shfmt:shfmt busybox:busybox-static)
	shellcheck $(ROUTER_SCRIPTS)
	shfmt -d -sr -s $(ROUTER_SCRIPTS)
	for script in $(ROUTER_SCRIPTS); do busybox ash -n $$script || exit 1; done
