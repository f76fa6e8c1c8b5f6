"""What test machines stand on: the root file system of a small Debian, and wheels as if from PyPI.

Both are made once and kept in .cache, which may be deleted at any time.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
CACHE = CHECKOUT / ".cache"

PACKAGES = ("systemd", "systemd-sysv", "dbus", "python3", "python3-venv", "libportaudio2", "libpulse0")
PLUGIN = "apt-get download -qq libasound2-plugins && dpkg -x libasound2-plugins_*.deb / && rm *.deb"
"""Installed, ALSA's plug-in for PulseAudio would bring 200 MB of video codecs with it."""


def skip_without_containers() -> None:
    """Skip the test, saying what is missing, where no machine can be made."""
    missing = [tool for tool in ("systemd-nspawn", "mmdebstrap") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} missing: apt install systemd-container mmdebstrap")
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("only a root who may mount can boot a container")


def debian() -> Path:
    """Return the root of a Debian of this machine's release, or of `$DIGITD_SUITE`; made in half a minute."""
    suite = os.environ.get("DIGITD_SUITE") or platform.freedesktop_os_release()["VERSION_CODENAME"]

    def bootstrap(root: Path) -> None:
        command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}"]
        subprocess.run([*command, f'--customize-hook=chroot "$1" sh -ec "{PLUGIN}"', suite, root], check=True)

    return _made_once(f"debian-{suite}", [*PACKAGES, PLUGIN], bootstrap)


def wheels(root: Path) -> Path:
    """Return a folder with all that digitd is built with and needs, for the Python of that Debian."""
    python = (root / "usr/bin/python3").readlink().name.removeprefix("python")
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    digitd = project["project"]
    extras = [one for name in ("metrics", "monitor") for one in digitd["optional-dependencies"][name]]
    needed = [*project["build-system"]["requires"], *digitd["dependencies"], *extras]

    def download(folder: Path) -> None:
        command = [sys.executable, "-m", "pip", "download", "--quiet", f"--dest={folder}"]
        subprocess.run(
            [*command, "--only-binary=:all:", f"--python-version={python}", *needed], check=True, timeout=300
        )

    return _made_once(f"wheels-{python}", needed, download)


def _made_once(name: str, made_of: Sequence[str], make: Callable[[Path], None]) -> Path:
    """Return the folder of that name and ingredients, and make it if it is not there, all or nothing."""
    digest = hashlib.sha256("\n".join(made_of).encode()).hexdigest()[:8]
    made = CACHE / f"{name}-{digest}"
    if not made.exists():
        unfinished = made.with_suffix(".unfinished")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(parents=True)
        make(unfinished)
        unfinished.rename(made)
    return made
