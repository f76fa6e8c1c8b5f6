"""JSON that others wrote: of the form that is wanted, or refused, whatever it is."""

from typing import TypeVar

import msgspec

Form = TypeVar("Form")


class ForeignError(ValueError):
    """It is not of the form that is wanted; its text says why."""


def decoded(written: bytes | str, form: type[Form]) -> Form:
    """Read what somebody else wrote.

    Args:
        written: Anything at all.
        form: What it has to be.

    Raises:
        ForeignError: It is something else.
    """
    try:
        return msgspec.json.decode(written, type=form)
    # A name that is no UTF-8 is not told as a DecodeError, nor are brackets within brackets.
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ForeignError(str(error)) from error
