"""Whether this very database keeps hotels apart, asked as the service signs in: for ``keyrack verify``.

The tests show that the code and the migrations do. This shows that nobody has changed the database since: dropped a
policy, signed the service in as an owner, made a table that nobody secured.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from api.services.verify import Finding
from models import global_session, hotel_session

INVARIANT: Final = "I13"

LOGIN: Final = text("""
SELECT rolname, rolsuper OR rolbypassrls AS unbound FROM pg_roles WHERE rolname = current_user
""")

# The policies that let this login in: only the hotel's own rule may.
TABLES: Final = text("""
SELECT format('%I', c.relname) AS name, c.relrowsecurity AND c.relforcerowsecurity AS forced,
       pg_has_role(c.relowner, 'USAGE') AS owned, has_table_privilege(c.oid, 'SELECT') AS readable,
       EXISTS (
           SELECT FROM pg_policy p
           WHERE p.polrelid = c.oid AND p.polpermissive
               AND (0 = ANY(p.polroles) OR EXISTS (
                   SELECT FROM unnest(p.polroles) role WHERE role > 0 AND pg_has_role(role, 'USAGE')))
               AND (pg_get_expr(p.polqual, c.oid), coalesce(pg_get_expr(p.polwithcheck, c.oid), rule.mine))
                   IS DISTINCT FROM (rule.mine, rule.mine)) AS open
FROM pg_class c
CROSS JOIN LATERAL (
    SELECT format('(%s = (NULLIF(current_setting(''app.hotel_id''::text, true), ''''::text))::bigint)',
                  CASE c.relname WHEN 'hotel' THEN 'id' ELSE 'hotel_id' END) AS mine) AS rule
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND (
    c.relname = 'hotel' OR EXISTS (
        SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'hotel_id' AND NOT a.attisdropped))
ORDER BY c.relname
""")


def verify_isolation(engine: Engine) -> tuple[Finding, ...]:
    """Return every way in which hotels are not kept apart in the database; empty if there is none."""
    with global_session(engine) as session:
        return tuple(Finding(INVARIANT, message) for message in _holes(session))


def verify_alone(engine: Engine, hotel_id: int) -> tuple[Finding, ...]:
    """Return whether a session on a hotel sees another one."""
    with hotel_session(engine, hotel_id) as session:
        others = session.scalar(text("SELECT count(*) FROM hotel WHERE id <> :hotel"), {"hotel": hotel_id})
    return (Finding(INVARIANT, f"its session sees {others} other hotels"),) if others else ()


def _holes(session: Session) -> Iterator[str]:
    login = session.execute(LOGIN).one()
    if login.unbound:
        yield f"the service signs in as {login.rolname}, whom row security does not hold"
    for table in session.execute(TABLES).all():
        if not table.forced:
            yield f"{table.name}: row security is not forced"
        if table.owned:
            yield f"{table.name} belongs to {login.rolname}, who could take row security off"
        if table.open:
            yield f"{table.name}: a policy lets {login.rolname} in that is not the hotel's own"
        if table.readable and session.scalar(text(f"SELECT EXISTS (SELECT FROM {table.name})")):
            yield f"{table.name}: rows are seen without a hotel"
