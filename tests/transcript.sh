#!/bin/sh
# Holds the transcript in docs/demo.md against what the demo prints, or with --write renews it.
# `make demo-check` and `make demo-write` build the programs and run this.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
document=$root/docs/demo.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What differs from run to run: the folder, times, and the suite that suits the processor.
"$root/tests/demo.sh" > "$work/raw" || {
	cat "$work/raw"
	exit 1
}
sed -E 's,/tmp/dynhost-demo\.[A-Za-z0-9]+,/tmp/dynhost-demo,g; s/\b[0-9]+ s ago/0 s ago/; s/in 23 h 59 min/in 1 d/
	s/[0-9]+ ms/0 ms/g; s/(TLS 1\.3) with [A-Za-z0-9-]+ in/\1 with AES-128-GCM in/
	s/(the clock says) .*/\1 2026-11-24 12:00 UTC/' \
	"$work/raw" > "$work/shown"

# The document with the transcript between its fences.
awk -v transcript="$work/shown" '
	/^```$/ && !inside { print; while ((getline line < transcript) > 0) print line; inside = 1; next }
	/^```$/ { inside = 0 }
	!inside { print }
' "$document" > "$work/demo.md"

if [ "${1-}" = --write ]; then
	cp "$work/demo.md" "$document"
elif ! diff -u "$document" "$work/demo.md"; then
	echo "docs/demo.md differs from what the demo prints: run make demo-write" >&2
	exit 1
fi
