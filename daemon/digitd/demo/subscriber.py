"""A subscriber in a process of its own, for the demo: `python -m digitd.demo.subscriber HOST PORT BASE/SITE`.

Writes a line `ready` once it is subscribed, then for each `event` one line of JSON, as it arrives:

    {"received": "2026-11-22T15:04:05.698Z", "event": {"schema": 1, ...}}

Ends when the broker goes.
"""

import json
import sys
from datetime import UTC, datetime

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion


def main(host: str, port: int, prefix: str) -> None:
    """Tell every event below `prefix` on standard output."""
    client = Client(CallbackAPIVersion.VERSION2, userdata=f"{prefix}/event", reconnect_on_failure=False)
    client.on_connect = _on_connect
    client.on_subscribe = _on_subscribe
    client.on_message = _on_message
    client.connect(host, port)
    client.loop_forever()


def _on_connect(client: Client, topic: str, *_: object) -> None:
    client.subscribe(topic, qos=1)


def _on_subscribe(*_: object) -> None:
    _tell("ready")


def _on_message(_client: Client, _topic: str, message: MQTTMessage) -> None:
    received = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    _tell(json.dumps({"received": received, "event": json.loads(message.payload)}, ensure_ascii=False))


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()  # the reader waits at the other end of a pipe


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
