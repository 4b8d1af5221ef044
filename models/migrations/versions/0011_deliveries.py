"""How many messages and webhooks wait or were given up, over all hotels: numbers only, each read from a small index."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

COUNTS = (
    ("messages_with", "communication", "delivery_status"),
    ("webhooks_with", "webhook_delivery", "state"),
)


def upgrade() -> None:
    op.execute("GRANT CREATE ON SCHEMA public TO keyrack_lookup")
    for function, table, column in COUNTS:
        left = f"{column} IN ('PENDING', 'FAILED')"
        op.create_index(f"ix_{table}_left", table, ["hotel_id", column], postgresql_where=sa.text(left))
        op.execute(f"GRANT SELECT ({column}) ON {table} TO keyrack_lookup")
        op.execute(
            f"CREATE POLICY lookup ON {table} FOR SELECT TO keyrack_lookup USING (current_user = 'keyrack_lookup')"
        )
        op.execute(
            f"CREATE FUNCTION {function}(wanted text) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER"
            " SET search_path = pg_catalog, pg_temp AS $lookup$"
            f" SELECT count(*) FROM public.{table} WHERE {column} = wanted AND {left} $lookup$"
        )
        op.execute(f"REVOKE ALL ON FUNCTION {function}(text) FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function}(text) TO keyrack_app")
        op.execute(f"ALTER FUNCTION {function}(text) OWNER TO keyrack_lookup")
    op.execute("REVOKE CREATE ON SCHEMA public FROM keyrack_lookup")
