"""Put the emulated router's root together as one initramfs, without root rights.

The archive is written here (newc cpio) so that owners, modes, device nodes and times are
always the same, whoever builds it.
"""

import gzip
import os
import pathlib
import stat
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
SHIPPED = HERE.parent / "dynhost/files"
MODULES = "slhc ppp_generic ppp_async pppox pppoe veth phram jffs2 overlay".split()
PROGRAMS = {
    "bin/busybox": "bin/busybox",
    "usr/bin/flock": "usr/bin/flock",
    "usr/sbin/pppd": "usr/sbin/pppd",
    "usr/sbin/pppoe": "usr/sbin/pppoe",
    "usr/sbin/pppoe-server": "usr/sbin/pppoe-server",
    "usr/lib/pppd/2.4.9/pppoe.so": "usr/lib/pppd/2.4.9/pppoe.so",
}
BUNDLE = "etc/ssl/certs/ca-certificates.crt"
FOLDERS = "dev dev/pts proc sys tmp root overlay etc/ppp usr/bin usr/sbin sbin bin mnt".split()
LINKS = {"var": "tmp", "run": "tmp/run", "etc/resolv.conf": "/tmp/resolv.conf"}


class Archive:
    """A newc cpio archive: everything owned by 0:0, at time 0."""

    def __init__(self):
        self.parts, self.seen = [], set()

    def add(self, name, mode, data=b"", device=(0, 0)):
        """Add one entry and the folders above it; a name that is there already stays."""
        if name in self.seen:
            return
        if parent := os.path.dirname(name):
            self.add(parent, stat.S_IFDIR | 0o755)
        self.seen.add(name)
        path = name.encode() + b"\0"
        fields = [len(self.seen), mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(path), 0]
        head = b"070701" + b"".join(b"%08x" % field for field in fields)
        self.parts += [pad(head + path), pad(data)]

    def add_file(self, name, source, mode=None):
        mode = mode or (0o755 if os.access(source, os.X_OK) else 0o644)
        self.add(name, stat.S_IFREG | mode, pathlib.Path(source).read_bytes())

    def add_tree(self, root, below=""):
        for path in sorted(p for p in root.rglob("*") if p.is_file()):
            self.add_file(below + str(path.relative_to(root)), path)

    def finish(self):
        self.add("TRAILER!!!", 0)
        return b"".join(self.parts)


def pad(data):
    return data + b"\0" * (-len(data) % 4)


def needed(path):
    """The shared libraries an ELF file asks for by name."""
    text = subprocess.run(["readelf", "-d", path], capture_output=True, text=True, check=True)
    return [line.split("[")[1].rstrip("]") for line in text.stdout.splitlines() if "(NEEDED)" in line]


def libraries(debian, programs):
    """Every library the programs need, name to file, themselves followed."""
    places = {p.name: p for p in sorted(debian.rglob("*.so*")) if p.is_file()}
    found, queue = {}, list(programs)
    while queue:
        for name in needed(queue.pop()):
            if name not in found:
                found[name] = places[name]
                queue.append(places[name])
    return found


def base(debian):
    """The part that only changes with Debian's packages: kernel modules, busybox, PPP."""
    archive = Archive()
    for folder in FOLDERS:
        archive.add(folder, stat.S_IFDIR | 0o755)
    for name, target in LINKS.items():
        archive.add(name, stat.S_IFLNK | 0o777, target.encode())
    archive.add("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))
    archive.add("dev/null", stat.S_IFCHR | 0o666, device=(1, 3))
    for name, source in PROGRAMS.items():
        archive.add_file(name, debian / source)
    for name, path in libraries(debian, [debian / s for s in PROGRAMS.values()]).items():
        archive.add_file(f"lib/{name}", path)
    authorities = sorted((debian / "usr/share/ca-certificates/mozilla").glob("*.crt"))
    archive.add(BUNDLE, stat.S_IFREG | 0o644, b"".join(path.read_bytes() for path in authorities))
    for module in MODULES:
        archive.add_file(f"lib/modules/{module}.ko", next(debian.rglob(f"{module}.ko")))
    return archive.finish()


def upper(agent, lab):
    """The part under test: our binaries, the files as shipped, the stand-ins, the scenarios."""
    archive = Archive()
    for line in (HERE.parent / "packages/manifest").read_text().splitlines():
        if not line.startswith("#"):
            mode, source, target = line.split()
            archive.add_file(target.lstrip("/"), SHIPPED / source, int(mode, 8))
    archive.add_tree(HERE / "stand-in")
    archive.add_file("init", HERE / "guest/init")
    archive.add_tree(HERE / "guest", "test/")
    archive.add_file("usr/bin/dynhost", agent)
    archive.add_file("usr/bin/lab", lab)
    archive.add("usr/libexec/rpcd/dynhost", stat.S_IFLNK | 0o777, b"/usr/bin/dynhost")
    return archive.finish()


def build(work, agent, lab):
    """Write WORK/initrd.gz and return the paths of kernel and initrd."""
    debian, cached = work / "debian", work / "base.gz"
    newest = max((HERE / "image.py").stat().st_mtime, (debian / ".unpacked").stat().st_mtime)
    if not cached.exists() or cached.stat().st_mtime < newest:
        cached.write_bytes(gzip.compress(base(debian), 9, mtime=0))
    # The kernel unpacks archives that follow one another, so only the small one is remade.
    top = gzip.compress(upper(agent, lab), 6, mtime=0)
    initrd = work / "initrd.gz"
    initrd.write_bytes(cached.read_bytes() + top)
    return next((debian / "boot").glob("vmlinuz-*")), initrd
