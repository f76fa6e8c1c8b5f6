"""A configuration that is wrong is answered with place and cure; one that is right is what it says."""

import re
import textwrap
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect as kinds

from configuration import SECTIONS
from digitd.config import (
    Config,
    json_schema,
    load_config,
    parse_config,
    settings_classes,
    without_secrets,
)
from digitd.errors import ConfigError
from digitd.numbers import FormSettings

SHIPPED = Path(__file__).parents[2] / "config.yaml"
COMMENT_COLUMN = 30

every_section = pytest.mark.parametrize(("name", "kind"), SECTIONS.items())


def parsed(text: str) -> Config:
    return parse_config(text.encode(), "config.yaml")


def mistakes(text: str) -> list[str]:
    try:
        parsed(text)
    except ConfigError as refused:
        return str(refused).splitlines()
    return []


def shipped_comments(section: str) -> dict[str, str]:
    """Return the comment of each key, which may go on in the lines below."""
    body = SHIPPED.read_text(encoding="utf-8").partition(f"\n{section}:")[2].partition("\n\n")[0]
    keys = re.findall(r"^  (\w+): .*?#(.*(?:\n {4,}#.*)*)", body, re.MULTILINE)
    return {key: re.sub(r"\s+#?\s*", " ", comment) for key, comment in keys}


def test_the_shipped_file_says_the_defaults() -> None:
    assert load_config(SHIPPED, {}) == Config()


@every_section
def test_the_shipped_file_explains_every_key(name: str, kind: type[Any]) -> None:
    comments = shipped_comments(name)

    assert list(comments) == [field.name for field in fields(kind)]


@every_section
def test_the_shipped_file_gives_every_range_and_every_choice(name: str, kind: type[Any]) -> None:
    comments = shipped_comments(name)

    for key, words in allowed_by_key(kind).items():
        assert all(word in comments[key] for word in words), key


def test_the_shipped_file_explains_what_a_grammar_may_say() -> None:
    comment = shipped_comments("numbers")["grammars"]

    for key, words in allowed_by_key(FormSettings).items():
        assert all(word in comment for word in [key, *words]), key


def test_the_grammars_that_the_shipped_file_shows_are_right() -> None:
    shown = re.findall(r"# {3}(\w+: \{.*\})$", SHIPPED.read_text(encoding="utf-8"), re.MULTILINE)

    config = parsed(f"numbers:\n  only: true\n  grammars: {{{', '.join(shown)}}}\n")

    assert list(config.numbers.grammars) == ["channel", "level", "pin"]


