"""Messages and webhooks on their way, when an unpaid booking ends, and which hotels a worker has to look at."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

CURRENT_HOTEL = "nullif(current_setting('app.hotel_id', true), '')::bigint"

# A night is tried three times a date. What a person cancelled or put aside is not done again behind their back.
HOTELS_DUE = """
CREATE OR REPLACE FUNCTION hotels_due(now_utc timestamptz) RETURNS SETOF bigint LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $lookup$
    SELECT hotel.id FROM public.hotel
    WHERE now_utc AT TIME ZONE hotel.timezone
        >= hotel.business_date + coalesce(hotel.policy ->> 'nightly_local_time', '03:00')::time
    AND (
        SELECT count(*) FILTER (WHERE run.state = 'FAILED') < 3 AND count(*) FILTER (WHERE run.state <> 'FAILED') = 0
        FROM public.allocation_run run
        WHERE run.hotel_id = hotel.id AND run.kind = 'nightly' AND run.business_date = hotel.business_date)
    ORDER BY hotel.id $lookup$
"""

HOTELS_WITH_EVENTS = """
CREATE FUNCTION hotels_with_events(now_utc timestamptz) RETURNS SETOF bigint LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $lookup$
    SELECT hotel.id FROM public.hotel
    WHERE EXISTS (
        SELECT FROM public.outbox_event event
        WHERE event.hotel_id = hotel.id AND event.delivered_at IS NULL
        AND (event.next_attempt_at IS NULL OR event.next_attempt_at <= now_utc))
    ORDER BY hotel.id $lookup$
"""


def upgrade() -> None:
    op.add_column("booking", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("communication", sa.Column("template", sa.Text(), server_default="", nullable=False))
    op.add_column("communication", sa.Column("event_id", sa.BigInteger(), nullable=True))
    op.add_column("communication", sa.Column("attempts", sa.Integer(), server_default="0", nullable=False))
    op.add_column("communication", sa.Column("error", sa.Text(), server_default="", nullable=False))
    op.create_unique_constraint(op.f("uq_communication_hotel_id_event_id"), "communication", ["hotel_id", "event_id"])
    op.create_table(
        "message_template",
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotel.id"], name=op.f("fk_message_template_hotel_id")),
        sa.PrimaryKeyConstraint("hotel_id", "id", name=op.f("pk_message_template")),
        sa.UniqueConstraint("hotel_id", "name", name=op.f("uq_message_template_hotel_id_name")),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("endpoint_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="PENDING", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('PENDING', 'DELIVERED', 'FAILED')", name=op.f("ck_webhook_delivery_state")),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotel.id"], name=op.f("fk_webhook_delivery_hotel_id")),
        sa.ForeignKeyConstraint(
            ["hotel_id", "endpoint_id"],
            ["webhook_endpoint.hotel_id", "webhook_endpoint.id"],
            name=op.f("fk_webhook_delivery_hotel_id_endpoint_id"),
        ),
        sa.ForeignKeyConstraint(
            ["hotel_id", "event_id"],
            ["outbox_event.hotel_id", "outbox_event.id"],
            name=op.f("fk_webhook_delivery_hotel_id_event_id"),
        ),
        sa.PrimaryKeyConstraint("hotel_id", "id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint(
            "hotel_id", "endpoint_id", "event_id", name=op.f("uq_webhook_delivery_hotel_id_endpoint_id_event_id")
        ),
    )
    op.create_index(
        "ix_allocation_run_nightly",
        "allocation_run",
        ["hotel_id", "business_date"],
        postgresql_where=sa.text("kind = 'nightly'"),
    )
    for table in ("message_template", "webhook_delivery"):
        secure(table)
    find_hotels()


def secure(table: str) -> None:
    """Hide every row but those of the session's hotel, from the table's owner too."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    mine = f"(hotel_id = {CURRENT_HOTEL})"
    op.execute(f"CREATE POLICY one_hotel ON {table} USING {mine} WITH CHECK {mine}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO keyrack_app")


def find_hotels() -> None:
    """Let the service ask which hotels are due, and which have events that wait; it gets ids only."""
    op.execute("GRANT SELECT (hotel_id, delivered_at, next_attempt_at) ON outbox_event TO keyrack_lookup")
    op.execute(
        "CREATE POLICY lookup ON outbox_event FOR SELECT TO keyrack_lookup USING (current_user = 'keyrack_lookup')"
    )
    op.execute("GRANT CREATE ON SCHEMA public TO keyrack_lookup")
    op.execute(HOTELS_DUE)
    op.execute(HOTELS_WITH_EVENTS)
    op.execute("REVOKE ALL ON FUNCTION hotels_with_events(timestamptz) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION hotels_with_events(timestamptz) TO keyrack_app")
    op.execute("ALTER FUNCTION hotels_with_events(timestamptz) OWNER TO keyrack_lookup")
    op.execute("REVOKE CREATE ON SCHEMA public FROM keyrack_lookup")
