# What can be done here; `make help` lists it. The parts of each folder are in its own .mk file.

CARGO ?= cargo
FUZZ_SECONDS ?= 60
NIGHTLY ?= nightly
# The address of the project, without a slash at its end. `make release-check` says where else it
# belongs: Cargo.toml and openwrt/dynhost/Makefile, which other tools read without make.
REPOSITORY ?=
# The oldest Rust that builds it.
MSRV = $(shell sed -n 's/^rust-version = "\(.*\)"$$/\1/p' Cargo.toml)

# What a shell runs, whatever its name: tracked files that begin with #! and the name of a shell.
SCRIPTS = $(shell git ls-files | xargs grep -lsE -m1 '^\#! ?(/usr)?/bin/(env )?(ba|da)?sh( |$$)')
MAN_PAGES = man/dynhost.8 man/dynhost.conf.5
# In a namespace where this user is root, unless it is root already: the tests make networks.
AS_ROOT = $(if $(filter 0,$(shell id -u)),,unshare -r)

# Installs as root what is missing, names it otherwise: $(call need,PROGRAM:PACKAGE ...)
need = @missing=; for tool in $(1); do \
	PATH=$$PATH:/usr/sbin command -v $${tool%%:*} > /dev/null || missing="$$missing $${tool\#\#*:}"; \
	done; [ -z "$$missing" ] || if [ "$$(id -u)" = 0 ]; then \
	apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $$missing; else \
	echo "missing, run as root: apt-get install$$missing" >&2; exit 1; fi

need_rust = @command -v $(CARGO) > /dev/null || { echo "missing: Rust 1.94 or later," \
	"by https://rustup.rs or as Debian's packages rustc-web and cargo-web" >&2; exit 1; }

