"""Why a reply is not whole, as it is kept with the reply."""

from __future__ import annotations

from madlen.errors import Interrupted, MadlenError
from madlen.types import Failure


def of(error: MadlenError) -> Failure:
    """What an error says, for the row of the reply that it ended."""
    return Failure(error.kind, str(error), error.status, dict(error.extra()))


SHUT_DOWN = of(Interrupted("Madlen was shut down before the answer was whole. Try again."))
DEFECT = Failure(
    MadlenError.kind, "Madlen failed while it answered; this is a defect. Try again.", MadlenError.status
)
