"""What can be tried while the daemon runs."""

from dataclasses import replace

import pytest

from digitd.commands.tuning import settings, unkept, with_tried
from digitd.config import Config
from digitd.decide import Orders
from digitd.errors import ConfigError


def test_what_is_tried_changes_nothing_else() -> None:
    config = Config(site="kitchen")

    tried = with_tried(config, '{"onset_db": 9, "hang_over_ms": 200}')

    detector = replace(config.detector, onset_db=9.0, hang_over_ms=200.0)
    assert tried == replace(config, detector=detector)


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ('{"onset_db": 99}', "<= 40"),
        ('{"onset_db": 3}', "offset_db: must not be above onset_db"),
        ('{"hang_over_ms": 30}', "post_roll_ms: must not be above hang_over_ms"),
        ('{"mode": 1, "pre_roll_ms": 2}', "mode, pre_roll_ms: only onset_db, offset_db, hang_over_ms can be"),
        ('{"onset_db": "loud"}', "Expected `float`"),
        ("{", "detector: "),
        ("[]", "Expected `object`"),
    ],
)
def test_what_is_not_allowed_is_refused_with_the_reason(payload: str, why: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        with_tried(Config(), payload)

    assert why in str(refusal.value)


def test_what_is_in_force_and_not_in_the_file_could_be_kept() -> None:
    kept = Config()
    tried = with_tried(kept, '{"offset_db": 6}')

    assert unkept(tried, kept, Orders(threshold=0.9)) == {
        "detector.offset_db": 6.0,
        "decision.threshold": 0.9,
    }
    assert unkept(kept, kept, Orders()) == {}


def test_each_setting_tells_its_value_the_files_and_its_limits() -> None:
    kept = Config()
    told = {one["key"]: one for one in settings(with_tried(kept, '{"onset_db": 9}'), kept, Orders())}

    assert list(told) == [
        "detector.onset_db",
        "detector.offset_db",
        "detector.hang_over_ms",
        "decision.threshold",
    ]
    onset = told["detector.onset_db"]
    assert [onset[key] for key in ("value", "kept", "least", "most")] == [9.0, 7.0, 1, 40]
    assert onset["meaning"].startswith("A window is loud when")
    threshold = told["decision.threshold"]
    assert [threshold[key] for key in ("value", "kept", "least", "most")] == [0.0, 0.0, 0.5, 0.999]


def test_an_order_comes_before_the_configuration() -> None:
    told = settings(Config(), Config(), Orders(threshold=0.9))

    assert told[-1]["value"] == 0.9
