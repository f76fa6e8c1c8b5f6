"""The installer on a small Debian: what it refuses, upgrades, takes back and removes."""

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.debians import CHECKOUT, debian, skip_without_containers
from integration.machines import Machine, machine
from integration.services import CONFIG, INSTALL, OFFLINE, Installed, config, service
from integration.virtual_microphone import VirtualMicrophone

pytestmark = pytest.mark.systemd

LISTENS = """
import os, socket, sys, time

def main():
    if sys.argv[1:] == ["--version"]:
        return print("digitd 99")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
    time.sleep(60)
"""
IS_DEAF = """
import sys

def main():
    return print("digitd 99") if sys.argv[1:] == ["--version"] else "no microphone suits version 99"
"""
BROUGHT_BY_TESTS = ("wheels", "etc/asound.conf", "etc/hosts")
DIFFERENT_EACH_BOOT = ("var/log/", "var/tmp/systemd-private-")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Boot a machine on which digitd never was; some Pythons that do not suit lie about."""
    skip_without_containers()
    pythons = {
        "/opt/python3.10": '#!/bin/sh\n[ "$1" = --version ] && echo Python 3.10.12\n',
        "/home/own/bin/python3": '#!/bin/sh\n[ "$1" = --version ] || echo /home/own\n',
    }
    layer = tmp_path_factory.mktemp("bare") / "layer"
    with machine([debian()], layer, pythons, {"/checkout": CHECKOUT}) as booted:
        booted.out("chmod", "+x", *pythons)
        booted.out("mkdir", "/opt/bin")
        booted.out("ln", "-s", "/bin/bash", "/bin/dirname", "/bin/id", "/opt/bin")
        yield booted


@pytest.fixture
def kitchen(installed: Installed, vmic: VirtualMicrophone, tmp_path: Path) -> Iterator[Machine]:
    """Boot a machine on which digitd runs with settings of its own, and no broker."""
    with service(installed, tmp_path / "kitchen", config(port=1), vmic.folder) as booted:
        booted.wait_for("ActiveState", "active")
        yield booted


def test_it_says_what_is_missing_and_what_to_do_next(installed: Installed) -> None:
    assert "microphone  FAILED" in installed.told
    assert "something is missing, see above; the service waits for it" in installed.told
    assert "its settings    /etc/digitd/config.yaml" in installed.told


@pytest.mark.microphone
def test_an_upgrade_keeps_the_settings(kitchen: Machine) -> None:
    settings = kitchen.out("cat", CONFIG)

    kitchen.out(INSTALL, newer(kitchen, LISTENS), **OFFLINE)

    assert kitchen.out("digitd", "--version") == "digitd 99"
    assert kitchen.shows("ActiveState") == "active"
    assert kitchen.out("cat", CONFIG) == settings
    assert kitchen.out("ls", "/opt/digitd").split() == ["b", "current"]


@pytest.mark.microphone
def test_what_is_installed_already_can_be_installed_again(kitchen: Machine) -> None:
    settings, version, before = (
        kitchen.out("cat", CONFIG),
        kitchen.out("digitd", "--version"),
        around(kitchen),
    )

    kitchen.out(INSTALL, **OFFLINE)

    assert kitchen.shows("ActiveState") == "active"
    assert (kitchen.out("cat", CONFIG), kitchen.out("digitd", "--version")) == (settings, version)
    assert kitchen.out("ls", "/opt/digitd").split() == ["b", "current"]
    assert around(kitchen) == before


@pytest.mark.microphone
def test_an_upgrade_that_cannot_be_built_leaves_the_old_version_running(kitchen: Machine) -> None:
    process = kitchen.shows("MainPID")

    done = kitchen.run(INSTALL, "/nowhere/digitd-99-py3-none-any.whl", **OFFLINE)

    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, "digitd: that failed; nothing was changed")
    assert kitchen.shows("MainPID") == process
    assert kitchen.out("ls", "/opt/digitd").split() == ["a", "current"]


@pytest.mark.microphone
def test_an_upgrade_that_does_not_listen_is_taken_back(kitchen: Machine) -> None:
    done = kitchen.run(INSTALL, newer(kitchen, IS_DEAF), **OFFLINE)

    assert done.returncode == 1
    assert "no microphone suits version 99" in done.stdout + done.stderr
    assert "the old one is back" in done.stderr
    assert kitchen.shows("ActiveState") == "active"
    assert kitchen.out("digitd", "--version") != "digitd 99"
    assert kitchen.out("ls", "/opt/digitd").split() == ["a", "current"]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (f"setpriv --reuid=65534 --clear-groups {INSTALL}", f"needs root: sudo {INSTALL}"),
        (f"mount -t tmpfs none /run && {INSTALL}", "systemd does not run here"),
        (f"PATH=/opt/bin {INSTALL}", "this is no Debian or relative of it: apt-get is missing"),
        (f"PYTHON=/opt/python3.99 {INSTALL}", "/opt/python3.99: no such program"),
        (
            f"PYTHON=/opt/python3.10 {INSTALL}",
            "needs Python 3.11 or newer, and /opt/python3.10 is Python 3.10.12",
        ),
        (f"PYTHON=/home/own/bin/python3 {INSTALL}", "which the service does not see"),
    ],
)
def test_it_refuses_what_cannot_work(bare: Machine, command: str, told: str) -> None:
    done = bare.run("unshare", "--mount", "sh", "-c", command)

    assert done.stderr.startswith("digitd: ")
    assert told in done.stderr
    assert done.returncode == 1
    assert bare.run("ls", "/opt/digitd").returncode != 0


@pytest.mark.microphone
def test_removal_leaves_nothing_but_the_configuration(kitchen: Machine, bare: Machine) -> None:
    kitchen.out(INSTALL, "--remove")

    assert left_by_digitd(kitchen, bare) == {"etc/digitd", "etc/digitd/config.yaml"}
    assert kitchen.shows("LoadState") == "not-found"


@pytest.mark.microphone
def test_purging_leaves_nothing(kitchen: Machine, bare: Machine) -> None:
    kitchen.write("/etc/credstore/digitd.mqtt-password", "secret")
    kitchen.write("/etc/systemd/system/digitd.service.d/override.conf", "[Service]\nNice=-5\n")

    kitchen.out(INSTALL, "--remove", "--purge")

    assert left_by_digitd(kitchen, bare) <= {"etc/credstore"}


def newer(kitchen: Machine, program: str) -> str:
    """Write a wheel that is version 99 of digitd, and return its path on the machine."""
    path = kitchen.root / "root" / "digitd-99-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("digitd.py", program)
        wheel.writestr("digitd-99.dist-info/METADATA", "Metadata-Version: 2.1\nName: digitd\nVersion: 99\n")
        wheel.writestr(
            "digitd-99.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr("digitd-99.dist-info/entry_points.txt", "[console_scripts]\ndigitd = digitd:main\n")
        wheel.writestr("digitd-99.dist-info/RECORD", "")
    return "/root/digitd-99-py3-none-any.whl"


def around(kitchen: Machine) -> set[str]:
    """Return the paths that do not belong to one version alone."""
    other = ("opt/digitd/", *DIFFERENT_EACH_BOOT)
    return {path for path in files(kitchen.root) if not path.startswith(other)}


def left_by_digitd(kitchen: Machine, bare: Machine) -> set[str]:
    """Return the paths that are not where digitd never was."""
    left = files(kitchen.root) - files(bare.root)
    return {path for path in left if not path.startswith(BROUGHT_BY_TESTS + DIFFERENT_EACH_BOOT)}


def files(root: Path) -> set[str]:
    """Return the paths of all that is there, below `root`."""
    return {
        str(Path(folder, name).relative_to(root))
        for folder, folders, names in os.walk(root)
        for name in (*folders, *names)
    }
