#!/usr/bin/env python3
"""Prints debian/copyright: what is linked into the program for a Raspberry Pi, from cargo's data."""

import json
import pathlib
import re
import subprocess

TARGET = "arm-unknown-linux-musleabihf"
HEAD = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: dynhost
Comment: Written by `make copyright`. The first part is the program itself; the others, below
 linked/, are the libraries that the static program contains.

Files: *
Copyright: the dynhost contributors
License: MIT or Apache-2.0
"""
# What no crate of the tree stands for: the standard library and C's.
OTHERS = [
    ("rust-std", ["The Rust Project contributors"], "MIT or Apache-2.0"),
    ("musl", ["2005-2020 Rich Felker, et al."], "Expat"),
]
TEXTS = {
    "Apache-2.0": """\
 On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.""",
    "BSD-3-Clause": """\
 Redistribution and use in source and binary forms, with or without modification, are permitted
 provided that the following conditions are met:
 .
 1. Redistributions of source code must retain the above copyright notice, this list of conditions
 and the following disclaimer.
 .
 2. Redistributions in binary form must reproduce the above copyright notice, this list of
 conditions and the following disclaimer in the documentation and/or other materials provided with
 the distribution.
 .
 3. Neither the name of the copyright holder nor the names of its contributors may be used to
 endorse or promote products derived from this software without specific prior written permission.
 .
 THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR
 IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND
 FITNESS FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR
 CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
 DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE,
 DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER
 IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT
 OF THE USE OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.""",
    "Expat": """\
 Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
 associated documentation files (the "Software"), to deal in the Software without restriction,
 including without limitation the rights to use, copy, modify, merge, publish, distribute,
 sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
 furnished to do so, subject to the following conditions:
 .
 The above copyright notice and this permission notice shall be included in all copies or
 substantial portions of the Software.
 .
 THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
 NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
 NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM,
 DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT
 OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.""",
    "ISC": """\
 Permission to use, copy, modify, and/or distribute this software for any purpose with or without
 fee is hereby granted, provided that the above copyright notice and this permission notice appear
 in all copies.
 .
 THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS
 SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE
 AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
 WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT,
 NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF
 THIS SOFTWARE.""",
}
# Of the licenses that a crate leaves to choose from, those that are not made use of.
LEFT = ["Unlicense", "BSL-1.0", "Apache-2.0 WITH LLVM-exception"]


def metadata():
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", TARGET]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def linked(data):
    """The crates that are in the program: reached by normal dependencies, and no macro."""
    nodes = {node["id"]: node for node in data["resolve"]["nodes"]}
    packages = {package["id"]: package for package in data["packages"]}
    found, rest = set(), [data["resolve"]["root"]]
    while rest:
        node = nodes[rest.pop()]
        for needed in node["deps"]:
            is_normal = any(kind["kind"] is None for kind in needed["dep_kinds"])
            kinds = {kind for target in packages[needed["pkg"]]["targets"] for kind in target["kind"]}
            if is_normal and "proc-macro" not in kinds and needed["pkg"] not in found:
                found.add(needed["pkg"])
                rest.append(needed["pkg"])
    return sorted((packages[one] for one in found), key=lambda package: package["name"])


def holders(package):
    """Whom the crate's own licenses name."""
    names = []
    for path in sorted(pathlib.Path(package["manifest_path"]).parent.glob("*")):
        if re.match(r"(?i)(licen[sc]e|copying|copyright|notice)", path.name) and path.is_file():
            for line in path.read_text(errors="replace").splitlines():
                match = re.match(r"(?i)^[\s/*#;]*copyright (?:\(c\) |© )?((?:©|\d{4}|the ).*)$", line)
                name = match and re.sub(r"(?i)[.,;\s]*all rights reserved\.?", "", match[1]).strip(" .*")
                if name and "yyyy" not in name and name not in names:
                    names.append(name)
    authors = [re.sub(r" <.*>", "", author) for author in package["authors"]]
    return names or authors or [f"the authors of {package['name']}"]


def spoken(license_text):
    """An SPDX expression as Debian writes it."""
    text = license_text.replace("/", " OR ")
    for left in LEFT:
        text = text.replace(f"{left} OR ", "").replace(f" OR {left}", "")
    text = re.sub(r"\bMIT\b", "Expat", text)
    return text.replace(" OR ", " or ").replace(" AND ", ", and ")


def main():
    parts = [(one["name"], holders(one), spoken(one["license"])) for one in linked(metadata())]
    print(HEAD.replace("MIT or", "Expat or"))
    used = set()
    for name, names, license_text in parts + OTHERS:
        license_text = license_text.replace("MIT or", "Expat or")
        lines = "\n           ".join(names)
        print(f"Files: linked/{name}/*\nCopyright: {lines}\nLicense: {license_text}\n")
        used |= set(re.findall(r"[\w.-]+", license_text)) - {"or", "and"}
    unknown = used - set(TEXTS)
    if unknown:
        raise SystemExit(f"no text for {sorted(unknown)}: add it to TEXTS")
    print("\n\n".join(f"License: {name}\n{TEXTS[name]}" for name in sorted(used | {"Apache-2.0"})))


if __name__ == "__main__":
    main()
