# Figures beside other programs; included by the Makefile of the project.

.PHONY: bench bench-chains bench-fleet

# inadyn, ddclient and curl are what is compared with; their services are not started: what apt
# would start, policy-rc.d forbids, and where there is none one stands in for it.
BENCH_NEEDS = inadyn:inadyn ddclient:ddclient curl:curl valgrind:valgrind strace:strace \
	cc:gcc openssl:openssl ip:iproute2 unshare:util-linux python3:python3 qemu-mipsel:qemu-user
# What a router installs, built by cross/ with its own options: `static` and the MIPS program.
BENCH_TRIPLES = $(shell uname -m)-unknown-linux-musl mipsel-unknown-linux-musl
BENCH_BINARIES = $(BENCH_TRIPLES:%=target/dist/%/dynhost)

# A pattern: a part of the project that has a rule of its own for one of them keeps it.
target/dist/%/dynhost: Cargo.toml Cargo.lock cross/build.sh cross/cargo.toml \
		$(shell find src -name '*.rs')
	cross/build.sh $*

## bench: cost of an update beside inadyn, ddclient and curl; table, JSON and chart
bench: $(BENCH_BINARIES)
	$(need_rust)
	benches/setup.sh $(BENCH_NEEDS)
	$(CARGO) build --locked --quiet --release --bin dynhost
	$(CARGO) build --locked --quiet --example lab
	benches/bench.py
	$(MAKE) --no-print-directory bench-chains bench-fleet

## bench-chains: instructions of an update by the shape of the provider's certificates
bench-chains:
	$(need_rust)
	$(CARGO) build --locked --quiet --release --bin dynhost
	benches/chains.sh

## bench-fleet: what 100,000 agents do to a provider after a power cut; table and chart
bench-fleet:
	$(need_rust)
	$(CARGO) bench --locked --quiet --bench fleet
