# The page for LuCI: its lint, and its test in a browser; included by the Makefile of the project.

LUCI_APP = openwrt/luci-app-dynhost
LUCI_NODE = target/luci/node
PLAYWRIGHT = 1.65.1

.PHONY: luci-lint luci-test luci-tools luci-texts

## luci-lint: nothing in the page can become HTML, every text is translated
luci-lint:
	shellcheck -s dash -e SC1091 openwrt/packages/luci-postinst
	@if command -v node > /dev/null; then \
		node openwrt/luci/lint.js $$(find $(LUCI_APP) -name '*.js'); \
	else echo "node is missing: the page's scripts were not looked at"; fi
	@if command -v python3 > /dev/null; then \
		openwrt/luci/pot.py $(LUCI_APP); \
	else echo "python3 is missing: the translations were not looked at"; fi

## luci-texts: the template of the translations anew, and empty places for what is new
luci-texts:
	openwrt/luci/pot.py $(LUCI_APP) --write

# A browser, and what drives it (from npm, once).
luci-tools:
	$(call need,chromium:chromium ip:iproute2 lua5.1:lua5.1 node:nodejs npm:npm python3:python3 unshare:util-linux)
	@/usr/bin/python3 -c 'import jsmin' 2> /dev/null || { [ "$$(id -u)" = 0 ] && \
		apt-get install -y --no-install-recommends python3-jsmin; } || \
		{ echo 'missing, run as root: apt-get install python3-jsmin' >&2; exit 1; }
	@[ -d $(LUCI_NODE)/node_modules/playwright-core ] || { mkdir -p $(LUCI_NODE) && \
		npm install --prefix $(LUCI_NODE) --no-save --no-audit --no-fund playwright-core@$(PLAYWRIGHT); }

## luci-test: the page in Chromium, over the real program and lab; pictures in target/luci
luci-test: luci-tools
	$(need_rust)
	$(CARGO) build --locked --quiet --bin dynhost --example lab
	tests/luci/run.sh
