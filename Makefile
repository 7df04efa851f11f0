# What can be done here; `make help` lists it. The parts of each folder are in its own .mk file.

CARGO ?= cargo
FUZZ_SECONDS ?= 60
NIGHTLY ?= nightly

# What a shell runs, whatever its name: tracked files that begin with #! and the name of a shell.
SCRIPTS = $(shell git ls-files | xargs grep -lsE -m1 '^\#! ?(/usr)?/bin/(env )?(ba|da)?sh( |$$)')
MAN_PAGES = man/dynhost.8 man/dynhost.conf.5
# In a namespace where this user is root, unless it is root already: the tests make networks.
AS_ROOT = $(if $(filter 0,$(shell id -u)),,unshare -r)

# Installs as root what is missing, names it otherwise: $(call need,PROGRAM:PACKAGE ...)
need = @missing=; for tool in $(1); do \
	PATH=$$PATH:/usr/sbin command -v $${tool%%:*} > /dev/null || missing="$$missing $${tool\#\#*:}"; \
	done; [ -z "$$missing" ] || if [ "$$(id -u)" = 0 ]; then \
	apt-get install -y --no-install-recommends $$missing; else \
	echo "missing, run as root: apt-get install$$missing" >&2; exit 1; fi

need_rust = @command -v $(CARGO) > /dev/null || { echo "missing: Rust 1.94 or later," \
	"by https://rustup.rs or as Debian's packages rustc-web and cargo-web" >&2; exit 1; }

# The unit, with a program that is there and without the man pages, which are not installed yet.
lint_unit = mkdir -p target/lint && sed -e 's,/usr/local/bin/dynhost,/bin/true,' -e '/^Documentation/d' \
	examples/dynhost.service > target/lint/dynhost.service && \
	systemd-analyze verify target/lint/dynhost.service

.PHONY: help demo test lint fuzz clean

## help: this list
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

-include cross/cross.mk openwrt/openwrt.mk openwrt/router/router.mk benches/bench.mk

## demo: the main job on this machine, no account needed
demo:
	$(need_rust)
	$(call need,cc:gcc ip:iproute2 unshare:util-linux)
	$(CARGO) build --locked --quiet --bin dynhost --example lab
	tests/demo.sh

## test: every test, in networks of their own
test: $(if $(wildcard openwrt/openwrt.mk),openwrt-tools)
	$(need_rust)
	$(call need,cc:gcc git:git ip:iproute2 radvd:radvd unshare:util-linux)
	$(CARGO) test --locked --no-run
	$(AS_ROOT) $(CARGO) test --locked

## lint: format, clippy, shell scripts, man pages, systemd unit
lint: $(if $(wildcard openwrt/openwrt.mk),openwrt-lint) $(if $(wildcard openwrt/router/router.mk),router-lint)
	$(need_rust)
	$(call need,git:git shellcheck:shellcheck shfmt:shfmt mandoc:mandoc)
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets --locked -- -D warnings
	shellcheck $(SCRIPTS)
	shfmt -d -sr -s $(SCRIPTS)
	mandoc -T lint -W warning $(MAN_PAGES)
	$(if $(shell command -v systemd-analyze),$(lint_unit))

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
