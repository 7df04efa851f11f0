# OpenWrt packages and their checks; included by the Makefile of the project.

OPENWRT_TARGETS ?= cross/targets
OPENWRT_DIST ?= target/dist
OPENWRT_OUT ?= target/dist/openwrt
# Where the feed's keys lie, never in the repository, and where the feed will be.
FEED_KEYS ?= $(HOME)/.config/dynhost-feed
FEED_URL ?=
OPENWRT_SCRIPTS = openwrt/source.sh openwrt/feed.sh openwrt/packages/build.sh openwrt/packages/ipk/* openwrt/packages/apk/* \
	openwrt/dynhost/test.sh openwrt/dynhost/files/dynhost.init \
	openwrt/dynhost/files/dynhost.defaults openwrt/dynhost/files/dynhost.poke \
	openwrt/dynhost/files/hotplug.d/*/95-dynhost
DYNHOST_VERSION = $(shell sed -n 's/^version = "\(.*\)"$$/\1/p' Cargo.toml | head -n 1)

# Debian packages: installed as root, named otherwise.
openwrt_need = @missing=; for tool in $(1); do \
	command -v $${tool%%:*} > /dev/null || missing="$$missing $${tool\#\#*:}"; done; \
	[ -z "$$missing" ] || if [ "$$(id -u)" = 0 ]; then \
	apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $$missing; else \
	echo "missing: run as root: apt-get install$$missing" >&2; exit 1; fi

.PHONY: packages source feed feed-key openwrt-tools openwrt-lint

## packages: .ipk and .apk for every OpenWrt architecture, from the binaries of `make cross`
packages:
	$(call openwrt_need,tar:tar gzip:gzip libdeflate-gzip:libdeflate-tools python3:python3)
	openwrt/packages/build.sh $(OPENWRT_TARGETS) $(OPENWRT_DIST) $(OPENWRT_OUT)

## source: the archive that the feed's Makefile builds from
source:
	mkdir -p $(OPENWRT_DIST)
	openwrt/source.sh $(OPENWRT_DIST)/dynhost-$(DYNHOST_VERSION).tar.gz
	sha256sum $(OPENWRT_DIST)/dynhost-$(DYNHOST_VERSION).tar.gz

## feed-key: the keys of a feed, into FEED_KEYS
feed-key:
	$(call openwrt_need,signify-openbsd:signify-openbsd openssl:openssl)
	openwrt/feed.sh key '$(FEED_KEYS)'

## feed: what `make packages` made, as a signed feed for a web server at FEED_URL
feed:
	$(call openwrt_need,signify-openbsd:signify-openbsd)
	openwrt/feed.sh feed $(OPENWRT_OUT) '$(FEED_KEYS)' $(OPENWRT_DIST)/feed '$(FEED_URL)'

# What tests/openwrt.rs runs its routers with.
openwrt-tools:
	$(call openwrt_need,signify-openbsd:signify-openbsd openssl:openssl python3:python3 busybox:busybox-static unshare:util-linux tar:tar gzip:gzip libdeflate-gzip:libdeflate-tools)

## openwrt-lint: the shell of the router, as the feed's own checks want it
openwrt-lint:
	$(call openwrt_need,shellcheck:shellcheck shfmt:shfmt busybox:busybox-static)
	shellcheck $(OPENWRT_SCRIPTS)
	shfmt -d -sr -s $(OPENWRT_SCRIPTS)
	for script in $(OPENWRT_SCRIPTS); do busybox ash -n $$script || exit 1; done
