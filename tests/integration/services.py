"""digitd as a service: installed on a machine, with a broker and a virtual microphone, for tests."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from integration.debians import CHECKOUT, wheels
from integration.machines import Machine, machine

CONFIG = "/etc/digitd/config.yaml"
INSTALL = "/checkout/systemd/install.sh"
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/wheels"}

HOSTS = "127.0.0.1 localhost broker.test\n"
SOUND = """
pcm.kitchen {
    type pulse
    server "unix:/run/microphone/native"
    device "vmic.monitor"
    hint { show on description "kitchen" }
}
"""


@dataclass(frozen=True, slots=True)
class Installed:
    """A Debian on which digitd was installed by its installer.

    Attributes:
        ground: What machines may stand on.
        shown: What a machine has to be shown for another installation.
        told: What the installer said.
    """

    ground: tuple[Path, ...]
    shown: Mapping[str, Path]
    told: str


def install(debian: Path, layer: Path) -> Installed:
    """Install digitd as its user does, as a root who keeps files to himself."""
    shown = {"/checkout": CHECKOUT, "/wheels": wheels(debian)}
    with machine([debian], layer, {"/etc/hosts": HOSTS}, shown) as fresh:
        told = fresh.out("sh", "-c", f"umask 077 && {INSTALL}", **OFFLINE)
    return Installed((layer, debian), shown, told)


def config(port: int, **sections: Mapping[str, object]) -> str:
    """Return a configuration that fits such a machine; JSON is YAML, too."""
    own: dict[str, dict[str, object]] = {
        "audio": {"device": "kitchen"},
        "mqtt": {"host": "broker.test", "port": port},
    }
    both = {name: {**own.get(name, {}), **sections.get(name, {})} for name in {*own, *sections}}
    return json.dumps({"site": "kitchen", **both})


@contextmanager
def service(
    installed: Installed, layer: Path, config: str, sound: Path, files: Mapping[str, str] | None = None
) -> Iterator[Machine]:
    """Boot a machine with digitd as a service.

    Args:
        installed: What it stands on.
        layer: A folder that is not there yet, for what the machine changes.
        config: The text of config.yaml.
        sound: The folder of a virtual microphone, which need not be there yet.
        files: What else to write before it boots, by paths in it.
    """
    written = {CONFIG: config, "/etc/asound.conf": SOUND, **(files or {})}
    shown = {"/run/microphone": sound, **installed.shown}
    with machine(installed.ground, layer, written, shown) as booted:
        yield booted
