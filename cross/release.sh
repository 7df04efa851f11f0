#!/bin/sh
# Builds every target of the commit that is checked out and writes target/dist/release/: the
# binaries, SHA256SUMS and an SBOM from cargo's own data. The same bytes in any folder.
set -eu
# shellcheck source=lib.sh
. "$(dirname -- "$0")/lib.sh"

cyclonedx=0.5.9
out=$dist/release
cd "$root"
[ -z "$(git status --porcelain)" ] || die "the working tree is not clean: a release is a commit"
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)

cross/build.sh
cross/check.sh
rm -rf "$out"
mkdir -p "$out"
for triple in $(triples); do
	cp "$dist/$triple/dynhost" "$out/dynhost-$version-$triple"
done

# cargo-cyclonedx writes beside the manifest: in a copy, so that the tree stays clean. The date is
# the commit's, and with it there is no random serial number.
PATH=$(rust_bin):$PATH
export PATH
tool=$root/target/cross-tools
if ! "$tool/bin/cargo-cyclonedx" --version 2> /dev/null | grep -qF "$cyclonedx"; then
	echo "release: cargo install cargo-cyclonedx $cyclonedx into target/cross-tools"
	cargo install --quiet --locked --debug --root "$tool" --version "$cyclonedx" cargo-cyclonedx
fi
tree=$root/target/sbom
rm -rf "$tree"
mkdir -p "$tree"
git archive -o "$tree/committed.tar" HEAD
tar -x -C "$tree" -f "$tree/committed.tar"
(
	cd "$tree"
	SOURCE_DATE_EPOCH=$(git -C "$root" log -1 --format=%ct) "$tool/bin/cargo-cyclonedx" cyclonedx \
		--quiet --format json --spec-version 1.5 --target mips-unknown-linux-musl \
		--override-filename sbom
)
mv "$tree/sbom.json" "$out/dynhost-$version.cdx.json"

cd "$out"
sha256sum -- * > SHA256SUMS
cat SHA256SUMS
