#!/bin/sh
# Measures what each knob of the recipe is worth: builds HEAD with one thing changed at a time and
# prints the bytes against the recipe's. Minutes a row; not part of CI.
# usage: cross/measure.sh [-t TRIPLE] [NAME...]     no name: all of them
set -eu
# shellcheck source=lib.sh
. "$(dirname -- "$0")/lib.sh"

triple=mips-unknown-linux-musl
if [ "${1-}" = -t ]; then
	triple=$2
	shift 2
fi
wanted=" $* "
tree=$root/target/measure
"$root/cross/setup.sh"
mkdir -p "$tree/target"
ln -sfn "$venv" "$tree/target/cross-venv"

# build: a fresh copy of HEAD, the edit of $1 (sed) in the file $2, then the bytes in $bytes.
build() {
	find "$tree" -mindepth 1 -maxdepth 1 ! -name target -exec rm -rf {} +
	git -C "$root" archive -o "$tree/committed.tar" HEAD
	tar -x -m -C "$tree" -f "$tree/committed.tar"
	sed "$1" "$tree/$2" > "$tree/edited"
	if [ -n "$1" ] && cmp -s "$tree/edited" "$tree/$2"; then
		bytes=
		echo "the edit changes nothing in $2" > "$tree/log"
		return
	fi
	cat "$tree/edited" > "$tree/$2"
	# An edit of features changes the lock file; nothing is fetched anew.
	(cd "$tree" && PATH="$(rust_bin):$PATH" cargo metadata --format-version 1 > /dev/null 2>&1)
	SOURCE_DATE_EPOCH=0 "$tree/cross/build.sh" "$triple" > "$tree/log" 2>&1 || {
		bytes=
		return
	}
	bytes=$(wc -c < "$tree/target/dist/$triple/dynhost")
}

# knob NAME EDIT FILE: one row.
knob() {
	case $wanted in
	'  ' | *" $1 "*) ;;
	*) return 0 ;;
	esac
	build "$2" "$3"
	if [ -n "$bytes" ]; then
		printf '%-22s %8d %+8d\n' "$1" "$bytes" "$((bytes - recipe))"
	else
		printf '%-22s failed: %s\n' "$1" "$(tail -n 1 "$tree/log")"
	fi
}

build '' Cargo.toml
[ -n "$bytes" ] || die "the recipe does not build: see target/measure/log"
recipe=$bytes
printf '%-22s %8d\n' recipe "$recipe"

manifest=Cargo.toml
options=cross/cargo.toml
knob lto-thin 's/^lto = "fat"/lto = "thin"/' $manifest
knob lto-off 's/^lto = "fat"/lto = "off"/' $manifest
knob units-16 's/^codegen-units = 1/codegen-units = 16/' $manifest
knob opt-s 's/^opt-level = "z"/opt-level = "s"/' $manifest
knob opt-3 's/^opt-level = "z"/opt-level = 3/' $manifest
knob panic-abort '/immediate-abort/d' $options
knob std-for-speed '/^build-std-features/d' $options
knob locations '/location-detail/d' $options
knob debug-formatting '/fmt-debug/d' $options
knob unwind-tables '/force-unwind-tables/d' $options
knob position-independent '/relocation-model/d' $options
knob plain-delay-slots '/-disable-mips-df/d' $options
knob no-tail-calls '/mips-tail-calls/d' $options
knob no-tail-merge '/tail-merge/d' $options
knob copies-in-place '/max-store-memcpy/d' $options
knob inlining '/-inline-threshold/d' $options
knob registers '/join-globalcopies/d; /phi-elim-edge/d; /shrink-wrap/d; /pre-RA-sched/d' $options
knob divisors '/check-zero-division/d' $options
knob unwind-script '/unwind.ld/d' $options
knob stand-ins '/stand-ins.c/d' $options
knob kept-constants '/disable-machine/d; /split-spill/d' $options
knob doubled-code '/disable-lsr/d; /enable-pre/d; /bonus-inst/d; /block-placement/d; /jump-table/d' $options
knob ipra 's/^	"-Cllvm-args=-mips-tail-calls=1",/&\n	"-Cllvm-args=-enable-ipra",/' $options
knob no-mir-inlining 's/^	"-Crelocation-model.*/&\n	"-Zinline-mir=no",/' $options
knob log-debug 's/^log = .*/log = { version = "0.4", features = ["std", "release_max_level_debug"] }/' $manifest
knob log-trace 's/^log = .*/log = { version = "0.4", features = ["std", "release_max_level_trace"] }/' $manifest
knob default-provider 's/^    CryptoProvider {$/    return rustls::crypto::ring::default_provider(); #[allow(unreachable_code)] CryptoProvider {/' src/io/tls.rs
knob rustls-logging 's/^rustls = .*/rustls = { version = "0.23", default-features = false, features = ["ring", "std", "tls12", "logging"] }/' $manifest
knob ureq-gzip 's/^ureq = .*/ureq = { version = "3.5", default-features = false, features = ["gzip"] }/' $manifest
knob sections-kept 's/--strip-all --strip-sections/--keep-section=.pdr --strip-all/' cross/build.sh
knob section-table 's/ --strip-sections//' cross/build.sh
