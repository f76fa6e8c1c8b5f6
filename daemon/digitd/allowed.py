"""What a key may be set to: one value of YAML as its type has it, or words for what would be allowed."""

from typing import Any

import msgspec
import yaml
from msgspec import inspect as kinds

from digitd.document import has_controls, value


def converted(node: yaml.Node, hint: Any) -> Any:  # noqa: ANN401  # any type may stand in a settings class
    """Convert one value.

    Args:
        node: Where it stands.
        hint: The type that the key has in its settings class.

    Raises:
        ValueError: It is not allowed; the text says what is, but not the value: it may be a secret.
    """
    try:
        return msgspec.convert(value(node), hint)
    except ValueError as error:
        allowed = _in_words(kinds.type_info(hint))
        raise ValueError(f"must be {allowed}{_cure(hint, node)}") from error


def _cure(hint: Any, node: yaml.Node) -> str:  # noqa: ANN401  # as for `converted`
    if has_controls(node):
        return " (without control characters)"
    return " (put it in quotes)" if _is_fine_in_quotes(hint, node) else ""


def _is_fine_in_quotes(hint: Any, node: yaml.Node) -> bool:  # noqa: ANN401  # as for `converted`
    if not isinstance(node, yaml.ScalarNode) or node.style in {"'", '"'}:
        return False
    try:
        msgspec.convert(node.value, hint)
    except msgspec.ValidationError:
        return False
    return True


def _in_words(kind: kinds.Type) -> str:  # noqa: PLR0911  # one return for each type of value
    """Say what values a type has, as it reads after "must be"."""
    match kind:
        case kinds.Metadata(extra_json_schema={"description": str(text)}):
            return text
        case kinds.Metadata():
            return _in_words(kind.type)
        case kinds.StrType():
            return _text(kind)
        case kinds.IntType():
            return "a whole number" + _range(kind)
        case kinds.FloatType():
            return "a number" + _range(kind)
        case kinds.BoolType():
            return "true or false"
        case kinds.LiteralType():
            return "one of " + ", ".join(map(str, kind.values))
        case kinds.VarTupleType():
            return f"a list of {_in_words(kind.item_type)}"
        case _:
            raise TypeError(f"no words yet for a setting of type {kind}")


def _text(kind: kinds.StrType) -> str:
    if kind.pattern is not None:
        return f"text of the form {kind.pattern}"
    return "text, not empty" if kind.min_length else "text"


def _range(kind: kinds.IntType | kinds.FloatType) -> str:
    least = "" if kind.ge is None else f" from {kind.ge:.12g}"
    most = "" if kind.le is None else f" to {kind.le:.12g}"
    return least + most
