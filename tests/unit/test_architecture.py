"""Who may import whom: the picture in CONTRIBUTING.md, kept."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DAEMON = ROOT / "daemon" / "digitd"
TRAINING = ROOT / "training" / "digitd_training"

BASE = {"messages", "errors", "clock", "secret", "foreign"}
ROOMS = BASE | {"audio", "detect", "features", "decide", "model", "numbers", "publish"}

MAY_IMPORT = {  # themselves apart, and the package's version
    "__init__": set(),
    "messages": set(),
    "errors": set(),
    "clock": set(),
    "foreign": set(),
    "secret": {"errors"},
    "audio": BASE,
    "detect": BASE,
    "features": BASE,
    "decide": BASE,
    "numbers": BASE,
    "model": BASE | {"features"},
    "publish": BASE,
    "service": BASE,
    "monitor": BASE | {"features", "pictures"},
    "demo": {"errors"},
    "log": {"errors"},
    "document": {"errors"},
    "pictures": BASE,
    "terminal": BASE | {"monitor"},
    "budget": BASE,
    "calibration": BASE | {"detect"},
    "clips": BASE | {"audio", "detect"},
    "judge": BASE | {"decide", "detect"},
    "pipeline": ROOMS | {"judge"},
    "allowed": {"document"},
    "config": ROOMS | {"allowed", "log", "service", "monitor", "clips", "document"},
    "amend": {"errors", "config"},
    "commands": ROOMS
    | {"log", "service", "monitor", "pipeline", "config", "pictures", "calibration", "budget", "amend"}
    | {"terminal", "clips"},
    "arguments": set(),
    "cli": ROOMS | {"arguments", "demo", "log", "config", "commands", "pictures", "amend"},
    "__main__": {"cli"},
}
DRAWS = DAEMON / "pictures" / "paper.py"
WALL_CLOCK = {DAEMON / name for name in ("clock.py", "cli.py", "demo/subscriber.py")}
"""All others get it from the first; those show how old what somebody else said is."""

HEAVY = {"tensorflow", "keras", "matplotlib", "skimage", "scipy"}
KEPT_TO = {
    "ai_edge_litert": ["model/runtime.py"],
    "tflite_runtime": ["model/runtime.py"],
    "sounddevice": ["audio/microphone.py"],
    "rich": [f"terminal/{name}.py" for name in ("board", "card", "meter", "picture", "screen")],
    "prometheus_client": ["service/families.py", "service/prometheus.py"],
}

modules_of_the_daemon = pytest.mark.parametrize(
    "path", sorted(DAEMON.rglob("*.py")), ids=lambda path: str(path.relative_to(DAEMON))
)


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted name of all that a file imports, wherever in the file it does so."""
    package = path.relative_to(ROOT).parts[1:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else ()
            origin = ".".join((*above, *filter(None, [node.module])))
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def packages(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(path)}


def room(path: Path) -> str:
    return path.relative_to(DAEMON).parts[0].removesuffix(".py")


def rooms_imported(path: Path) -> set[str]:
    names = {name.split(".")[1] for name in imports(path) if name.startswith("digitd.")}
    return names - {room(path), "__version__"}


@modules_of_the_daemon
def test_a_room_imports_only_what_it_may(path: Path) -> None:
    assert room(path) in MAY_IMPORT, "a new room: say in this table and in CONTRIBUTING.md what it may import"

    assert rooms_imported(path) <= MAY_IMPORT[room(path)]


@modules_of_the_daemon
def test_the_daemon_knows_nothing_of_training(path: Path) -> None:
    drawn_with = {"matplotlib"} if path == DRAWS else set()

    assert not packages(path) & (HEAVY | {"digitd_training"}) - drawn_with


@pytest.mark.parametrize(("package", "files"), KEPT_TO.items())
def test_only_these_files_know_a_foreign_library(package: str, files: list[str]) -> None:
    paths = [*DAEMON.rglob("*.py"), *TRAINING.rglob("*.py")]

    importing = {path for path in paths if package in packages(path)}

    assert importing <= {DAEMON / file for file in files}


@modules_of_the_daemon
def test_the_wall_clock_is_read_in_one_place_and_only_to_be_told(path: Path) -> None:
    asked = re.findall(
        r"\b(?:datetime\.(?:now|today|utcnow)|time\.(?:time|localtime|gmtime))\(", path.read_text()
    )

    assert not asked or path in WALL_CLOCK


@pytest.mark.parametrize(
    "module", ["cli", *(f"commands.{name}" for name in ("run", "detect", "listen", "check"))]
)
def test_nothing_but_inspect_loads_what_draws_or_trains(module: str) -> None:
    program = f"import sys, digitd.{module}; print(*sorted({HEAVY} & sys.modules.keys()))"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


@pytest.mark.parametrize("root", [DAEMON, TRAINING], ids=lambda root: root.name)
def test_the_picture_in_contributing_shows_the_modules_that_exist(root: Path) -> None:
    existing = {path.relative_to(root).as_posix() for path in root.rglob("*.py")}

    assert set(pictured(root)) == {
        path for path in existing if not path.endswith(("__init__.py", "__main__.py"))
    }


def pictured(root: Path) -> Iterator[str]:
    """Yield the modules below `root`, as the indented tree in CONTRIBUTING.md shows them."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    tree = text.partition(f"    {root.relative_to(ROOT).as_posix()}/\n")[2]
    folder = ""
    for line in tree.splitlines():
        shown = re.match(r"    ( +)(\S+)", line)
        if shown is None:
            return
        indent, name = len(shown[1]), shown[2]
        folder = folder if indent > 2 else ""
        if name.endswith("/"):
            folder = name
        elif name.endswith(".py") and not name.startswith("__"):
            yield folder + name
