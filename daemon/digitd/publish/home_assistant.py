"""What Home Assistant is told of us: one message, from which it makes a device. Pure.

By the device form of MQTT discovery, https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from digitd.publish.entities import Component, Components, entities, without
from digitd.publish.payload import Elsewhere, Message

BIRTH: Final = b"online"
"""What Home Assistant says once it listens."""

SPELT: Final = {
    str(value): word
    for value, word in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    )
}
"""How a digit reads in a list of triggers."""


@dataclass(frozen=True, slots=True)
class HomeAssistantSettings:
    """How we introduce ourselves to Home Assistant.

    Attributes:
        enabled: Publish a discovery message, from which Home Assistant makes a device.
        prefix: Of Home Assistant's discovery topics; its birth message is expected on `<prefix>/status`.
        name: What the device is called there at first; empty makes `digitd <site>`.
    """

    enabled: bool = True
    prefix: Annotated[str, Meta(pattern=r"^[^/+#$][^+#]*(?<!/)$")] = "homeassistant"
    name: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """A daemon in its place.

    Attributes:
        identity: What no other daemon is called and this one always is; see `identity`.
        name: For people.
        topics: All of its topics are below this: `<base>/<site>`.
        model: Name and version of the model.
        version: Of the daemon.
        keywords: What it may hear.
        numbers: Whether it puts digits together to numbers.
        budget: Whether it keeps a budget of false accepts.
        forgotten: What it might have heard before, with another model.
    """

    identity: str
    name: str
    topics: str
    model: str
    version: str
    keywords: tuple[str, ...]
    numbers: bool
    budget: bool
    forgotten: tuple[str, ...] = ()


def identity(site: str, machine: str) -> str:
    """Return a name for the daemon of a place, in the letters that are allowed in discovery topics.

    Args:
        site: The place that is listened to.
        machine: What tells this machine from others.
    """
    return f"digitd_{_plain(site)}_{machine}"


def discovery_topic(settings: HomeAssistantSettings, identity: str) -> Elsewhere:
    """Return where a device is introduced."""
    return Elsewhere(f"{settings.prefix}/device/{identity}/config")


def birth_topic(settings: HomeAssistantSettings) -> Elsewhere:
    """Return where Home Assistant says that it listens."""
    return Elsewhere(f"{settings.prefix}/status")


def introduction(settings: HomeAssistantSettings, device: Device) -> Message:
    """Return the message from which Home Assistant makes a device."""
    told = {
        "device": {
            "identifiers": [device.identity],
            "name": device.name,
            "manufacturer": "digitd",
            "model": device.model,
            "sw_version": device.version,
        },
        "origin": {"name": "digitd", "sw_version": device.version},
        "components": {
            **_triggers(device),
            **entities(device.identity, device.topics, numbers=device.numbers, budget=device.budget),
        },
    }
    topic = discovery_topic(settings, device.identity)
    return Message(topic, msgspec.json.encode(told), retain=True)


def _triggers(device: Device) -> Components:
    """Return what can be picked in the editor of automations, and take away what cannot any more."""
    heard, before = _of_keywords(device, device.keywords), _of_keywords(device, device.forgotten)
    numbers = {
        "a_number": _trigger("spoken", "a number", f"{device.topics}/number"),
        "a_rejected_number": _trigger("rejected", "a number", f"{device.topics}/number/rejected"),
    }
    return {**without(before), **heard, **(numbers if device.numbers else without(numbers))}


def _of_keywords(device: Device, keywords: Iterable[str]) -> Components:
    return {
        f"keyword_{_plain(keyword)}": {
            **_trigger("spoken", SPELT.get(keyword, keyword), f"{device.topics}/keyword"),
            "payload": keyword,
        }
        for keyword in keywords
    }


def _trigger(kind: str, subtype: str, topic: str) -> Component:
    return {
        "platform": "device_automation",
        "automation_type": "trigger",
        "type": kind,
        "subtype": subtype,
        "topic": topic,
        "qos": 1,
    }


def _plain(name: str) -> str:
    """Spell a name with ASCII letters, digits, `-` and `_`; two names differ after it, too."""
    return re.sub(r"[^A-Za-z0-9-]", lambda other: f"_{ord(other[0]):x}_", name)
