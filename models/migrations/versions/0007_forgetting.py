"""What is over and told may go after a while, and nights that nobody tries any more can be seen."""

from alembic import op

revision = "0007"
down_revision = "0006"

NIGHTS_SET_ASIDE = """
CREATE FUNCTION nights_set_aside() RETURNS SETOF bigint LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $lookup$
    SELECT hotel.id FROM public.hotel
    WHERE (
        SELECT count(*) FILTER (WHERE run.state = 'FAILED') >= 3 AND count(*) FILTER (WHERE run.state <> 'FAILED') = 0
        FROM public.allocation_run run
        WHERE run.hotel_id = hotel.id AND run.kind = 'nightly' AND run.business_date = hotel.business_date)
    ORDER BY hotel.id $lookup$
"""


def upgrade() -> None:
    op.create_index(op.f("ix_webhook_delivery_hotel_id_event_id"), "webhook_delivery", ["hotel_id", "event_id"])
    op.execute("GRANT CREATE ON SCHEMA public TO keyrack_lookup")
    op.execute(NIGHTS_SET_ASIDE)
    op.execute("REVOKE ALL ON FUNCTION nights_set_aside() FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION nights_set_aside() TO keyrack_app")
    op.execute("ALTER FUNCTION nights_set_aside() OWNER TO keyrack_lookup")
    op.execute("REVOKE CREATE ON SCHEMA public FROM keyrack_lookup")
