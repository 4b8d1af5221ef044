"""A booking id has one form, which a search goes by."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_booking_booking_id"), "booking")
    op.create_check_constraint(
        op.f("ck_booking_booking_id"), "booking", "booking_id ~ '^BK-[0-9]{4}-[0-9A-HJKMNP-TV-Z]{6}$'"
    )
