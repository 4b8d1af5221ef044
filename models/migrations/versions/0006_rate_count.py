"""How often somebody has asked: counters of rate limits, shared by all processes and of no hotel."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "rate_count",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "window_start", name=op.f("pk_rate_count")),
    )
    op.create_index(op.f("ix_rate_count_window_start"), "rate_count", ["window_start"])
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON rate_count TO keyrack_app")
