"""What of the configuration changes while the daemon runs: all of it or nothing."""

import pytest

from digitd.commands.in_force import InForce
from digitd.commands.recogniser import Recogniser
from digitd.config import Config
from digitd.decide import DecisionSettings
from digitd.errors import ConfigError


def test_takes_that_cannot_be_looked_at_are_refused_before_anything_changes() -> None:
    decision = DecisionSettings(threshold=0.9, false_accepts_per_day=1.0, takes="x" * 300)
    config = Config()
    recogniser = Recogniser(config)
    in_force = InForce(config, recogniser, lambda: Config(decision=decision), {})

    with pytest.raises(ConfigError, match=r"decision\.takes"):
        in_force.reload()

    assert (in_force.config, in_force.kept, in_force.recogniser) == (config, config, recogniser)


@pytest.mark.usefixtures("_logging_as_it_was")
def test_what_is_only_tried_is_not_told_as_read_from_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    in_force = InForce(Config(), Recogniser(Config()), Config, {})

    in_force.try_out('{"onset_db": 8}')
    tried = capsys.readouterr().err
    in_force.reload()
    reloaded = capsys.readouterr().err

    assert "settings tried onset_db=8 offset_db=5 hang_over_ms=" in tried
    assert "configuration reloaded" not in tried
    assert "configuration reloaded model=" in reloaded
