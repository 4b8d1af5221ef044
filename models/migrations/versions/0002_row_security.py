"""Row security on every hotel's tables, the append-only audit, the look-up functions, the service's rights."""

from alembic import op

revision = "0002"
down_revision = "0001"

TENANT_TABLES = (
    "allocation_run",
    "audit_entry",
    "booking",
    "booking_group",
    "communication",
    "guest",
    "idempotency_key",
    "membership",
    "occupancy",
    "outbox_event",
    "payment_event",
    "room",
    "room_link",
    "room_type",
    "webhook_endpoint",
)

# After a transaction the setting is '', not null.
CURRENT_HOTEL = "nullif(current_setting('app.hotel_id', true), '')::bigint"

# What is never removed is not the service's to remove: releasing, cancelling and erasing are updates.
RIGHTS = {
    "SELECT, INSERT, UPDATE": ("hotel", "staff", "guest", "booking", "occupancy", "allocation_run"),
    "SELECT, INSERT, UPDATE (reason, reason_salt)": ("audit_entry",),
    "SELECT, INSERT, UPDATE, DELETE": (
        "booking_group",
        "communication",
        "idempotency_key",
        "membership",
        "outbox_event",
        "payment_event",
        "refresh_token",
        "room",
        "room_link",
        "room_type",
        "webhook_endpoint",
    ),
}

APPEND_ONLY = """
CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE wiped audit_entry;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        wiped := OLD;
        wiped.reason := NULL;
        wiped.reason_salt := NULL;
        IF NEW IS NOT DISTINCT FROM wiped THEN
            RETURN NEW;  -- erasure: the free text goes, the chain stays
        END IF;
    END IF;
    RAISE EXCEPTION 'audit entries are never changed or removed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();
"""

# Forced row security binds the owner too, so functions that look across hotels belong to a role that cannot sign in,
# has no other right, and is let through by policies for reading these columns. The policies ask for the role itself:
# its members (the owner, who hands the functions over) do not inherit them.
LOOKUP_COLUMNS = {
    "hotel": "id, slug, timezone, business_date, policy",
    "membership": "hotel_id, staff_id, active",
    "booking": "hotel_id, booking_id, confirmation_hash",
    "allocation_run": "hotel_id, kind, state, business_date",
}

LOOKUPS = {
    "hotel_by_slug(wanted text) RETURNS bigint": "SELECT id FROM public.hotel WHERE slug = wanted",
    "hotels_of_staff(person bigint) RETURNS SETOF bigint": """
        SELECT hotel_id FROM public.membership WHERE staff_id = person AND active ORDER BY hotel_id""",
    "hotel_by_confirmation(hash bytea) RETURNS SETOF bigint": """
        SELECT hotel_id FROM public.booking WHERE confirmation_hash = hash ORDER BY hotel_id""",
    "hotel_by_payment(wanted text, booking text) RETURNS bigint": """
        SELECT hotel.id FROM public.hotel
        WHERE hotel.slug = wanted
        AND EXISTS (SELECT FROM public.booking b WHERE b.hotel_id = hotel.id AND b.booking_id = booking)""",
    "hotels_due(now_utc timestamptz) RETURNS SETOF bigint": """
        SELECT hotel.id FROM public.hotel
        WHERE now_utc AT TIME ZONE hotel.timezone
            >= hotel.business_date + coalesce(hotel.policy ->> 'nightly_local_time', '03:00')::time
        AND NOT EXISTS (
            SELECT FROM public.allocation_run run
            WHERE run.hotel_id = hotel.id AND run.kind = 'nightly' AND run.business_date = hotel.business_date
            AND run.state NOT IN ('FAILED', 'DISCARDED', 'CANCELLED'))
        ORDER BY hotel.id""",
}


def upgrade() -> None:
    secure("hotel", "id")
    for table in TENANT_TABLES:
        secure(table, "hotel_id")
    op.execute(APPEND_ONLY)
    for rights, tables in RIGHTS.items():
        op.execute(f"GRANT {rights} ON {', '.join(tables)} TO keyrack_app")
    op.execute("GRANT SELECT ON alembic_version TO keyrack_app")
    op.execute("GRANT USAGE ON SEQUENCE hotel_id_seq TO keyrack_app")
    create_lookups()


def secure(table: str, hotel: str) -> None:
    """Hide every row but those of the session's hotel, from the table's owner too."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    mine = f"({hotel} = {CURRENT_HOTEL})"
    op.execute(f"CREATE POLICY one_hotel ON {table} USING {mine} WITH CHECK {mine}")


def create_lookups() -> None:
    """Make the functions, hand them to their role, and let only the service call them."""
    for table, columns in LOOKUP_COLUMNS.items():
        op.execute(f"GRANT SELECT ({columns}) ON {table} TO keyrack_lookup")
        policy = f"CREATE POLICY lookup ON {table} FOR SELECT TO keyrack_lookup"
        op.execute(f"{policy} USING (current_user = 'keyrack_lookup')")
    op.execute("GRANT USAGE, CREATE ON SCHEMA public TO keyrack_lookup")
    for head, body in LOOKUPS.items():
        name = head[: head.index(")") + 1]
        op.execute(
            f"CREATE FUNCTION {head} LANGUAGE sql STABLE SECURITY DEFINER"
            f" SET search_path = pg_catalog, pg_temp AS $lookup${body}$lookup$"
        )
        op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {name} TO keyrack_app")
        op.execute(f"ALTER FUNCTION {name} OWNER TO keyrack_lookup")
    op.execute("REVOKE CREATE ON SCHEMA public FROM keyrack_lookup")
