# Figures beside other programs; included by the Makefile of the project.

.PHONY: bench

# inadyn, ddclient and curl are what is compared with; their services are not started: what apt
# would start, policy-rc.d forbids, and where there is none one stands in for it.
BENCH_NEEDS = inadyn:inadyn ddclient:ddclient curl:curl valgrind:valgrind strace:strace \
	cc:gcc ip:iproute2 unshare:util-linux python3:python3

## bench: cost of an update beside inadyn, ddclient and curl; table, JSON and chart
bench:
	$(need_rust)
	benches/setup.sh $(BENCH_NEEDS)
	$(CARGO) build --locked --quiet --release --bin dynhost
	$(CARGO) build --locked --quiet --example lab
	benches/bench.py
