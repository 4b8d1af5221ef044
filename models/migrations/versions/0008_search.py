"""What a search looks at lies in two indexes: a hotel's part of them is read, however many hotels there are."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

SEARCH = "left(lower(first_name || ' '::text || last_name || chr(10) || email), 500)"


def upgrade() -> None:
    op.add_column("guest", sa.Column("search", sa.Text(), sa.Computed(SEARCH, persisted=True), nullable=False))
    op.create_index("ix_guest_search", "guest", ["hotel_id", "search"], postgresql_include=["id"])
    op.create_check_constraint(op.f("ck_booking_booking_id"), "booking", "booking_id = upper(booking_id)")
    op.drop_index(op.f("ix_booking_hotel_id_check_in_id"), "booking")
    op.create_index(
        op.f("ix_booking_hotel_id_check_in_id"),
        "booking",
        ["hotel_id", "check_in", "id"],
        postgresql_include=["guest_id", "booking_id", "check_out", "status"],
    )
