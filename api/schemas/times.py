"""Days, moments, and hotel-local times without a zone, which are not what OpenAPI calls `time` and `date-time`."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BeforeValidator, Field, NaiveDatetime, WithJsonSchema

FIRST, LAST = date(1900, 1, 1), date(2999, 12, 31)
"""What lies outside is nobody's day, and what reckons with it would leave the calendar."""

DAY: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
TIME: Final = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
MOMENT: Final = rf"{DAY}T{TIME}"
ZONE: Final = r"(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"


def _written(pattern: str, what: str) -> BeforeValidator:
    """Refuse what is sent in another form: pydantic would read a number as seconds since 1970, and take a zone."""
    form = re.compile(pattern)

    def check(value: Any) -> Any:
        if isinstance(value, date | time) or (isinstance(value, str) and form.fullmatch(value)):
            return value
        raise ValueError(f"is not {what}")

    return BeforeValidator(check)


Day = Annotated[date, Field(ge=FIRST, le=LAST), _written(DAY, "a day such as 2026-03-20")]
# The names of these formats are those of the OpenAPI Initiative's registry.
LocalTime = Annotated[
    time,
    _written(TIME, "a hotel-local time without a zone such as 15:00"),
    WithJsonSchema({"type": "string", "format": "time-local", "pattern": f"^{TIME}$"}),
]
LocalMoment = Annotated[
    NaiveDatetime,
    Field(ge=datetime.combine(FIRST, time.min), le=datetime.combine(LAST, time.max)),
    _written(MOMENT, "a hotel-local moment without a zone such as 2026-03-20T15:00"),
    WithJsonSchema({"type": "string", "format": "date-time-local", "pattern": f"^{MOMENT}$"}),
]
Moment = Annotated[AwareDatetime, _written(MOMENT + ZONE, "a moment with its zone such as 2026-03-20T15:00:00Z")]
