"""What must not happen to the connection, and what is made of it if it does."""

import pytest

from digitd.publish.connection import Connection, Ears
from digitd.publish.retry import PATIENT
from digitd.publish.settings import MqttSettings
from integration.brokers import Broker
from integration.publishing import until

pytestmark = pytest.mark.broker


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_mistake_of_ours_that_ends_paho_s_thread_does_not_go_unnoticed(broker: Broker) -> None:
    def tick() -> bool:
        raise ZeroDivisionError

    ears = Ears(tick, lambda _mid, _reasons: None, lambda _message: None)
    settings = MqttSettings(port=broker.port)
    with (
        Connection(settings, "digitd-test", "digitd/kitchen", ears, PATIENT) as connection,
        pytest.raises(RuntimeError, match="cannot go on"),
    ):
        until(lambda: connection.number() < 0)
