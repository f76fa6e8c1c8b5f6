"""Changes single keys of config.yaml and leaves every other byte as it is: comments, order, blank lines.

A library that reads and writes YAML with its comments (ruamel.yaml) writes the whole file anew, wraps long
lines and moves comments; here only what changes is cut out and put in. What comes of it is read again, and
has to be the configuration that was meant.
"""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import yaml

from digitd.config import parse_config
from digitd.errors import ConfigError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Value: TypeAlias = str | float | bool
Settings = TypeVar("Settings", bound="DataclassInstance")


def amend(path: Path, changes: Mapping[str, Value]) -> None:
    """Change keys of a configuration file.

    Args:
        path: The file. A power cut leaves the old one or the new one.
        changes: `section.key`, or `key`, to its new value.

    Raises:
        ConfigError: The file cannot be read or written, or is of a form that cannot be changed safely.
    """
    file = path.resolve()
    fresh = file.with_name(f"{file.name}.new")
    try:
        content = amended(file.read_bytes(), changes, str(path))
        with fresh.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        _keep_owner_and_mode(file, fresh)
        fresh.replace(file)
    except OSError as error:
        raise ConfigError(f"{error.filename or path}: {error.strerror}; it stays as it is") from error


def amended(source: bytes, changes: Mapping[str, Value], name: str) -> bytes:
    """Return the content of a configuration file with keys changed.

    Args:
        source: YAML in UTF-8, right as it is.
        changes: As for `amend`.
        name: What errors call the file.

    Raises:
        ConfigError: It is wrong as it is, or of a form that cannot be changed safely.
    """
    meant = _changed(parse_config(source, name), changes)
    try:
        text = source.decode()
        for key, value in changes.items():
            text = _with(text, key.split("."), _scalar(value))
        if parse_config(text.encode(), name) == meant:
            return text.encode()
    except (UnicodeDecodeError, yaml.YAMLError, ConfigError, _UnknownFormError) as error:
        raise _refusal(changes, name) from error
    raise _refusal(changes, name)


class _UnknownFormError(Exception):
    """The file says a thing in a way that is not foreseen here."""


def _refusal(changes: Mapping[str, Value], name: str) -> ConfigError:
    wanted = ", ".join(f"{key}: {_scalar(value)}" for key, value in changes.items())
    return ConfigError(f"{name}: written in a way that digitd does not change by itself; please set {wanted}")


def _changed(settings: Settings, changes: Mapping[str, Value]) -> Settings:
    """Change keys of a settings class, those of its sections included."""
    fresh: dict[str, Any] = {key: value for key, value in changes.items() if "." not in key}
    for section in {key.partition(".")[0] for key in changes if "." in key}:
        few = {
            key.partition(".")[2]: value for key, value in changes.items() if key.startswith(f"{section}.")
        }
        fresh[section] = _changed(getattr(settings, section), few)
    return replace(settings, **fresh)


def _scalar(value: Value) -> str:
    """Write a value as JSON does, which is YAML; but to YAML 1.1 1e-05 is text, and 1.0e-05 a number."""
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("e", ".0e") if isinstance(value, float) and "." not in text else text


def _with(text: str, keys: list[str], value: str) -> str:
    """Set one key below the sections that lead to it."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None:
        return _with_line_at_end(text, "", keys, value)
    node = root
    for depth, key in enumerate(keys):
        if not isinstance(node, yaml.MappingNode):
            raise _UnknownFormError
        entry = next((entry for entry in node.value if entry[0].value == key), None)
        if entry is None:
            return _with_entry(text, node, keys[depth:], value)
        key_node, node = entry
        if node.start_mark.index < key_node.end_mark.index:  # an alias: the value stands elsewhere
            raise _UnknownFormError
        if depth < len(keys) - 1 and node.tag == "tag:yaml.org,2002:null":
            return _with_section_filled(text, key_node, node, keys[depth + 1 :], value)
    return _with_value(text, node, value)


def _with_value(text: str, node: yaml.Node, value: str) -> str:
    """Put a value in the place of another; a comment behind it stays in its column while there is room."""
    if not isinstance(node, yaml.ScalarNode):
        raise _UnknownFormError
    start, end = node.start_mark.index, node.end_mark.index
    rest = text[end:]
    spaces = len(rest) - len(rest.lstrip(" "))
    if spaces and rest[spaces : spaces + 1] == "#":
        rest = " " * max(spaces + end - start - len(value), 1) + rest[spaces:]
    return text[:start] + value + rest


def _with_entry(text: str, section: yaml.MappingNode, keys: list[str], value: str) -> str:
    """Add a key as the first one of a section, or a section as the last one of all."""
    if section.flow_style:
        at = section.start_mark.index + 1
        entry = f"{': {'.join(keys)}: {value}" + "}" * (len(keys) - 1)
        return text[:at] + entry + (", " if section.value else "") + text[at:]
    first = section.value[0][0].start_mark
    indent = " " * first.column
    if len(keys) > 1:
        return _with_line_at_end(text, indent, keys, value)
    return text[: first.index] + f"{keys[0]}: {value}{_newline(text)}{indent}" + text[first.index :]


def _with_section_filled(
    text: str, section: yaml.ScalarNode, nothing: yaml.Node, keys: list[str], value: str
) -> str:
    """Add the first key to a section that has none, below its line."""
    if nothing.start_mark.index != nothing.end_mark.index or len(keys) > 1:  # `null` in so many letters
        raise _UnknownFormError
    end = text.find("\n", section.end_mark.index)
    head, tail = (text + _newline(text), "") if end < 0 else (text[: end + 1], text[end + 1 :])
    return f"{head}{' ' * (section.start_mark.column + 2)}{keys[0]}: {value}{_newline(text)}{tail}"


def _with_line_at_end(text: str, indent: str, keys: list[str], value: str) -> str:
    newline = _newline(text)
    lines = [f"{indent}{'  ' * depth}{key}:" for depth, key in enumerate(keys)]
    whole = text if not text or text.endswith("\n") else text + newline
    return whole + newline.join(lines) + f" {value}{newline}"


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _keep_owner_and_mode(file: Path, fresh: Path) -> None:
    shutil.copymode(file, fresh)
    status = file.stat()
    if os.geteuid() == 0:
        os.chown(fresh, status.st_uid, status.st_gid)