def test_the_numbers_that_the_readme_shows_are_right() -> None:
    readme = (SHIPPED.parent / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^    numbers:\n(?: {6}.*\n)+", readme, re.MULTILINE)

    config = parsed(textwrap.dedent(shown))

    assert config.numbers.enabled
    assert list(config.numbers.grammars) == ["channel", "level", "pin"]


def allowed_by_key(kind: type[Any]) -> dict[str, list[str]]:
    described = kinds.type_info(kind)
    assert isinstance(described, kinds.DataclassType)
    return {field.name: allowed_words(field.type) for field in described.fields}


def allowed_words(kind: kinds.Type) -> list[str]:
    match kind:
        case kinds.IntType() | kinds.FloatType():
            return [f"{kind.ge:.15g} to {kind.le:.15g}"]
        case kinds.LiteralType():
            return [str(value) for value in kind.values]
        case kinds.BoolType():
            return ["true or false"]
        case _:
            return []


def test_the_comments_of_the_shipped_file_stand_in_one_column() -> None:
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()

    assert {line.index(" #") + 1 for line in lines if " #" in line} == {COMMENT_COLUMN}


@pytest.mark.parametrize("text", ["", "# nothing\n", "audio:\n", "audio:\n  # device: usb\nmqtt: {}\n"])
def test_what_is_left_out_has_its_default(text: str) -> None:
    assert parsed(text) == Config()


def test_what_is_said_is_taken() -> None:
    config = parsed("site: kitchen\naudio: {source: files, files: [a.wav, b]}\ndetector:\n  onset_db: 12\n")

    assert config.site == "kitchen"
    assert config.audio.files == ("a.wav", "b")
    assert config.detector.onset_db == 12.0


def test_grammars_are_read_by_name_in_their_order() -> None:
    config = parsed("numbers:\n  grammars:\n    level: {most: 100}\n    channel: {longest: 2}\n    7:\n")

    assert list(config.numbers.grammars.items()) == [
        ("level", FormSettings(most=100)),
        ("channel", FormSettings(longest=2)),
        ("7", FormSettings()),
    ]


PIN = "numbers:\n  grammars:\n    pin:\n      "


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("detektor: {}", "1: detektor: unknown key (did you mean 'detector'?)"),
        ("log:\n  levle: info", "2: log.levle: unknown key (did you mean 'level'?)"),
        ("log: {zzz: 1}", "1: log.zzz: unknown key (known here: level, format)"),
        ("audio:\n  block_ms: 4", "2: audio.block_ms: must be a number from 5 to 100"),
        ("audio:\n  block_ms: .nan", "2: audio.block_ms: must be a number from 5 to 100"),
        ("audio: {block_ms: fast}", "1: audio.block_ms: must be a number from 5 to 100"),
        ("audio: {rate_hz: 8000.5}", "1: audio.rate_hz: must be a whole number from 0 to 384000"),
        ("audio: {realtime: 1}", "1: audio.realtime: must be true or false"),
        ("audio: {files: a.wav}", "1: audio.files: must be a list of text"),
        ("audio: {device: 1}", "1: audio.device: must be text (put it in quotes)"),
        ("audio: {device: }", "1: audio.device: must be text"),
        ("audio: {device: [1]}", "1: audio.device: must be text"),
        ("audio: {device: 2026-13-45}", "1: audio.device: must be text (put it in quotes)"),
        (
            "decision: {nobody_speaks: [23-6]}",
            "1: decision.nobody_speaks: must be a list of spans of the day such as 23:00-06:00",
        ),
        ("mqtt: {protocol: 5}", "1: mqtt.protocol: must be one of 3.1.1, 5, auto (put it in quotes)"),
        ("mqtt: {host: ''}", "1: mqtt.host: must be text, not empty"),
        ("log: {level: loud}", "1: log.level: must be one of debug, error, info, warning"),
        ("site: a/b", "1: site: must be text of at most 64 characters without '/', '+', '#' or spaces"),
        ("site: kitchen\nsite: hall", "2: site: given twice, first in line 1"),
        ("log: {level: info,\n level: info}", "2: log.level: given twice, first in line 1"),
        ("audio: 5", "1: audio: must be a section of `key: value` lines"),
        ("- 5", "1: must be a section of `key: value` lines"),
        (
            "detector:\n  onset_windows: 2\n  offset_db: 12",
            "3: detector.offset_db: must not be above onset_db",
        ),
        ("detector:\n  onset_db: 3", "2: detector: offset_db: must not be above onset_db"),
        ("numbers:\n  grammars: [pin]", "2: numbers.grammars: must be a section of `key: value` lines"),
        (PIN + "secert: true", "4: numbers.grammars.pin.secert: unknown key (did you mean 'secret'?)"),
        (PIN + "shortest: 0", "4: numbers.grammars.pin.shortest: must be a whole number from 1 to 15"),
        (
            PIN + "shortest: 4\n      longest: 3",
            "4: numbers.grammars.pin.shortest: must not be above longest",
        ),
        (PIN + "least: 5\n      most: 4", "4: numbers.grammars.pin.least: must not be above most"),
        (
            PIN + "longest: 2\n      least: 100",
            "5: numbers.grammars.pin.least: no number of 2 digits is as great",
        ),
        (PIN + "secret: true", "2: numbers.grammars: 'pin' is secret, which needs numbers.only: true, for"),
        (PIN + "shortest: 9", "2: numbers.grammars: 'pin' has more digits than numbers.longest allows"),
        ("numbers:\n  grammars: {a: {}, a: {}}", "2: numbers.grammars.a: given twice, first in line 2"),
        (
            "mqtt:\n  tls: true\n  cert_file: a.pem",
            "3: mqtt.cert_file: needs mqtt.key_file, the key that belongs to it",
        ),
        (
            "mqtt:\n  tls: true\n  key_file: a.key",
            "3: mqtt.key_file: needs mqtt.cert_file, the certificate that belongs to it",
        ),
        ("mqtt: {ca_file: ca.pem}", "1: mqtt.ca_file: needs mqtt.tls: true"),
        ("audio: [", "1: broken YAML while parsing a flow node: "),
        ("site: a\n\tlog: b", "2: broken YAML while scanning for the next token: "),
        ("--- {}\n--- {}", "2: broken YAML expected a single document in the stream: "),
    ],
)
def test_a_mistake_is_answered_with_place_and_cure(text: str, mistake: str) -> None:
    [line] = mistakes(text)

    assert line.startswith(f"config.yaml:{mistake}")


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    lines = mistakes("log: {level: loud}\nsiet: x\naudio:\n  block_ms: 1\n  zzz: 1\n  ring_s: 0\n")

    assert [line.split(": ")[0] for line in lines] == [f"config.yaml:{line}" for line in (1, 2, 4, 5, 6)]


def test_a_secret_is_not_repeated() -> None:
    [line] = mistakes("mqtt: {password: 314159}")

    assert line == "config.yaml:1: mqtt.password: must be text (put it in quotes)"


