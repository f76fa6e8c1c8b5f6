"""JSON of others is of the form that is wanted, or refused: it ends nothing."""

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitd.foreign import ForeignError, decoded

DEEP = b"[" * 50_000


class Name(msgspec.Struct):
    text: str = ""
    number: int = 0


def test_what_is_of_the_form_is_read() -> None:
    assert decoded(b'{"text": "a", "number": 7, "more": []}', Name) == Name("a", 7)


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="cut short"),
        pytest.param(b"7", id="another form"),
        pytest.param(b'{"text": 7}', id="another form within"),
        pytest.param(b'{"text": "\xff"}', id="text that is no UTF-8"),
        pytest.param(b'{"text": "\\ud800"}', id="half of a character"),
        pytest.param(b'{"number": ' + b"9" * 5000 + b"}", id="a number without an end"),
        pytest.param(b'{"more": ' + DEEP, id="brackets within brackets"),
        pytest.param(DEEP, id="nothing but brackets"),
    ],
)
def test_what_is_not_is_refused(written: bytes) -> None:
    with pytest.raises(ForeignError):
        decoded(written, Name)


@given(
    st.binary(max_size=200)
    | st.binary(max_size=9).map(lambda text: b'{"text": "' + text + b'", "more": "' + text + b'"}')
    | st.text(max_size=50)
)
def test_whatever_it_is_it_is_read_or_refused(written: bytes | str) -> None:
    with suppress(ForeignError):
        decoded(written, Name)