# The units, with a program that is there and without the man pages, which are not installed yet.
lint_unit = mkdir -p target/lint && for unit in debian/dynhost.service debian/dynhost.path; do \
	sed -e 's,/usr/bin/dynhost,/bin/true,' -e '/^Documentation/d' $$unit > target/lint/$${unit\#\#*/}; \
	done && systemd-analyze verify target/lint/dynhost.service target/lint/dynhost.path
# Where Prometheus is installed; a test reads the rules without it.
lint_rules = promtool check rules examples/prometheus/dynhost.rules.yml

.PHONY: help demo demo-check demo-write test ovh-sdk fleet-test lint deny deny-tool msrv release-check fuzz clean

## help: this list
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

-include cross/cross.mk openwrt/openwrt.mk openwrt/luci/page.mk openwrt/router/router.mk \
	benches/bench.mk debian/debian.mk

## demo: the main job on this machine, no account needed
demo:
	$(need_rust)
	$(call need,cc:gcc ip:iproute2 unshare:util-linux)
	$(CARGO) build --locked --quiet --bin dynhost --example lab
	tests/demo.sh

## demo-check: whether docs/demo.md shows what the demo prints; demo-write renews it
demo-check demo-write:
	$(need_rust)
	$(call need,cc:gcc ip:iproute2 unshare:util-linux)
	$(CARGO) build --locked --quiet --bin dynhost --example lab
	tests/transcript.sh $(if $(filter demo-write,$@),--write)

# The vendor's own SDK, which tests/ovh_sdk.rs runs against the lab.
OVH_SDK = 1.2.0

## ovh-sdk: the vendor's SDK for Python into target/, a client of the tests
ovh-sdk: target/ovh-sdk/$(OVH_SDK)

target/ovh-sdk/$(OVH_SDK):
	$(call need,python3:python3)
	@python3 -c 'import ensurepip' 2> /dev/null || if [ "$$(id -u)" = 0 ]; then \
		apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends python3-venv; else \
		echo 'missing, run as root: apt-get install python3-venv' >&2; exit 1; fi
	python3 -m venv --clear target/ovh-sdk
	target/ovh-sdk/bin/pip install --quiet --disable-pip-version-check ovh==$(OVH_SDK)
	touch $@

# What fleets are run with, of which examples/fleet has an example each.
ANSIBLE = 2.19.14
NETJSONCONFIG = 1.3.1

## fleet-test: examples/fleet with the real Ansible and netjsonconfig, against routers with sshd
fleet-test: target/fleet/$(ANSIBLE)-$(NETJSONCONFIG)
	$(need_rust)
	$(call need,busybox:busybox-static cc:gcc ip:iproute2 ssh:openssh-client sshd:openssh-server unshare:util-linux)
	$(CARGO) build --locked --quiet --bin dynhost
	tests/fleet/run.sh

target/fleet/$(ANSIBLE)-$(NETJSONCONFIG):
	$(call need,python3:python3)
	@python3 -c 'import ensurepip' 2> /dev/null || if [ "$$(id -u)" = 0 ]; then \
		apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends python3-venv; else \
		echo 'missing, run as root: apt-get install python3-venv' >&2; exit 1; fi
	python3 -m venv --clear target/fleet
	target/fleet/bin/pip install --quiet --disable-pip-version-check \
		ansible-core==$(ANSIBLE) netjsonconfig==$(NETJSONCONFIG)
	touch $@

## test: every test, in networks of their own
test: ovh-sdk $(if $(wildcard openwrt/openwrt.mk),openwrt-tools)
	$(need_rust)
	$(call need,busybox:busybox-static cc:gcc curl:curl dnsmasq:dnsmasq-base git:git ip:iproute2 \
		miniupnpd:miniupnpd-nftables msmtp:msmtp nft:nftables radvd:radvd unbound:unbound \
		unshare:util-linux)
	$(CARGO) test --locked --no-run
	$(AS_ROOT) $(CARGO) test --locked --no-fail-fast

## lint: format, clippy, shell scripts, man pages, systemd unit
lint: $(if $(wildcard openwrt/openwrt.mk),openwrt-lint) $(if $(wildcard openwrt/router/router.mk),router-lint) $(if $(wildcard openwrt/luci/page.mk),luci-lint)
	$(need_rust)
	$(call need,git:git shellcheck:shellcheck shfmt:shfmt mandoc:mandoc)
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets --locked -- -D warnings
	$(CARGO) clippy --lib --bins --locked --no-default-features -- -D warnings
	shellcheck $(SCRIPTS)
	shfmt -d -sr -s $(SCRIPTS)
	mandoc -T lint -W warning $(MAN_PAGES)
	$(if $(shell command -v systemd-analyze),$(lint_unit))
	$(if $(shell command -v promtool),$(lint_rules),@echo 'left out: promtool, of the package prometheus')

## deny: licenses, sources and versions of dependencies (deny.toml); no network needed
deny:
	$(need_rust)
	$(CARGO) test --locked --quiet --test all -- tidy::dependencies::
	@PATH=target/tools/bin:$$PATH; export PATH; if command -v cargo-deny > /dev/null; then \
		$(CARGO) deny --locked check licenses bans sources; \
	else echo "cargo-deny, which would look as well, is not installed: make deny-tool"; fi
	@echo "advisories need a database from the network and were left out: cargo deny check advisories"

## deny-tool: cargo-deny into target/tools, in about three minutes
deny-tool:
	$(need_rust)
	$(CARGO) install --locked --debug --root target/tools cargo-deny

## msrv: whether everything compiles with the oldest Rust that is promised (needs rustup)
msrv:
	$(need_rust)
	@if command -v rustup > /dev/null; then \
		rustup toolchain list | grep -q '^$(MSRV)' || \
			rustup toolchain install --profile minimal $(MSRV).0; \
		CARGO_TARGET_DIR=target/msrv $(CARGO) +$(MSRV).0 check --locked --all-targets; \
	else echo "rustup is missing: only clippy's incompatible_msrv holds Rust $(MSRV) here"; fi

## release-check: what is left to do by hand before a release (RELEASING.md)
release-check:
	@REPOSITORY='$(REPOSITORY)' .ci/release-check

## fuzz: each target of fuzz/ for FUZZ_SECONDS (60)
fuzz:
	$(need_rust)
	$(call need,c++:g++)
	@rustc +$(NIGHTLY) --version > /dev/null 2>&1 || rustup toolchain install --profile minimal $(NIGHTLY)
	@command -v cargo-fuzz > /dev/null || $(CARGO) install --locked cargo-fuzz
	$(CARGO) +$(NIGHTLY) fuzz build
	@mkdir -p target/fuzz; passed=0; for target in $$($(CARGO) +$(NIGHTLY) fuzz list); do \
		mkdir -p fuzz/corpus/$$target; log=target/fuzz/$$target.log; \
		seeds=fuzz/seeds/$$target; [ -d $$seeds ] || seeds=; \
		$(CARGO) +$(NIGHTLY) fuzz run $$target fuzz/corpus/$$target $$seeds -- \
			-max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 > $$log 2>&1 || { \
			tail -n 40 $$log; echo "fuzz $$target: failed, all of it is in $$log"; \
			echo "$$passed passed, 1 failed"; exit 1; }; \
		passed=$$((passed + 1)); \
		echo "fuzz $$target: $$(sed -n 's/^stat::number_of_executed_units: *//p' $$log) executions"; \
	done; echo "$$passed passed, 0 failed"

## clean: everything that was built
clean:
	$(CARGO) clean
	rm -rf fuzz/target fuzz/corpus fuzz/artifacts
