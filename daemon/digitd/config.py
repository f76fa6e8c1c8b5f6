"""config.yaml -> the rooms' own frozen settings; every mistake at once, each with its place and cure."""

import difflib
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

import msgspec
import yaml
from msgspec import Meta

from digitd.allowed import converted
from digitd.audio.settings import AudioSettings
from digitd.clips.settings import ClipSettings
from digitd.decide import DecisionSettings
from digitd.detect.segmenter import SegmenterSettings
from digitd.document import composed, content, has_controls
from digitd.errors import ConfigError
from digitd.log import LogSettings
from digitd.model import ModelSettings
from digitd.monitor.settings import MonitorSettings
from digitd.numbers import NumberSettings
from digitd.publish.home_assistant import HomeAssistantSettings
from digitd.publish.settings import MqttSettings
from digitd.service.metrics import MetricsSettings

MASK: Final = "***"

SEARCHED: Final = (Path("config.yaml"), Path("/etc/digitd/config.yaml"))
NULL: Final = "tag:yaml.org,2002:null"
NAME: Final = re.compile(r"[\w-]{1,60}")

TopicLevel = Annotated[
    str,
    Meta(
        pattern=r"^[^/+#\s]*$",
        max_length=64,
        description="text of at most 64 characters without '/', '+', '#' or spaces",
    ),
]
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that config.yaml may say.

    Attributes:
        site: The place that this microphone listens to, as it stands in topics; empty for the short hostname.
        audio: Where samples come from.
        detector: Which samples are an utterance.
        model: What recognises them.
        decision: When an answer is good enough to act on.
        numbers: When digits said in a row are a number.
        mqtt: Where detections go.
        home_assistant: How Home Assistant gets to know this daemon.
        metrics: Numbers for Prometheus.
        monitor: The web page.
        clips: Recordings of utterances, kept to learn from.
        log: What is told on standard error.
    """

    site: TopicLevel = ""
    audio: AudioSettings = field(default_factory=AudioSettings)
    detector: SegmenterSettings = field(default_factory=SegmenterSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    decision: DecisionSettings = field(default_factory=DecisionSettings)
    numbers: NumberSettings = field(default_factory=NumberSettings)
    mqtt: MqttSettings = field(default_factory=MqttSettings)
    home_assistant: HomeAssistantSettings = field(default_factory=HomeAssistantSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)
    monitor: MonitorSettings = field(default_factory=MonitorSettings)
    clips: ClipSettings = field(default_factory=ClipSettings)
    log: LogSettings = field(default_factory=LogSettings)


class Mistake(NamedTuple):
    """One line for the person who wrote the file."""

    line: int
    text: str


def load_config(path: Path | None, environ: Mapping[str, str]) -> Config:
    """Read the configuration that is in force.

    Args:
        path: The file named on the command line, if one was.
        environ: Where DIGITD_CONFIG may name one.

    Raises:
        ConfigError: The file cannot be read, or says something that is not allowed.
    """
    try:
        found = find_config(path, environ)
    except OSError as error:
        raise ConfigError(f"{error.filename}: {error.strerror}; may this user look there?") from error
    return Config() if found is None else parse_config(content(found), str(found))


def find_config(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    """Return the file to read: the one named, else the first of `SEARCHED` that is there, else None."""
    if path is not None:
        return path
    if named := environ.get("DIGITD_CONFIG"):
        return Path(named)
    return next((candidate for candidate in SEARCHED if candidate.exists()), None)


def parse_config(source: bytes, name: str) -> Config:
    """Read the configuration from a file's content; what it leaves out has its default.

    Args:
        source: YAML.
        name: What mistakes call the file.

    Raises:
        ConfigError: One line a mistake.
    """
    mistakes: list[Mistake] = []
    root = composed(source, name)
    config = Config() if root is None else _settings(Config, root, "", mistakes)
    if mistakes:
        raise ConfigError("\n".join(f"{name}:{line}: {text}" for line, text in sorted(mistakes)))
    return config


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of config.yaml, in the words of the settings' docstrings."""
    schema = msgspec.json.schema(Config)
    for kind in settings_classes(Config):
        described = schema["$defs"][kind.__name__]
        described["description"] = (inspect.getdoc(kind) or "").partition("\n")[0]
        described["additionalProperties"] = False
        for key, text in _attributes(kind).items():
            described["properties"][key]["description"] = text
    return schema


def without_secrets(config: Config) -> dict[str, Any]:
    """Return what is set, as a subscriber may see it: no password, and no argument that may hold one."""
    shown: dict[str, Any] = msgspec.to_builtins(config)
    shown["mqtt"]["password"] = MASK if config.mqtt.password else ""
    shown["monitor"]["token"] = MASK if config.monitor.token else ""
    program, _, arguments = config.audio.command.partition(" ")
    shown["audio"]["command"] = f"{program} {MASK}" if arguments else program
    return shown


