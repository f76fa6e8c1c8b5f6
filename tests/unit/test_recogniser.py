"""What can never be told with a model is refused as soon as the two come together."""

import pytest

from digitd.commands.recogniser import Recogniser
from digitd.config import parse_config
from digitd.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        (
            "numbers: {enabled: true, grammars: {pin: {after: open}}}",
            "numbers.grammars.pin.after: no keyword of the model (it knows 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)",
        ),
        (
            "numbers: {enabled: true, gap_s: 2}\nmqtt: {expires_s: 3}",
            "numbers.gap_s: must be over a second below mqtt.expires_s, or each number is too old",
        ),
    ],
)
def test_numbers_that_can_never_be_told_are_refused(text: str, refusal: str) -> None:
    config = parse_config(text.encode(), "config.yaml")

    with pytest.raises(ConfigError) as refused:
        Recogniser(config)

    assert str(refused.value) == refusal


def test_while_there_are_no_numbers_nothing_is_asked_of_the_model() -> None:
    config = parse_config(b"numbers: {grammars: {pin: {after: open}}}", "config.yaml")

    assert "7" in Recogniser(config).keywords
