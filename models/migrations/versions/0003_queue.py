"""The job queue's own tables (procrastinate 3.10.0), global, for the service to use."""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"

# Kept beside the migrations: the installed package may be newer when a database is made from nothing. A newer schema
# comes by a further revision with the package's own migration; a test compares this file with the package.
SCHEMA = Path(__file__).parents[1] / "procrastinate_3_10_0.sql"
TABLES = "procrastinate_jobs, procrastinate_events, procrastinate_periodic_defers, procrastinate_workers"
SEQUENCES = "procrastinate_jobs_id_seq, procrastinate_events_id_seq, procrastinate_periodic_defers_id_seq"


def upgrade() -> None:
    # As it is: it has per cent signs and colons that are not parameters.
    op.get_bind().exec_driver_sql(SCHEMA.read_text(), execution_options={"no_parameters": True})
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLES} TO keyrack_app")
    op.execute(f"GRANT USAGE ON SEQUENCE {SEQUENCES} TO keyrack_app")
