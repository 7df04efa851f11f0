"""Installed bytes of a Debian package with what it needs and a base system lacks."""

import subprocess

# Programs that need more than their package depends on to speak TLS.
ALSO = {"ddclient": ["libio-socket-ssl-perl"]}


def installed(package: str) -> tuple:
    """Bytes of the package and of what debootstrap's smallest system lacks, and the packages' names.

    That system is every package that is essential or of priority required, and what they depend
    on. apt is one of them and needs GnuTLS, so on Debian GnuTLS is there already.
    """
    packages = database()
    wanted = closure(packages, [package, *ALSO.get(package, [])])
    lacking = wanted - closure(packages, [name for name, p in packages.items() if p["base"]])
    return sum(packages[name]["bytes"] for name in lacking), sorted(lacking)


def database() -> dict:
    fields = ["Package", "Installed-Size", "Essential", "Priority", "Pre-Depends", "Depends"]
    layout = "\\x1f".join("${%s}" % field for field in [*fields, "Provides"]) + "\\n"
    layout = layout.replace("\\x1f", "\x1f")
    output = subprocess.run(
        ["dpkg-query", "-W", "-f", layout], check=True, capture_output=True, text=True
    ).stdout
    packages, provided = {}, {}
    for row in output.splitlines():
        name, size, essential, priority, before, depends, provides = row.split("\x1f")
        if not size:
            continue
        packages[name] = {
            "bytes": int(size) * 1024,
            "base": essential == "yes" or priority == "required",
            "needs": names(before) + names(depends),
        }
        for virtual in names(provides):
            provided.setdefault(virtual[0], name)
    for package in packages.values():
        package["needs"] = [first(any_of, packages, provided) for any_of in package["needs"]]
    return packages


def names(text: str) -> list:
    """`a (>= 1), b:any | c` as [[a], [b, c]]."""
    groups = [group for group in text.split(",") if group.strip()]
    bare = lambda word: word.split("(")[0].split(":")[0].strip()
    return [[bare(word) for word in group.split("|")] for group in groups]


def first(any_of: list, packages: dict, provided: dict) -> str:
    """The alternative that is installed."""
    for name in any_of:
        if name in packages:
            return name
    return next((provided[name] for name in any_of if name in provided), "")


def closure(packages: dict, start: list) -> set:
    found, left = set(), [name for name in start if name in packages]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += [need for need in packages[name]["needs"] if need in packages]
    return found
