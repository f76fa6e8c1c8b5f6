"""The service's unit and its installer, as far as that can be seen without installing anything."""

import shutil
import subprocess
from pathlib import Path

import pytest

from integration.debians import CHECKOUT

UNIT = CHECKOUT / "systemd" / "digitd.service"
INSTALLER = CHECKOUT / "systemd" / "install.sh"

MOST_EXPOSED = 20  # tenths of systemd's score, from 0 to 100


def run(*command: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run a program, or skip the test where it is not installed."""
    program = str(command[0])
    if shutil.which(program) is None:
        pytest.skip(f"{program} missing: make test installs it")
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_systemd_finds_nothing_to_say_about_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/digitd/current/bin/digitd", "/bin/true"))

    done = run("systemd-analyze", "verify", unit)

    assert (done.stdout, done.stderr) == ("", "")  # it returns 0 where it does not know a key


def test_the_unit_is_hardened() -> None:
    done = run("systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", UNIT)

    assert done.returncode == 0, done.stdout


def test_shellcheck_finds_nothing_to_say_about_the_installer() -> None:
    done = run("shellcheck", INSTALLER)

    assert (done.stdout, done.stderr) == ("", "")


def test_the_installer_explains_itself_with_an_example() -> None:
    done = run(INSTALLER, "--help")

    assert "example:\n  sudo systemd/install.sh" in done.stdout
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--upgrade"], "--upgrade: unknown option"),
        (["--purge"], "--purge goes with --remove"),
        (["one.whl", "two.whl"], "two.whl: one source is enough"),
        (["--remove", "one.whl"], "one.whl: --remove takes away what is installed"),
    ],
)
def test_the_installer_says_how_it_is_used(arguments: list[str], told: str) -> None:
    done = run(INSTALLER, *arguments)

    assert done.stderr.startswith(f"digitd: {told}; see ")
    assert done.returncode == 2
