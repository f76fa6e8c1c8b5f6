"""Whatever lies where a configuration should: it is read, or refused with file, line and cure, and soon."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from yaml.reader import Reader

from configuration import SECTIONS
from digitd.config import Config, load_config, parse_config
from digitd.document import LARGEST_BYTES
from digitd.errors import ConfigError

SHIPPED = (Path(__file__).parents[2] / "config.yaml").read_bytes()

PLACE = re.compile(r"config\.yaml:\d+: .+")

KEYS = [(section, key) for section, kind in SECTIONS.items() for key in get_type_hints(kind)]

MARKS = [*"-?:,[]{}#&*!|>'\"%@`=~<. \n\t\r\0\x85\u2028\ufeff\ud800", "\n  ", "- ", ": ", "? ", "<<: "]
WORDS = ["&a ", "*a", "!!int ", "!!python/object:os.system ", "%YAML 9.9\n", "---\n", "...\n"]
NUMBERS = [
    "1",
    "0x",
    "0b",
    "_",
    ":59",
    ".5",
    "e9",
    ".inf",
    ".nan",
    "9" * 400,
    "9" * 5000,
    "2001-02-30",
    "null",
]
PIECES = [*MARKS, *WORDS, *NUMBERS, *SECTIONS, *(key for _, key in KEYS), "site"]

yaml_like = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=30).map("".join)


def read(source: bytes) -> Config | None:
    """Read or refuse a configuration; what is refused has its place, and what is read can be used."""
    try:
        config = parse_config(source, "config.yaml")
    except ConfigError as error:
        refused = str(error)
    else:
        assert not any(Reader.NON_PRINTABLE.search(text) for text in texts(config))
        assert config.mqtt.host.encode("idna")
        return config
    assert all(PLACE.fullmatch(line) and line.isprintable() for line in refused.split("\n"))
    return None


def complaint(source: str) -> str:
    with pytest.raises(ConfigError) as refused:
        parse_config(source.encode("utf-8", "surrogatepass"), "config.yaml")
    return str(refused.value)


def texts(settings: Any) -> Iterator[str]:  # noqa: ANN401  # whatever settings are made of
    """Yield all text in settings."""
    match settings:
        case str():
            yield settings
        case tuple():
            yield from settings
        case Mapping():
            for name, named in settings.items():
                yield name
                yield from texts(named)
        case _ if is_dataclass(settings):
            for field in fields(settings):
                yield from texts(getattr(settings, field.name))


def doubled(levels: int, first: str, join: str) -> str:
    """Anchors, each of which names the one before ten times."""
    lines = [f"a0: &a0 {first}"]
    lines += [f"a{n}: &a{n} {join % ', '.join([f'*a{n - 1}'] * 10)}" for n in range(1, levels + 1)]
    return "\n".join(lines) + "\n"


@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused(source: bytes) -> None:
    read(source)


@given(yaml_like)
def test_anything_like_yaml_is_read_or_refused(source: str) -> None:
    read(source.encode("utf-8", "surrogatepass"))


@given(st.sampled_from(KEYS), yaml_like)
def test_anything_may_be_said_of_a_key(key: tuple[str, str], said: str) -> None:
    section, name = key

    read(f"{section}:\n  {name}: {said}".encode("utf-8", "surrogatepass"))


@given(st.sampled_from(KEYS), st.integers() | st.floats() | st.text() | st.dates() | st.binary())
def test_any_value_may_be_given_to_a_key(key: tuple[str, str], value: Any) -> None:  # noqa: ANN401  # any
    section, name = key

    read(yaml.safe_dump({section: {name: value}}, allow_unicode=True).encode("utf-8", "surrogatepass"))


@given(st.integers(0, len(SHIPPED)), st.integers(0, 40), st.binary(max_size=10))
def test_a_damaged_file_is_read_or_refused(at: int, lost: int, instead: bytes) -> None:
    read(SHIPPED[:at] + instead + SHIPPED[at + lost :])


@given(st.integers(0, len(SHIPPED)))
def test_a_file_cut_short_is_read_or_refused(length: int) -> None:
    read(SHIPPED[:length])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-16-le"])
def test_unicode_is_read_whatever_its_encoding(encoding: str) -> None:
    mark = "\ufeff" if encoding[-3:] in {"-be", "-le"} else ""

    config = read((mark + "site: küche").encode(encoding))

    assert config == Config(site="küche")


@pytest.mark.parametrize(
    ("source", "place"),
    [
        (b"site: a\nlog: {}\n# caf\xe9\n", "config.yaml:3: not in UTF-8"),
        (b"\xff\xfe\x00\xd8\x00", "config.yaml:1: not in UTF-8"),
        (b"site: a\n\0", "config.yaml:2: holds the character '\\x00'"),
        ("site: a\n".encode("utf-32"), "config.yaml:1: holds the character '\\x00'"),
    ],
)
def test_what_is_no_text_has_its_place(source: bytes, place: str) -> None:
    with pytest.raises(ConfigError, match=f"^{re.escape(place)}"):
        parse_config(source, "config.yaml")


@pytest.mark.parametrize(
    "source",
    [
        doubled(9, "[x, x]", "[%s]") + "site: *a9",
        doubled(9, "[x, x]", "[%s]") + "audio: {files: *a9}",
        doubled(9, "[x, x]", "[%s]") + "? *a9\n: 1",
        doubled(9, "{x: 1}", "{<<: [%s]}") + "site: *a9",
        doubled(9, "{x: 1}", "{<<: [%s]}") + "audio: {<<: *a9}",
        "site: &a [*a]",
        "? &a [*a]\n: 1",
    ],
    ids=["text", "list", "key", "merged", "merged section", "cycle", "cyclic key"],
)
def test_aliases_do_not_multiply(source: str) -> None:
    assert "config.yaml:1: " in complaint(source) or "must be text" in complaint(source)


@pytest.mark.parametrize(
    "source",
    [
        "[" * 5000,
        "{a: " * 5000,
        "- " * 5000,
        "? " * 5000,
        "\n".join(" " * depth + "a:" for depth in range(300)),
    ],
    ids=["lists", "mappings", "dashes", "keys", "indentation"],
)
def test_deep_nesting_is_refused(source: str) -> None:
    assert "nested too deeply" in complaint(source)


@pytest.mark.parametrize(
    "value",
    [
        "!!python/object/apply:os.system [ls]",
        "!!int ''",
        "!!float ''",
        "!!bool x",
        "!!timestamp x",
        "!mine 1",
    ],
)
@pytest.mark.parametrize("key", ["site", "audio", "mqtt: {port"])
def test_tags_are_refused(key: str, value: str) -> None:
    assert complaint(f"{key}: {value}").startswith("config.yaml:1: broken YAML: found a tag")


@pytest.mark.parametrize("key", ["? [a, b]", "? {a: b}"])
def test_a_key_that_is_no_text_is_refused(key: str) -> None:
    assert complaint(f"site: a\n{key}\n: 1") == "config.yaml:2: a key must be text"


@pytest.mark.parametrize("text", [r'"a\0b"', r'"\ud800"', r'"\e[2J"', r'["\x7f"]'])
def test_control_characters_are_refused_however_they_are_written(text: str) -> None:
    key = "files" if text.startswith("[") else "device"

    assert complaint(f"audio:\n  {key}: {text}").startswith(f"config.yaml:2: audio.{key}: must be ")
    assert complaint(f"audio:\n  {key}: {text}").endswith(" (without control characters)")


@pytest.mark.parametrize(
    "number", ["1" + ":00" * 200 + ".0", "9" * 5000, "0x" + "f" * 400, ".nan", "2001-02-30", "="]
)
def test_a_number_beyond_all_bounds_is_refused(number: str) -> None:
    assert "must be a number from 1 to 40" in complaint(f"detector: {{onset_db: {number}}}")


@pytest.mark.parametrize("host", ["broker..local", ".local", "a" * 70, "ä" * 60])
def test_a_host_that_no_resolver_can_look_up_is_refused(host: str) -> None:
    assert complaint(f"mqtt:\n  host: {host}").startswith("config.yaml:2: mqtt.host: must be a name")


@pytest.mark.parametrize(
    "host", ["localhost", "broker.local.", "küche.local", "192.168.1.5", "'::1'", "'fe80::1%eth0'"]
)
def test_a_name_or_address_is_a_host(host: str) -> None:
    assert read(f"mqtt: {{host: {host}}}".encode())


def test_a_key_of_any_length_is_told_in_one_short_line() -> None:
    assert len(complaint("? " + "k" * 10_000 + "\n: 1")) < 400


def test_a_file_too_large_for_a_configuration_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"# much to say\n" * 1_000_000)

    with pytest.raises(ConfigError, match=f"config.yaml: larger than {LARGEST_BYTES} bytes"):
        load_config(path, {})


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/dev/zero", "larger than"), ("/proc/self/mem", "Input/output error"), ("/proc", "Is a directory")],
)
def test_what_is_no_file_is_named(path: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=f"^{path}: {reason}.*; "):
        load_config(Path(path), {})
