"""A configuration's file as nodes of YAML: whatever it holds, it is read soon or refused with its place."""

import codecs
import re
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import ComposerError
from yaml.reader import Reader

from digitd.errors import ConfigError

LARGEST_BYTES = 1 << 16
"""Of a file; the shipped config.yaml, comments and all, is a tenth of that."""

NAMED = re.compile(r"\b(alias|anchor|tag handle) (['\"]).*\2")
"""What PyYAML's reports call by name; `password: *secret` gives away one."""

DEEPEST = 8
"""Nodes within nodes; a word of a list in a section is the fourth."""


def content(path: Path) -> bytes:
    """Read a file.

    Raises:
        ConfigError: It cannot be read, or is too large.
    """
    try:
        with path.open("rb") as file:
            found = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; is it there, and may this user read it?") from error
    if len(found) > LARGEST_BYTES:
        raise ConfigError(f"{path}: larger than {LARGEST_BYTES} bytes; is it really a configuration?")
    return found


def composed(source: bytes, name: str) -> yaml.Node | None:
    """Return the root of a document; None where it says nothing.

    Args:
        source: UTF-8, or UTF-16 with a mark of its byte order.
        name: What mistakes call the file.

    Raises:
        ConfigError: It is no YAML, or YAML that no configuration needs.
    """
    text = _text(source, name)
    try:
        return yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        context = f" {error.context}" if error.context else ""
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = NAMED.sub(r"\1 (put the value in quotes)", f"broken YAML{context}: {error.problem}")
        raise ConfigError(f"{name}:{line}: {problem}") from error


def value(node: yaml.Node) -> Any:  # noqa: ANN401  # what YAML makes of it
    """Return a scalar or a list of scalars: no setting is anything else, and aliases cannot multiply it.

    Raises:
        ValueError: It is something else, or nothing that Python has a value for.
    """
    if isinstance(node, yaml.SequenceNode):
        return [_scalar(item) for item in node.value]
    return _scalar(node)


def has_controls(node: yaml.Node) -> bool:
    """Whether it is or lists text that no topic, file or program can have in its name."""
    parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
    return any(isinstance(part.value, str) and Reader.NON_PRINTABLE.search(part.value) for part in parts)


def _scalar(node: yaml.Node) -> Any:  # noqa: ANN401  # as for `value`
    if not isinstance(node, yaml.ScalarNode) or has_controls(node):
        raise ValueError(node.tag)
    try:
        return yaml.constructor.SafeConstructor().construct_document(node)
    except (OverflowError, yaml.YAMLError) as error:
        raise ValueError(node.tag) from error


def _text(source: bytes, name: str) -> str:
    is_utf_16 = source.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = source.decode("utf-16" if is_utf_16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{name}:{line}: not in UTF-8; save it so") from error
    if strange := Reader.NON_PRINTABLE.search(text):
        line = text.count("\n", 0, strange.start()) + 1
        raise ConfigError(f"{name}:{line}: holds the character {strange[0]!r}; take it out")
    return text


class _Loader(yaml.SafeLoader):
    """YAML without what no configuration needs."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Read a node; refuse tags, which may stand before what does not fit, and what exhausts the stack."""
        event = self.peek_event()  # type: ignore[no-untyped-call]  # types-PyYAML leaves it out
        if getattr(event, "tag", None):
            problem = "found a tag, which is not read here (put the value in quotes)"
            raise ComposerError(None, None, problem, event.start_mark)
        if self._depth == DEEPEST:
            raise ComposerError(None, None, "nested too deeply", event.start_mark)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node
