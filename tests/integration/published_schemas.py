"""What Home Assistant takes in a discovery message, printed as JSON; runs where Home Assistant is installed.

    chroot .cache/home-assistant /v/bin/python - <tests/integration/published_schemas.py \
        >tests/unit/home_assistant_schemas.json
"""

import json
from importlib import import_module
from typing import Any

import voluptuous
from homeassistant.components.mqtt import schemas
from homeassistant.const import __version__

ENTITIES = ("binary_sensor", "button", "event", "number", "sensor", "switch")


def keys(schema: Any) -> dict[str, list[str]]:  # noqa: ANN401 - whatever voluptuous makes a schema of
    """Return the keys that a schema asks for and those that it allows."""
    if isinstance(schema, voluptuous.All):
        return next(filter(None, map(keys, schema.validators)))
    told = getattr(schema, "schema", schema)
    if not isinstance(told, dict):
        return {}
    return {
        "required": sorted(str(key) for key in told if isinstance(key, voluptuous.Required)),
        "optional": sorted(
            str(key) for key in told if isinstance(key, (voluptuous.Optional, voluptuous.Exclusive))
        ),
    }


def module(name: str) -> Any:  # noqa: ANN401 - a module
    return import_module(f"homeassistant.components.mqtt.{name}")


components = {entity: keys(module(entity).DISCOVERY_SCHEMA) for entity in ENTITIES}
components["device_automation"] = keys(module("device_trigger").TRIGGER_DISCOVERY_SCHEMA)
told = {
    "version": __version__,
    "device": keys(schemas.MQTT_ENTITY_DEVICE_INFO_SCHEMA),
    "origin": keys(schemas.MQTT_ORIGIN_INFO_SCHEMA),
    "components": components,
}
print(json.dumps(told, indent=1))  # noqa: T201 - that is what it is for
