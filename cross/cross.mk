# Binaries for routers; included by the Makefile of the project.

.PHONY: cross test-cross release

## cross: static binaries for every router of cross/targets, or one: TARGET=mips-unknown-linux-musl
cross:
	cross/build.sh $(TARGET)
	$(if $(TARGET),,cross/build.sh --full)
	cross/check.sh $(TARGET)

## test-cross: the program's tests with each foreign binary under qemu-user
test-cross: cross
	cross/test.sh $(TARGET)

## release: every binary with SHA256SUMS and an SBOM, the same bytes in any folder
release:
	cross/release.sh
