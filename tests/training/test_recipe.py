"""A recipe that says something wrong is told so before anything is played."""

from importlib import resources
from pathlib import Path

import pytest

pytest.importorskip("scipy", reason="needs the train extra: pip install 'digitd[train]'")

from digitd.errors import ConfigError
from digitd_training.recipe import kind_of, read_recipe

pytestmark = pytest.mark.training

SHIPPED = (resources.files("digitd_training") / "recipes" / "digits.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("said", "instead", "complaint"),
    [
        ("seed: 2026", "sed: 2026\nseed: 1", "unknown sed"),
        ("snr_db: [0, 40]", "snr_dB: [0, 40]", r"unknown scene\.snr_dB"),
        ("parts: 0.25", "part: 0.25", r"unknown budget\.part"),
        ("embeddings: 10", "embedings: 9, embeddings: 10", r"unknown verifier\.embedings"),
        ("room_share: 0.4", "room_share: 40", "room_share"),
        ("clips: 10", "clips: 0", "clips"),
        ("gap_s: [0.2, 1.1]", "gap_s: [1.1, 0.2]", "gap_s: 1.1 to 0.2 is no range"),
        ("name: digits", "- name: digits", "recipe"),
    ],
)
def test_what_is_wrong_in_a_recipe_is_named(said: str, instead: str, complaint: str, tmp_path: Path) -> None:
    assert said in SHIPPED
    path = tmp_path / "mine.yaml"
    path.write_text(SHIPPED.replace(said, instead, 1), encoding="utf-8")

    with pytest.raises(ConfigError, match=complaint):
        read_recipe(str(path))


def test_a_recipe_in_another_encoding_is_told(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes("name: grün".encode("latin-1"))

    with pytest.raises(ConfigError, match="utf-8"):
        kind_of(str(path))


@pytest.mark.parametrize("name", ["digits", "words"])
def test_the_shipped_recipes_say_nothing_wrong(name: str) -> None:
    assert read_recipe(name).name == name
