"""Tell whoever listens that something of a hotel has changed, or a run has moved on: ids only, once a transaction.

Every write that changes a hotel's state goes through its row (allocation version, head of the audit), so one trigger
there misses none. A run's progress is written without the hotel's row, so it has one of its own.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

# The same words twice in one transaction are told once: thousands of rows of a batch are one notice.
TELL = """
CREATE FUNCTION tell_hotel_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_notify('keyrack_changes', json_build_object('hotel_id', NEW.id)::text);
    RETURN NULL;
END $$;
CREATE FUNCTION tell_run_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_notify('keyrack_changes', json_build_object('hotel_id', NEW.hotel_id, 'run_id', NEW.public_id)::text);
    RETURN NULL;
END $$;
CREATE TRIGGER tell_hotel_change AFTER UPDATE ON hotel FOR EACH ROW
    WHEN ((OLD.allocation_version, OLD.audit_sequence) IS DISTINCT FROM (NEW.allocation_version, NEW.audit_sequence))
    EXECUTE FUNCTION tell_hotel_change();
CREATE TRIGGER tell_run_change AFTER INSERT OR UPDATE OF state, progress ON allocation_run FOR EACH ROW
    EXECUTE FUNCTION tell_run_change();
"""


def upgrade() -> None:
    op.execute(TELL)