@pytest.mark.parametrize(
    "text",
    [
        "mqtt: {password:s3cret}",
        "mqtt: {password=s3cret}",
        "mqtt: {password: with,s3cret}",
        "mqtt: {password: with,s3cret,s3cret}",
        "mqtt:\n  password s3cret:",
        "mqtt:\n  password: *s3cret",
        "mqtt:\n  password: !s3cret!",
        "mqtt:\n  password: !s3cret",
        "mqtt: {password: &s3cret 1, username: &s3cret 2}",
    ],
)
def test_a_secret_that_is_no_value_to_yaml_is_not_repeated_either(text: str) -> None:
    lines = mistakes(text)

    assert lines
    assert "s3cret" not in "".join(lines)


@given(
    st.sampled_from(["mqtt:\n  password: {}\n  tls: 3", "mqtt: {{tls: 3, password: {}}}", "password: {}"]),
    *2 * [st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters=":"), max_size=4)],
)
def test_no_password_is_repeated_whatever_is_in_it(form: str, before: str, after: str) -> None:
    lines = mistakes(form.format(f"{before}s3cret{after}"))

    assert lines
    assert "s3cret" not in "".join(lines)


def test_a_key_that_may_be_a_value_is_answered_with_a_cure() -> None:
    [line] = mistakes("mqtt: {password:s3cret}")

    assert line == (
        "config.yaml:1: mqtt.?: unknown key (did you mean 'password'?); not shown, it may be a value: "
        "is a space missing after a colon, or are quotes?"
    )


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = [*SECTIONS, "site", "device", "onset_db", "offset_db", "files", "password", "grammars"]
    return st.lists(inner) | st.dictionaries(st.sampled_from(names) | st.text(), inner)


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), nested, max_leaves=8)
)
def test_any_yaml_is_read_or_refused(said: Any) -> None:  # noqa: ANN401  # that is the point
    lines = mistakes(yaml.safe_dump(said))

    assert all(re.match(r"config\.yaml:\d+: .+", line) for line in lines)


@every_section
def test_every_key_can_say_what_is_allowed(name: str, kind: type[Any]) -> None:
    keys = [field.name for field in fields(kind)]

    lines = mistakes("".join([f"{name}:\n", *(f"  {key}: [{{}}]\n" for key in keys)]))

    assert [line.partition(": must be ")[0] for line in lines] == [
        f"config.yaml:{number}: {name}.{key}" for number, key in enumerate(keys, start=2)
    ]


def test_the_file_named_on_the_command_line_comes_first(tmp_path: Path) -> None:
    named, other = tmp_path / "named.yaml", tmp_path / "other.yaml"
    named.write_text("site: named", encoding="utf-8")
    other.write_text("site: other", encoding="utf-8")

    assert load_config(named, {"DIGITD_CONFIG": str(other)}).site == "named"
    assert load_config(None, {"DIGITD_CONFIG": str(other)}).site == "other"


def test_the_file_in_this_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.yaml").write_text("site: here", encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    assert load_config(None, {}).site == "here"


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    missing = tmp_path / "missing.yaml"

    with pytest.raises(ConfigError, match=re.escape(f"{missing}: No such file or directory")) as refused:
        load_config(None, {"DIGITD_CONFIG": str(missing)})

    assert refused.value.exit_code == 78


@every_section
def test_the_schema_describes_every_key(name: str, kind: type[Any]) -> None:
    schema = json_schema()["$defs"]

    assert schema["Config"]["properties"][name]["description"]
    assert not schema[kind.__name__]["additionalProperties"]
    assert all(described["description"] for described in schema[kind.__name__]["properties"].values())


def test_the_schema_describes_what_is_inside_a_section() -> None:
    form = json_schema()["$defs"]["FormSettings"]

    assert FormSettings in settings_classes(Config)
    assert not form["additionalProperties"]
    assert all(described["description"] for described in form["properties"].values())


def test_the_schema_gives_limits_and_defaults() -> None:
    described = json_schema()["$defs"]["SegmenterSettings"]["properties"]["onset_db"]

    assert described == {
        "type": "number",
        "minimum": 1,
        "maximum": 40,
        "default": 7.0,
        "description": "A window is loud when a band is so far above what the room rarely exceeds there.",
    }


def test_what_is_shown_to_others_holds_no_secret() -> None:
    config = parsed(
        "mqtt: {password: hush}\n"
        "monitor: {token: hush hush hush hush}\n"
        "audio: {source: command, command: 'ffmpeg -i rtsp://anna:hush@camera/1 -f s16le -'}\n"
    )

    shown = without_secrets(config)

    assert "hush" not in str(shown)
    assert shown["audio"]["command"] == "ffmpeg ***"
    assert shown["detector"]["onset_db"] == config.detector.onset_db
