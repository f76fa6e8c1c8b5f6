"""A real Home Assistant, for tests: a process in a Debian of its own, spoken to as its own pages do."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from websockets.sync.client import connect

from integration.brokers import free_port, listens

ROOT = os.environ.get("DIGITD_HOME_ASSISTANT")
"""A folder made by home_assistant.sh."""

CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
"""uv, which fetches them, would only believe in its own."""

START_S = 180.0
"""The first time it fetches what its parts need from PyPI."""

CONFIGURATION = """
homeassistant: {{name: Home, time_zone: UTC, packages: {{recipe: !include recipe.yaml}}}}
http: {{server_host: 127.0.0.1, server_port: {port}}}
api:
config:
frontend:
history:
logbook:
logger: {{default: warning, logs: {{homeassistant.components.mqtt.discovery: info}}}}
automation: !include automations.yaml
"""


def inside(*command: str) -> list[str]:
    """Return a command as it is called so that it runs beside Home Assistant; skips where there is none.

    What it starts ends with it, and what it mounts is not seen outside.
    """
    if ROOT is None:
        pytest.skip("no Home Assistant: make test-home-assistant")
    return [
        *("unshare", "--mount", "--pid", "--fork", "--kill-child", f"--mount-proc={ROOT}/proc"),
        *("chroot", ROOT, "env", "-i", "HOME=/root", "PATH=/v/bin:/usr/bin:/bin"),
        *(f"SSL_CERT_FILE={CERTIFICATES}", *command),
    ]


@dataclass(slots=True)
class HomeAssistant:
    """A Home Assistant that has been set up for its first user.

    Attributes:
        folder: Its configuration.
        port: Its web pages and interfaces are there.
        process: The running server.
        token: Lets us in.
    """

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    token: str = ""

    @property
    def log(self) -> str:
        """What it has written so far."""
        return (self.folder / "home-assistant.log").read_text(encoding="utf-8")

    def start(self) -> None:
        """Start it, and wait until it runs."""
        self.process = subprocess.Popen(
            inside("hass", "-c", f"/{self.folder.name}"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.until(lambda: listens(self.port) and self._is_up(), "it is up", START_S)

    def stop(self) -> None:
        """End it as a person would: it keeps what it should."""
        assert self.process is not None
        self.post("/api/services/homeassistant/stop", {})
        self.process.wait(timeout=60)

    def onboard(self) -> None:
        """Become its first user."""
        client = f"http://127.0.0.1:{self.port}/"
        person = {
            "client_id": client,
            "name": "Test",
            "username": "test",
            "password": "test",
            "language": "en",
        }
        code = self.post("/api/onboarding/users", person)["auth_code"]
        form = {"grant_type": "authorization_code", "code": code, "client_id": client}
        self.token = self._ask("POST", "/auth/token", urlencode(form), "application/x-www-form-urlencoded")[
            "access_token"
        ]
        for step in ("core_config", "analytics"):
            self.post(f"/api/onboarding/{step}", {})
        self.post("/api/onboarding/integration", {"client_id": client, "redirect_uri": client})

    def write_recipe(self, text: str) -> None:
        """Let the configuration hold this YAML and no other; it is read at the start and when asked to."""
        (self.folder / "recipe.yaml").write_text(text, encoding="utf-8")

    def add_broker(self, port: int) -> None:
        """Add the MQTT integration, as its dialogue does."""
        flow = self.post("/api/config/config_entries/flow", {"handler": "mqtt"})["flow_id"]
        done = self.post(f"/api/config/config_entries/flow/{flow}", {"broker": "127.0.0.1", "port": port})
        assert done["type"] == "create_entry", done

    def post(self, path: str, body: object) -> Any:  # noqa: ANN401 - JSON
        """Ask the HTTP interface to do something."""
        return self._ask("POST", path, json.dumps(body), "application/json")

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Ask the HTTP interface for something."""
        return self._ask("GET", path, None, "application/json")

    def state(self, entity: str) -> str:
        """Return what an entity is now."""
        told: str = self.get(f"/api/states/{entity}").get("state", "missing")
        return told

    def ask(self, kind: str, **more: object) -> Any:  # noqa: ANN401 - JSON
        """Ask the interface that only its own pages use."""
        with connect(f"ws://127.0.0.1:{self.port}/api/websocket", max_size=None) as line:
            line.recv()
            line.send(json.dumps({"type": "auth", "access_token": self.token}))
            assert json.loads(line.recv())["type"] == "auth_ok"
            line.send(json.dumps({"id": 1, "type": kind, **more}))
            answer = json.loads(line.recv())
        assert answer["success"], answer
        return answer["result"]

    def wait_for(self, entity: str, *states: str, timeout_s: float = 30.0) -> None:
        """Wait until an entity is in one of these states."""
        self.until(lambda: self.state(entity) in states, f"{entity} is {' or '.join(states)}", timeout_s)

    def until(self, condition: Callable[[], bool], what: str, timeout_s: float = 30.0) -> None:
        """Wait until something is true."""
        give_up_at = time.monotonic() + timeout_s
        while not condition():
            assert self.process is not None
            assert self.process.poll() is None, self.log
            assert time.monotonic() < give_up_at, f"not in time: {what}\n{self.log}"
            time.sleep(0.1)

    def _is_up(self) -> bool:
        if not self.token:
            return bool(self.get("/api/onboarding"))
        told: str = self.get("/api/config")["state"]
        return told == "RUNNING"

    def _ask(self, method: str, path: str, body: str | None, kind: str) -> Any:  # noqa: ANN401 - JSON
        line = HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Content-Type": kind}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            line.request(method, path, body, headers)
            return json.loads(line.getresponse().read())
        finally:
            line.close()


@contextmanager
def home_assistant() -> Iterator[HomeAssistant]:
    """Run a new Home Assistant with a first user; skips where there is none."""
    if ROOT is None:
        pytest.skip("no Home Assistant: make test-home-assistant")
    folder = Path(ROOT) / "configuration"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    home = HomeAssistant(folder, free_port())
    (folder / "configuration.yaml").write_text(CONFIGURATION.format(port=home.port))
    (folder / "automations.yaml").write_text("[]\n")
    home.write_recipe("{}")
    try:
        home.start()
        home.onboard()
        yield home
    finally:
        if home.process is not None and home.process.poll() is None:
            home.process.kill()
            home.process.wait(timeout=60)
