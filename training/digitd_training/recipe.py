"""A recipe: everything that decides what a model becomes, in one YAML file in git."""

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from digitd.errors import ConfigError
from digitd.features import FeatureSettings
from digitd_training.data import ELSE
from digitd_training.scenes import SceneSettings

Share = Annotated[float, Meta(ge=0, le=1)]


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
class Recipe:
    """One model's making.

    Attributes:
        name: Of the model.
        version: Of the model.
        seed: Of every random choice.
        keywords: Spelled word to label.
        features: How the network sees.
        scenes: How many scenes are played to the segmenter.
        scene: What happens in them.
        keyword_share: How many of a scene's clips are keywords.
        keyword_weights: Corpus to its share of the keywords.
        else_weights: Corpus to its share of everything else; "NAME running" is that corpus's running speech.
        network: Its size.
        fit: How it learns.
        other_words_accepted: Share of the development speakers' isolated other words that may get through.
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
    network: NetworkSettings
    fit: FitSettings
    other_words_accepted: Share

    @property
    def labels(self) -> tuple[str, ...]:
        """The keywords' labels; everything else comes last."""
        return (*dict.fromkeys(self.keywords.values()), ELSE)


def read_recipe(name: str) -> Recipe:
    """Read a recipe: a file, or the name of one that comes with the package.

    Raises:
        ConfigError: There is none of that name, or something in it is wrong.
    """
    shipped = resources.files("digitd_training") / "recipes" / f"{name}.yaml"
    path = Path(name)
    if not path.is_file() and not shipped.is_file():
        raise ConfigError(f"recipe {name!r}: neither a file nor one of the shipped ones")
    text = path.read_text(encoding="utf-8") if path.is_file() else shipped.read_text(encoding="utf-8")
    try:
        return msgspec.yaml.decode(text, type=Recipe)
    except msgspec.DecodeError as error:
        raise ConfigError(f"recipe {name}: {error}") from error
