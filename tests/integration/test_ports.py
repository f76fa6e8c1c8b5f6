"""Ports that are opened where somebody asks for it: what is in the way is told with its cure."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from digitd.demo.play import SPEECH
from integration.brokers import free_port
from integration.daemons import daemon

AUDIO: dict[str, object] = {"source": "files", "files": [str(SPEECH)]}


@pytest.mark.parametrize("section", ["metrics", "monitor"])
def test_a_port_that_is_taken_is_told_with_its_cure(section: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        sections = {"audio": AUDIO, section: {"enabled": True, "port": port}}
        with daemon(tmp_path, os.environ, free_port(), sections) as running:
            running.process.wait(timeout=20)

    assert running.process.returncode == 69
    assert running.log.read_text().splitlines()[-1] == (
        f"digitd: {section}: 127.0.0.1:{port}: Address already in use; is another digitd running here? "
        f"Change {section}.host or {section}.port, or set {section}.enabled: false"
    )


@pytest.mark.parametrize(("command", "code"), [("run", 78), ("check", 1)])
@pytest.mark.parametrize(
    ("section", "module", "package"),
    [("metrics", "prometheus_client", "prometheus-client"), ("monitor", "websockets", "websockets")],
)
def test_a_package_that_is_missing_is_told_with_its_cure(  # noqa: PLR0913, PLR0917 - a column each
    section: str, module: str, package: str, command: str, code: int, tmp_path: Path
) -> None:
    (tmp_path / "config.yaml").write_text(
        f"audio: {{source: files, files: [/dev/null]}}\n{section}: {{enabled: true}}\n"
    )
    program = (
        f"import sys; sys.modules['{module}'] = None\n"
        f"from digitd.cli import main; sys.exit(main(['{command}']))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=30
    )

    cure = (
        f"{section}.enabled: {package} is not installed: `pip install 'digitd[{section}]'`, "
        f"or set {section}.enabled: false"
    )
    assert done.returncode == code
    assert (done.stdout + done.stderr).rstrip().endswith(cure)
