"""Rate limits, counted in the database, so that they hold for all processes and machines together."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Engine, text

from api.services.clock import Clock
from api.services.errors import ServiceError
from models import global_session

KEPT: Final = timedelta(days=1)

# In the order of their keys: two who count the same things at once wait for each other in the same order.
COUNT: Final = text("""
INSERT INTO rate_count AS counted (key, window_start, hits)
SELECT key, window_start, 1
FROM unnest(CAST(:keys AS bytea[]), CAST(:windows AS timestamptz[])) AS asked(key, window_start) ORDER BY key
ON CONFLICT (key, window_start) DO UPDATE SET hits = counted.hits + 1
RETURNING key, hits
""")
FORGET: Final = text("DELETE FROM rate_count WHERE window_start < :before")


class TooManyRequests(ServiceError):
    """Too many requests of this kind; try again later.

    Attributes
    ----------
    extra
        ``retry_after_s``: seconds until the window of time is over.
    """

    code = "too_many_requests"


@dataclass(frozen=True, slots=True)
class Limit:
    """So often ``name`` may be asked ``per`` window of time; windows begin at multiples of their length."""

    name: str
    most: int
    per: timedelta

    def window(self, now: datetime) -> datetime:
        """Return when the present window began."""
        seconds = self.per.total_seconds()
        return datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)


@dataclass(frozen=True, slots=True)
class Spent:
    """A limit, and by whom or about what it is used up: an address, an e-mail, a number."""

    limit: Limit
    who: str = ""

    def key(self, secret: str) -> bytes:
        """Return the counter's name, from which nobody can read who it is."""
        words = f"{self.limit.name}\0{self.who}".encode()
        return hashlib.blake2b(words, key=hashlib.sha256(secret.encode()).digest(), digest_size=16).digest()


def spend(engine: Engine, clock: Clock, secret: str, spent: Sequence[Spent]) -> None:
    """Count a request against its limits, whatever comes of it.

    Parameters
    ----------
    secret
        Keys the counters' names.

    Raises
    ------
    TooManyRequests
        If one of them is used up.
    """
    now = clock.now()
    limits = {one.key(secret): one.limit for one in spent}
    windows = [limit.window(now) for limit in limits.values()]
    with global_session(engine) as session:
        counted = session.execute(COUNT, {"keys": list(limits), "windows": windows}).all()
        hits = {bytes(row.key): row.hits for row in counted}
        if 1 in hits.values():  # a new window: a moment to forget old ones
            session.execute(FORGET, {"before": now - KEPT})
        session.commit()
    over = [limit for key, limit in limits.items() if hits[key] > limit.most]
    if over:
        wait = max((limit.window(now) + limit.per - now).total_seconds() for limit in over)
        raise TooManyRequests(retry_after_s=math.ceil(wait))
