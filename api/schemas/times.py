"""Hotel-local times of day and moments: without a zone, so not what OpenAPI calls `time` and `date-time`."""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, NaiveDatetime, WithJsonSchema

TIME: Final = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
MOMENT: Final = rf"[0-9]{{4}}-[01][0-9]-[0-3][0-9]T{TIME}"


def _written(pattern: str, example: str) -> BeforeValidator:
    """Refuse what is sent in another form: pydantic would read a number as seconds, and take a zone."""
    form = re.compile(pattern)

    def check(value: Any) -> Any:
        if isinstance(value, time | datetime) or (isinstance(value, str) and form.fullmatch(value)):
            return value
        raise ValueError(f"is hotel-local, without a zone, such as {example}")

    return BeforeValidator(check)


# The formats' names are those of the OpenAPI Initiative's registry.
LocalTime = Annotated[
    time,
    _written(TIME, "15:00"),
    WithJsonSchema({"type": "string", "format": "time-local", "pattern": f"^{TIME}$"}),
]
LocalMoment = Annotated[
    NaiveDatetime,
    _written(MOMENT, "2026-03-20T15:00"),
    WithJsonSchema({"type": "string", "format": "date-time-local", "pattern": f"^{MOMENT}$"}),
]
