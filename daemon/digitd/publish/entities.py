"""What Home Assistant shows of us, component by component. Pure.

Each says its own `qos`: that of the whole message is accepted there and then used for nothing (2026.2).
"""

from collections.abc import Mapping
from typing import Any, Final

Component = dict[str, Any]
Components = Mapping[str, Component]

DIAGNOSTIC: Final = {"entity_category": "diagnostic"}
PROBLEM: Final = {"platform": "binary_sensor", "device_class": "problem", **DIAGNOSTIC}
LEVEL: Final = {
    "platform": "sensor",
    "state_topic": "health",
    "state_class": "measurement",
    "unit_of_measurement": "dBFS",
    "suggested_display_precision": 0,
    **DIAGNOSTIC,
}

HEARD: Final[Components] = {
    "keyword": {
        "platform": "event",
        "name": "Keyword",
        "icon": "mdi:account-voice",
        "state_topic": "event",
        "event_types": ["keyword"],
        "value_template": "{{ {'event_type': 'keyword', 'keyword': value_json.keyword, "
        "'confidence': value_json.confidence} | tojson }}",
    },
    "last_keyword": {
        "platform": "sensor",
        "name": "Last keyword",
        "icon": "mdi:account-voice",
        "state_topic": "last",
        "value_template": "{{ value_json.keyword }}",
        "force_update": True,  # two equal ones in a row are two
    },
}
"""What the daemon hears, and nothing without a microphone."""

NUMBERS: Final[Components] = {
    "number": {
        "platform": "event",
        "name": "Number",
        "icon": "mdi:numeric",
        "state_topic": "number",
        "event_types": ["number"],
        "value_template": "{{ {'event_type': 'number', 'number': value_json.number, "
        "'value': value_json.value, 'grammar': value_json.grammar, "
        "'confidence': value_json.confidence} | tojson }}",
    },
    "rejected_number": {
        "platform": "event",
        "name": "Rejected number",
        "icon": "mdi:numeric-off",
        "state_topic": "number/rejected",
        "event_types": ["rejected"],
        "value_template": "{{ {'event_type': 'rejected', 'reason': value_json.reason, "
        "'grammar': value_json.grammar} | tojson }}",
    },
    "last_number": {
        "platform": "sensor",
        "name": "Last number",
        "icon": "mdi:numeric",
        "state_topic": "number",
        "value_template": "{{ value_json.number }}",
        "force_update": True,
    },
}
"""The same of numbers. None of these topics has a secret one: Home Assistant writes down what it shows."""

BUDGET: Final[Components] = {
    "false_accepts": {
        "platform": "sensor",
        "name": "False accepts a day, at most",
        "icon": "mdi:account-question",
        "state_topic": "budget",
        "value_template": "{{ value_json.at_most_per_day }}",
        "state_class": "measurement",
        "unit_of_measurement": "1/d",
        "suggested_display_precision": 2,
        "json_attributes_topic": "budget",
        **DIAGNOSTIC,
    },
    "not_me": {
        "platform": "button",
        "name": "That was not me",
        "icon": "mdi:account-cancel",
        "command_topic": "request/not-me",
        "payload_press": "{}",
    },
}
"""What there is of a budget of false accepts."""

DAEMON: Final[Components] = {
    "mute": {
        "platform": "switch",
        "name": "Mute",
        "icon": "mdi:microphone-off",
        "state_topic": "mute",
        "command_topic": "mute/set",
    },
    "threshold": {
        "platform": "number",
        "name": "Threshold",
        "icon": "mdi:tune-vertical",
        "state_topic": "threshold",
        "command_topic": "threshold/set",
        "min": 0.5,
        "max": 0.999,
        "step": 0.001,
        "mode": "box",
        "entity_category": "config",
    },
    "microphone_problem": {
        **PROBLEM,
        "name": "Microphone",
        "state_topic": "microphone",
        "payload_on": "offline",
        "payload_off": "online",
        "json_attributes_topic": "health",
        "json_attributes_template": "{{ {'state': value_json.state, 'reason': value_json.reason} | tojson }}",
    },
    "model_problem": {
        **PROBLEM,
        "name": "Model",
        "state_topic": "health",
        "value_template": "{{ 'OFF' if value_json.canary.ok else 'ON' }}",
        "json_attributes_topic": "health",
        "json_attributes_template": "{{ {'reason': value_json.canary.trouble} | tojson }}",
    },
    "broker_problem": {
        **PROBLEM,
        "name": "Broker",
        "state_topic": "health",
        "value_template": "{{ 'ON' if value_json.broker.trouble else 'OFF' }}",
        "json_attributes_topic": "health",
        "json_attributes_template": "{{ {'reason': value_json.broker.trouble} | tojson }}",
    },
    "level": {
        **LEVEL,
        "name": "Level",
        "icon": "mdi:microphone",
        "value_template": "{{ value_json.level_dbfs }}",
    },
    "onset_level": {
        **LEVEL,
        "name": "Onset level",
        "icon": "mdi:arrow-collapse-up",
        "value_template": "{{ value_json.onset_dbfs }}",
    },
}
"""What is there as long as the daemon is: these are looked at when the microphone is not."""


def entities(identity: str, topics: str, *, numbers: bool, budget: bool) -> Components:
    """Return the components that have a state, by a key that stays the same.

    Args:
        identity: Each one's unique id begins with this.
        topics: Theirs are below this.
        numbers: Whether there are numbers; those of them are taken away otherwise.
        budget: Whether there is a budget of false accepts; likewise.
    """
    sound = {**HEARD, **NUMBERS} if numbers else HEARD
    heard = {
        key: _complete(key, component, identity, topics, "availability", "microphone")
        for key, component in sound.items()
    }
    daemon = {
        key: _complete(key, component, identity, topics, "availability")
        for key, component in ({**DAEMON, **BUDGET} if budget else DAEMON).items()
    }
    absent = {**({} if numbers else NUMBERS), **({} if budget else BUDGET)}
    return {**without(absent), **heard, **daemon}


def without(components: Components) -> Components:
    """Return what takes components away: a platform and nothing else."""
    return {key: {"platform": component["platform"]} for key, component in components.items()}


def _complete(key: str, component: Component, identity: str, topics: str, *needed: str) -> Component:
    """Add what every component has: a unique id, topics in full, and those that have to say `online`."""
    in_full = {name: f"{topics}/{topic}" for name, topic in component.items() if name.endswith("_topic")}
    return {
        **component,
        **in_full,
        "unique_id": f"{identity}_{key}",
        "availability": [{"topic": f"{topics}/{topic}"} for topic in needed],
        "availability_mode": "all",
        "qos": 1,
    }