def _settings(kind: type[S], node: yaml.Node, prefix: str, mistakes: list[Mistake]) -> S:
    """Read one settings class; where there are mistakes they are noted, and the defaults returned."""
    known = len(mistakes)
    values = dict(_values(kind, node, prefix, mistakes))
    if len(mistakes) > known:
        return kind()
    try:
        return kind(**values)
    except ValueError as error:
        mistakes.append(_contradiction(node, prefix, str(error)))
        return kind()


def _values(
    kind: type[object], node: yaml.Node, prefix: str, mistakes: list[Mistake]
) -> Iterator[tuple[str, Any]]:
    hints = get_type_hints(kind, include_extras=True)
    for key, key_node, value_node in _entries(node, prefix, mistakes):
        if key not in hints:
            name = _shown(key_node, value_node)
            mistakes.append(_mistake(key_node, prefix + name, _unknown(key, name, hints)))
        elif is_dataclass(hints[key]):
            yield key, _settings(hints[key], value_node, f"{prefix}{key}.", mistakes)
        elif named := _named(hints[key]):
            yield key, _by_name(named, value_node, f"{prefix}{key}.", mistakes)
        else:
            try:
                yield key, converted(value_node, hints[key])
            except ValueError as error:
                mistakes.append(_mistake(value_node, prefix + key, str(error)))


def _by_name(kind: type[S], node: yaml.Node, prefix: str, mistakes: list[Mistake]) -> dict[str, S]:
    """Read settings classes that the person who wrote the file gave names to, in their order."""
    return {
        name: _settings(kind, value_node, f"{prefix}{_shown(key_node, value_node)}.", mistakes)
        for name, key_node, value_node in _entries(node, prefix, mistakes)
    }


def _contradiction(node: yaml.Node, prefix: str, text: str) -> Mistake:
    """Place what a settings class says of values that contradict; `key: ...` names the one to change."""
    key, colon, reason = text.partition(": ")
    nodes = {str(key_node.value): key_node for key_node, _ in node.value}
    if colon and key in nodes:
        return _mistake(nodes[key], prefix + key, reason)
    return _mistake(node, prefix.rstrip("."), text)


def _entries(
    node: yaml.Node, prefix: str, mistakes: list[Mistake]
) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
    """Give each key once, with the nodes of its name and value."""
    if node.tag == NULL:  # a section whose keys are all commented out
        return
    if not isinstance(node, yaml.MappingNode):
        mistakes.append(_mistake(node, prefix.rstrip("."), "must be a section of `key: value` lines"))
        return
    lines: dict[str, int] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode) or has_controls(key_node):
            mistakes.append(_mistake(key_node, prefix.rstrip("."), "a key must be text"))
            continue
        key = key_node.value
        if key in lines:
            text = f"given twice, first in line {lines[key]}"
            mistakes.append(_mistake(key_node, prefix + _shown(key_node, value_node), text))
            continue
        lines[key] = _line(key_node)
        yield key, key_node, value_node


def _unknown(key: str, shown: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    cure = f"did you mean {close[0]!r}?" if close else f"known here: {', '.join(known)}"
    hint = "; not shown, it may be a value: is a space missing after a colon, or are quotes?"
    return f"unknown key ({cure}){'' if shown == key else hint}"


def _mistake(node: yaml.Node, where: str, text: str) -> Mistake:
    return Mistake(_line(node), f"{where}: {text}" if where else text)


def _shown(key: yaml.Node, said: yaml.Node) -> str:
    """Name a key that looks like one; `{password:secret}` and `{password: some,secret}` have others."""
    looks_like_one = NAME.fullmatch(key.value) and said.tag != NULL
    return str(key.value) if looks_like_one else "?"


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def settings_classes(kind: type[object]) -> Iterator[type[object]]:
    """Give a settings class and all that it is made of, however deep."""
    yield kind
    for hint in get_type_hints(kind).values():
        inner = _named(hint) or hint
        if isinstance(inner, type) and is_dataclass(inner):
            yield from settings_classes(inner)


def _named(hint: Any) -> type[Any] | None:  # noqa: ANN401  # as for `_value`
    """Return the settings class of which a key has any number, each with a name; None for other keys."""
    if get_origin(hint) is not Mapping:
        return None
    return get_args(hint)[1]  # type: ignore[no-any-return]  # get_args() says nothing of what it returns


def _attributes(kind: type[object]) -> dict[str, str]:
    """Return what the docstring's Attributes section says of each."""
    _, _, attributes = (inspect.getdoc(kind) or "").partition("Attributes:\n")
    described = re.findall(r"^    (\w+): (.*(?:\n {8,}.*)*)", attributes, re.MULTILINE)
    return {key: " ".join(text.split()) for key, text in described}
