"""Whose address is known already is invited: a membership that cannot be used before its person accepts it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("membership", sa.Column("name", sa.Text(), nullable=True))
    op.add_column("membership", sa.Column("accepted", sa.Boolean(), server_default=sa.text("true"), nullable=False))
    op.add_column("membership", sa.Column("invitation_hash", sa.LargeBinary(), nullable=True))
    op.add_column("membership", sa.Column("invited_until", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f("ck_membership_accepted"), "membership", "accepted OR NOT active")
