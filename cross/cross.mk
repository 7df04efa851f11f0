# Binaries for routers: make cross, make cross TARGET=mips-unknown-linux-musl, make test-cross.

.PHONY: cross test-cross release

cross:
	cross/build.sh $(TARGET)
	cross/check.sh $(TARGET)

test-cross: cross
	cross/test.sh $(TARGET)

release:
	cross/release.sh
