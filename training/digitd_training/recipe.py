"""A recipe: everything that decides what a model becomes, in one YAML file in git."""

from collections.abc import Iterator
from dataclasses import dataclass, is_dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_type_hints

import msgspec
from msgspec import Meta

from digitd.errors import ConfigError
from digitd.features import FeatureSettings
from digitd_training.data import ELSE
from digitd_training.scenes import SceneSettings, Share

Form = TypeVar("Form")


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """Size of the network; see `network.small_cnn`."""

    width: Annotated[int, Meta(ge=4, le=128)]
    dropout: Share


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How the network learns.

    Attributes:
        epochs: Times that every example is seen.
        batch: Examples to a step.
        learning_rate: At its greatest; it rises over the first epoch and falls as a cosine.
        weight_decay: AdamW's.
        label_smoothing: Share of each target that is spread over all labels.
        mixup: Greatest share of a second example mixed into half of them (Zhang et al., 2018).
        mask_bands: Greatest height of the band that is blanked (SpecAugment, Park et al., 2019).
        mask_frames: Greatest width of the stretch that is blanked.
        average: Momentum of the weights' moving average, which is what is exported.
    """

    epochs: Annotated[int, Meta(ge=1)]
    batch: Annotated[int, Meta(ge=1)]
    learning_rate: Annotated[float, Meta(gt=0)]
    weight_decay: Annotated[float, Meta(ge=0)]
    label_smoothing: Share
    mixup: Share
    mask_bands: Annotated[int, Meta(ge=1, le=34)]
    mask_frames: Annotated[int, Meta(ge=1, le=50)]
    average: Share


@dataclass(frozen=True, slots=True)
class VerifierSettings:
    """Stage two's head and how it learns; see `network.verifier_head`.

    Attributes:
        embeddings: Vectors of the speech embedding that it looks at, 80 ms apart.
        width: Channels of its first layer.
        dropout: Share dropped before each layer.
        epochs: Times that every example is seen.
        batch: Examples to a step.
        learning_rate: At its greatest, at the beginning; it falls as a cosine.
        weight_decay: AdamW's.
        label_smoothing: Share of each target that is spread over all labels.
    """

    embeddings: Annotated[int, Meta(ge=1, le=16)]
    width: Annotated[int, Meta(ge=4, le=512)]
    dropout: Share
    epochs: Annotated[int, Meta(ge=1)]
    batch: Annotated[int, Meta(ge=1)]
    learning_rate: Annotated[float, Meta(gt=0)]
    weight_decay: Annotated[float, Meta(ge=0)]
    label_smoothing: Share


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be taken for a keyword on development data; it sets the thresholds.

    Attributes:
        scenes: So many are made of the development speakers' recordings to choose on.
        speech: False accepts an hour of running speech.
        noise: False accepts an hour of noise and music.
        words: Share of isolated other words that may be accepted.
        lowest: No threshold is below this.
        margin: A keyword must be so far ahead of the next likely one.
        parts: So much of each of these again may be taken of parts of longer sounds.
    """

    scenes: Annotated[int, Meta(ge=1)]
    speech: Annotated[float, Meta(gt=0)]
    noise: Annotated[float, Meta(gt=0)]
    words: Annotated[float, Meta(gt=0, le=1)]
    lowest: Annotated[float, Meta(gt=0, lt=1)]
    margin: Share
    parts: Share = 0.25


@dataclass(frozen=True, slots=True)
class Recipe:
    """One model's making.

    Attributes:
        name: Of the model.
        version: Of the model.
        seed: Of every random choice.
        start: What stage one begins with: nothing, or what the shipped model's convolutions know.
        keywords: Spelled word to label.
        features: How the network sees.
        scenes: How many scenes are played to the segmenter.
        scene: What happens in them.
        keyword_share: How many of a scene's clips are keywords.
        keyword_weights: Corpus to its share of the keywords.
        else_weights: Corpus to its share of everything else; "NAME running" is that corpus's running speech.
        fragment_share: How much of everything else is a beginning or an end of a keyword: "sev", "ix".
        music_share: How much of everything else is synthetic music.
        sudden_share: How much of everything else is synthetic claps, knocks, clicks and coughs.
        network: Stage one's size.
        fit: How it learns.
        verifier: Stage two; None for a model without.
        budget: What it may get wrong.
    """

    name: str
    version: str
    seed: int
    keywords: dict[str, str]
    features: FeatureSettings
    scenes: Annotated[int, Meta(ge=1)]
    scene: SceneSettings
    keyword_share: Share
    keyword_weights: dict[str, float]
    else_weights: dict[str, float]
    fragment_share: Share
    music_share: Share
    sudden_share: Share
    network: NetworkSettings
    fit: FitSettings
    verifier: VerifierSettings | None
    budget: Budget
    start: Literal["nothing", "shipped"] = "nothing"

    @property
    def labels(self) -> tuple[str, ...]:
        """The keywords' labels; everything else comes last."""
        return (*dict.fromkeys(self.keywords.values()), ELSE)


@dataclass(frozen=True, slots=True)
class _Kind:
    """What every recipe says first: whether it makes a model for the daemon or reproduces the article."""

    kind: Literal["model", "article"] = "model"


def kind_of(name: str) -> Literal["model", "article"]:
    """Say which kind of recipe it is, and so in which form to read it.

    Raises:
        ConfigError: As `read_recipe_as`.
    """
    return _converted(name, _said(name), _Kind).kind


def read_recipe(name: str) -> Recipe:
    """Read a model's recipe.

    Raises:
        ConfigError: As `read_recipe_as`.
    """
    return read_recipe_as(name, Recipe)


def read_recipe_as(name: str, form: type[Form]) -> Form:
    """Read a recipe: a file, or the name of one that comes with the package.

    Raises:
        ConfigError: There is none of that name, or something in it is wrong.
    """
    said = _said(name)
    recipe = _converted(name, said, form)
    if unknown := list(_unknown(said, form)):
        raise ConfigError(f"recipe {name}: unknown {', '.join(unknown)}")
    return recipe


def _said(name: str) -> dict[str, Any]:
    shipped = resources.files("digitd_training") / "recipes" / f"{name}.yaml"
    path = Path(name)
    if not path.is_file() and not shipped.is_file():
        raise ConfigError(f"recipe {name!r}: neither a file nor one of the shipped ones")
    try:
        text = path.read_text(encoding="utf-8") if path.is_file() else shipped.read_text(encoding="utf-8")
        return msgspec.yaml.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"recipe {name}: {error}") from error


def _converted(name: str, said: dict[str, Any], form: type[Form]) -> Form:
    try:
        return msgspec.convert(said, form)
    except msgspec.ValidationError as error:
        raise ConfigError(f"recipe {name}: {error}") from error


def _unknown(said: Any, form: Any, prefix: str = "") -> Iterator[str]:  # noqa: ANN401 - YAML, and types
    """Yield the keys that a dataclass lacks, which msgspec passes over: a misspelt one would be a default."""
    known = next((one for one in (form, *get_args(form)) if is_dataclass(one)), None)
    if not known or not isinstance(said, dict):
        return
    hints = get_type_hints(known)
    for key, value in said.items():
        if key in hints:
            yield from _unknown(value, hints[key], f"{prefix}{key}.")
        elif key != "kind":
            yield prefix + key
