#!/bin/sh
# Writes the archive that the feed builds from: openwrt/source.sh ARCHIVE.tar.gz
#
# What is committed, with one date for all, so that the same content is the same bytes whatever
# commit it is in: PKG_HASH in dynhost/Makefile is the hash of this archive, which therefore cannot
# hold that file.
set -eu

case "$1" in
/*) out=$1 ;;
*) out=$PWD/$1 ;;
esac
cd "$(dirname -- "$0")/.."
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
released=$(grep -rhoE 'RELEASED: Time = [0-9_]+;' src | tr -cd '0-9')
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
# By files: in a pipe, what fails on the left leaves an archive with too little in it.
git archive --prefix="dynhost-$version/" HEAD -- . ':(exclude)openwrt/dynhost/Makefile' \
	> "$tree/committed.tar"
tar -x -C "$tree" -f "$tree/committed.tar"
tar -C "$tree" --format=ustar --sort=name --mtime="@$released" --owner=0 --group=0 --numeric-owner \
	--mode=u=rwX,go=rX -c "dynhost-$version" > "$tree/source.tar"
gzip -9n < "$tree/source.tar" > "$out"
