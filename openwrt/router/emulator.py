"""The emulated router: one qemu, its flash in a file, its serial console as lines."""

import datetime
import queue
import subprocess
import threading
import time

MIB = 1 << 20
FLASH_START, FLASH_END = 48 * MIB, 52 * MIB
MEMORY = 68 * MIB  # 64 MB for Linux; the 4 MB of flash are cut out of the middle
EPOCH = datetime.datetime(1970, 1, 1)
NOON = datetime.datetime(2026, 11, 24, 12)
SHIFT = 3  # 8 ns an instruction: 125 MIPS, about what a 24Kc at 400 MHz does with cold caches


def erase_flash(path):
    """Make the memory file anew: flash erased (all ones), the rest a hole."""
    with open(path, "wb") as file:
        file.truncate(MEMORY)
        file.seek(FLASH_START)
        file.write(b"\xff" * (FLASH_END - FLASH_START))


def read_flash(path):
    with open(path, "rb") as file:
        file.seek(FLASH_START)
        return file.read(FLASH_END - FLASH_START)


def differing_bytes(before, after):
    """How many bytes of flash hold something else; 0 if nothing was written or erased."""
    if before == after:
        return 0
    return sum(a != b for a, b in zip(before, after))


class Router:
    """A router that is powered on from construction until it ends or `cut()`."""

    def __init__(self, images, memory, console, options, clock=None, virtual=False,
                 second_serial="null"):
        kernel, initrd = images
        # A named root makes the initramfs ramfs instead of a tmpfs limited to half the memory.
        words = ["console=ttyS0", "rdinit=/init", "root=none", "panic=-1", "quiet", "nokaslr",
                 "cryptomgr.notests", f"memmap=4M${FLASH_START // MIB}M"]
        words += ["nowait"] if virtual else []
        words += ["test=" + ",".join(f"{key}={value}" for key, value in options.items())]
        # The board's monitor has 256 bytes for this and the place of the initrd.
        assert len(" ".join(words)) < 210, words
        command = ["qemu-system-mipsel", "-cpu", "24Kc",
                   "-M", "malta,memory-backend=ram", "-m", "68",
                   "-object", f"memory-backend-file,id=ram,mem-path={memory},size=68M,share=on",
                   "-net", "none", "-vga", "none", "-display", "none", "-monitor", "none",
                   "-serial", "stdio", "-serial", second_serial, "-no-reboot",
                   "-kernel", str(kernel), "-initrd", str(initrd), "-append", " ".join(words)]
        clock = clock.isoformat() if clock else "utc"
        command += ["-rtc", f"base={clock}" + (",clock=vm" if virtual else "")]
        command += ["-icount", f"shift={SHIFT},sleep=off", "-seed", "42"] if virtual else []
        self.console = open(console, "wb")
        self.lines, self.memory, self.started = queue.Queue(), memory, time.monotonic()
        self.qemu = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.qemu.stdout:
            self.console.write(b"%8.2f " % (time.monotonic() - self.started) + line)
            self.console.flush()
            self.lines.put(line.decode("utf-8", "replace").rstrip("\r\n"))
        self.lines.put(None)

    def line(self, timeout):
        """The next console line; None once the power is off; TimeoutError if it stays silent."""
        try:
            return self.lines.get(timeout=max(timeout, 0))
        except queue.Empty:
            raise TimeoutError from None

    def send(self, text):
        self.qemu.stdin.write(text.encode() + b"\n")
        self.qemu.stdin.flush()

    def cut(self):
        """Pull the plug: kill this qemu, and only this one."""
        self.qemu.kill()
        self.qemu.wait()
