"""A 64-bit Raspberry Pi's userland, emulated: Debian for arm64, the wheel and what it depends on."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
CACHE = REPOSITORY / ".cache" / "raspberry-pi"

BINFMT = Path("/proc/sys/fs/binfmt_misc")
EMULATOR = "qemu-aarch64"
HOW_TO_EMULATE = Path("/usr/lib/binfmt.d") / f"{EMULATOR}.conf"

PROCESSOR = "cortex-a72"
"""A Raspberry Pi 4's. Without a name the emulator has every extension there is, and LiteRT takes kernels that
no Raspberry Pi has, and that take five times as long to emulate."""

PACKAGES = "base-files,dash,libc-bin,python3,libportaudio2,libasound2-plugins,libstdc++6"

ENTER = """
root=$1 shared=$2; shift 2
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/tmp"
mkdir -p "$root$shared"
mount --bind "$shared" "$root$shared"
exec chroot "$root" "$@"
"""
"""Run with mounts of its own, which end with it."""


@dataclass(frozen=True, slots=True)
class Release:
    """What a Raspberry Pi may run.

    Attributes:
        suite: Debian's name for it, which Raspberry Pi OS takes over.
        python: Its Python.
        glibc: The 2.x of its C library, which decides what wheels it takes.
    """

    suite: str
    python: str
    glibc: int


BOOKWORM = Release("bookworm", "3.11", 36)
TRIXIE = Release("trixie", "3.13", 41)


@dataclass(frozen=True, slots=True)
class RaspberryPi:
    """Where programs for a Raspberry Pi run.

    Attributes:
        root: Its file system.
        site: Where digitd and what it depends on are installed.
        shared: A folder that has the same name inside and outside; all that the two exchange lies there.
    """

    root: Path
    site: Path
    shared: Path

    def digitd(self, *arguments: str) -> list[str]:
        """Return the command line for one of digitd's commands."""
        inside = ["python3", "-m", "digitd", *arguments]
        enter = ["unshare", "--mount", "sh", "-e", "-c", ENTER, "sh", str(self.root), str(self.shared)]
        return [*enter, *inside]

    def environment(self, **more: str) -> dict[str, str]:
        """Return what a program sees of the world outside: nothing but `more`."""
        paths = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONPATH": str(self.site)}
        return {**paths, "QEMU_CPU": PROCESSOR, **more}


def skip_without_what_it_takes() -> None:
    """Skip the test, saying what is missing, where nothing can be emulated."""
    if os.geteuid() != 0:
        pytest.skip("needs root, for chroot and mounts: sudo make test-arm64")
    missing = [tool for tool in ("mmdebstrap", "arch-test") if shutil.which(tool) is None]
    missing += [] if HOW_TO_EMULATE.exists() else ["qemu-user-static"]
    if missing:
        pytest.skip(f"missing: apt install {' '.join(missing)}")


@contextmanager
def emulation() -> Iterator[None]:
    """Let this machine run programs for arm64 as long as the block lasts."""
    with _binfmt_misc():
        entry = BINFMT / EMULATOR
        if entry.exists():
            yield
            return
        (BINFMT / "register").write_bytes(HOW_TO_EMULATE.read_bytes().strip())
        try:
            yield
        finally:
            entry.write_text("-1")


@contextmanager
def _binfmt_misc() -> Iterator[None]:
    if (BINFMT / "register").exists():
        yield
        return
    subprocess.run(["mount", "-t", "binfmt_misc", "binfmt_misc", BINFMT], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", BINFMT], check=True)


def raspberry_pi(release: Release, shared: Path) -> RaspberryPi:
    """Set up a release, with the wheel made of this checkout; the file system is kept for the next time."""
    root = CACHE / release.suite
    if not root.exists():
        _unpack(release.suite, root)
    site = shared / f"site-{release.python}"
    _install(release, _wheel(shared), site)
    return RaspberryPi(root, site, shared)


def _unpack(suite: str, root: Path) -> None:
    unfinished = root.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    # Extracted, not configured: no maintainer's script runs, which takes seconds instead of minutes.
    kind = ["--arch=arm64", "--variant=extract", f"--include={PACKAGES}"]
    subprocess.run(["mmdebstrap", "--quiet", *kind, suite, unfinished], check=True)
    subprocess.run(["chroot", unfinished, "/sbin/ldconfig"], check=True)
    unfinished.rename(root)


def _wheel(shared: Path) -> Path:
    folder = shared / "wheel"
    _pip("wheel", "--no-deps", "--wheel-dir", folder, REPOSITORY)
    [wheel] = folder.glob("digitd-*.whl")
    return wheel


def _install(release: Release, wheel: Path, site: Path) -> None:
    """Install as pip does on the Raspberry Pi: wheels alone, nothing is compiled."""
    libraries = [f"manylinux_2_{minor}_aarch64" for minor in range(release.glibc, 16, -1)]
    platforms = [f"--platform={tag}" for tag in (*libraries, "manylinux2014_aarch64")]
    python = [
        "--implementation=cp",
        f"--python-version={release.python}",
        "--only-binary=:all:",
        "--no-warn-conflicts",
    ]
    _pip("install", "--target", site, *platforms, *python, wheel)


def _pip(command: str, *arguments: str | Path) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, command, *arguments], check=True)


def seen_through(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what an environment adds to our own."""
    return {name: value for name, value in environment.items() if os.environ.get(name) != value}
