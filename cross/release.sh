#!/bin/sh
# Builds every target and writes target/release-files/: the binaries, SHA256SUMS and an SBOM in
# CycloneDX from cargo's own data. The same commit gives the same bytes in any folder.
set -eu
# shellcheck source=lib.sh
. "$(dirname -- "$0")/lib.sh"

out=$root/target/release-files
cyclonedx=0.5.9
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
(cd "$out" && sha256sum -- * > SHA256SUMS)
cat "$out/SHA256SUMS"
