# Debian packages and their tests; included by the Makefile of the project.

DEB_DIST ?= target/dist/full
DEB_OUT ?= target/dist/debian
# What the tests install: the static program if there is one, else a build for this machine.
DEB_STATIC = $(wildcard $(DEB_DIST)/x86_64-unknown-linux-musl/dynhost)
DEB_ROOT = target/debroot
DEB_SUITE = $(shell . /etc/os-release 2> /dev/null; echo $${VERSION_CODENAME:-bookworm})
DEB_INSIDE = systemd,systemd-sysv,dbus,iproute2,ca-certificates,procps,adduser

.PHONY: debs deb-test completions copyright

packages: debs

## debs: .deb for armhf (from ARMv6 on), arm64, amd64 and riscv64, from the binaries of `make cross`
debs:
	$(call need,dpkg-deb:dpkg)
	debian/build.sh $(DEB_DIST) $(DEB_OUT)

# Systems are started in namespaces of their own, which takes root. Nothing is left running.
## deb-test: the packages, and an installation in a Debian with a real systemd; needs root
deb-test: $(DEB_ROOT)/etc/os-release
	$(need_rust)
	$(call need,lintian:lintian nsenter:util-linux ip:iproute2 strip:binutils pgrep:procps \
		qemu-arm-static:qemu-user-static)
	$(CARGO) build --locked --quiet --bin dynhost --example lab
	@mkdir -p target/deb-test
	$(if $(DEB_STATIC),cp $(DEB_STATIC),strip -o) target/deb-test/dynhost$(if \
		$(DEB_STATIC),, target/debug/dynhost)
	rm -f target/deb-test/*.deb
	debian/build.sh $$(dpkg --print-architecture) target/deb-test/dynhost target/deb-test
	debian/test/packages $(DEB_DIST) target/deb-test/*.deb target/deb-test/dynhost
	debian/test/run $(DEB_ROOT) target/deb-test/*.deb target/debug/examples/lab

# In two minutes, from Debian's mirror; everything after that is without the network.
$(DEB_ROOT)/etc/os-release:
	$(call need,mmdebstrap:mmdebstrap)
	rm -rf $(DEB_ROOT) $(DEB_ROOT).new
	mmdebstrap --quiet --variant=minbase --include=$(DEB_INSIDE) $(DEB_SUITE) $(DEB_ROOT).new
	touch $(DEB_ROOT).new/etc/os-release
	mv $(DEB_ROOT).new $(DEB_ROOT)

## completions: those of bash, zsh and fish, from the table of commands
completions:
	DYNHOST_WRITE_COMPLETIONS=1 $(CARGO) test --locked --quiet --test all -- tidy::completions::

## copyright: debian/copyright, from cargo's data
copyright:
	$(call need,python3:python3)
	debian/copyright.py > target/copyright && mv target/copyright debian/copyright
