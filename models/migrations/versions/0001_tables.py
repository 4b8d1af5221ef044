# ruff: noqa: E501
"""The tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_table(
        "hotel",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), server_default="UTC", nullable=False),
        sa.Column("currency", sa.Text(), server_default="EUR", nullable=False),
        sa.Column("check_in_time", sa.Time(), server_default="15:00:00", nullable=False),
        sa.Column("check_out_time", sa.Time(), server_default="11:00:00", nullable=False),
        sa.Column("turnaround_minutes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("allocation_version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "public_settings", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("policy", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("audit_sequence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("audit_hash", sa.LargeBinary(), server_default=sa.text("'\\x'"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "coalesce(policy ->> 'nightly_local_time', '03:00') ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'",
            name=op.f("ck_hotel_nightly_local_time"),
        ),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_hotel_currency")),
        sa.CheckConstraint("slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name=op.f("ck_hotel_slug")),
        sa.CheckConstraint("(created_at AT TIME ZONE timezone) IS NOT NULL", name=op.f("ck_hotel_timezone")),
        sa.CheckConstraint("turnaround_minutes BETWEEN 0 AND 1440", name=op.f("ck_hotel_turnaround_minutes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hotel")),
        sa.UniqueConstraint("slug", name=op.f("uq_hotel_slug")),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("last_sign_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
    )
    op.create_index("uq_staff_email", "staff", [sa.literal_column("lower(email)")], unique=True)
    op.create_table(
        "allocation_run",
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="QUEUED", nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("requested_by", sa.BigInteger(), nullable=True),
        sa.Column("base_version", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.LargeBinary(), nullable=True),
        sa.Column("problem_digest", sa.Text(), nullable=True),
        sa.Column("params", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("prices", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("proof", sa.Text(), nullable=True),
        sa.Column("diff", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("progress", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("written", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_by", sa.BigInteger(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('nightly', 'reshuffle', 'fit')", name=op.f("ck_allocation_run_kind")),
        sa.CheckConstraint(
            "state IN ('QUEUED', 'SOLVING', 'PROPOSED', 'APPLIED', 'UNDONE', 'FAILED', 'CANCELLED', 'DISCARDED')",
            name=op.f("ck_allocation_run_state"),
        ),
        sa.ForeignKeyConstraint(["applied_by"], ["staff.id"], name=op.f("fk_allocation_run_applied_by")),
        sa.ForeignKeyConstraint(["ended_by"], ["staff.id"], name=op.f("fk_allocation_run_ended_by")),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotel.id"], name=op.f("fk_allocation_run_hotel_id")),
        sa.ForeignKeyConstraint(["requested_by"], ["staff.id"], name=op.f("fk_allocation_run_requested_by")),
        sa.ForeignKeyConstraint(["undone_by"], ["staff.id"], name=op.f("fk_allocation_run_undone_by")),
        sa.PrimaryKeyConstraint("hotel_id", "id", name=op.f("pk_allocation_run")),
        sa.UniqueConstraint("hotel_id", "public_id", name=op.f("uq_allocation_run_hotel_id_public_id")),
    )
    op.create_index(
        "one_nightly_run",
        "allocation_run",
        ["hotel_id", "business_date"],
        unique=True,
        postgresql_where=sa.text("kind = 'nightly' AND state NOT IN ('FAILED', 'DISCARDED', 'CANCELLED')"),
    )
    op.create_table(
        "booking_group",
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("wants_connecting", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("notes", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotel.id"], name=op.f("fk_booking_group_hotel_id")),
        sa.PrimaryKeyConstraint("hotel_id", "id", name=op.f("pk_booking_group")),
        sa.UniqueConstraint("hotel_id", "name", name=op.f("uq_booking_group_hotel_id_name")),
    )
    op.create_table(
        "guest",
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("first_name", sa.Text(), server_default="", nullable=False),
        sa.Column("last_name", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("country", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), server_default="", nullable=False),
        sa.Column("notes", sa.Text(), server_default="", nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotel.id"], name=op.f("fk_guest_hotel_id")),
        sa.PrimaryKeyConstraint("hotel_id", "id", name=op.f("pk_guest")),
    )
    op.create_index("ix_guest_email", "guest", ["hotel_id", sa.literal_column("lower(email)")], unique=False)
    op.create_index("ix_guest_last_name", "guest", ["hotel_id", sa.literal_column("lower(last_name)")], unique=False)
    op.create_table(
        "idempotency_key",
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_digest", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotel.id"], name=op.f("fk_idempotency_key_hotel_id")),
        sa.PrimaryKeyConstraint("hotel_id", "id", name=op.f("pk_idempotency_key")),
        sa.UniqueConstraint("hotel_id", "scope", "key", name=op.f("uq_idempotency_key_hotel_id_scope_key")),
    )
    op.create_index(
        op.f("ix_idempotency_key_hotel_id_expires_at"), "idempotency_key", ["hotel_id", "expires_at"], unique=False
    )
    op.create_table(
        "membership",
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("permissions", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "role IN ('owner', 'manager', 'reception', 'housekeeping', 'viewer')", name=op.f("ck_membership_role")
        ),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotel.id"], name=op.f("fk_membership_hotel_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_membership_staff_id")),
        sa.PrimaryKeyConstraint("hotel_id", "id", name=op.f("pk_membership")),
        sa.UniqueConstraint("hotel_id", "staff_id", name=op.f("uq_membership_hotel_id_staff_id")),
    )
    op.create_index(op.f("ix_membership_staff_id"), "membership", ["staff_id"], unique=False)
    op.create_table(
        "outbox_event",
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("dedupe_id", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotel.id"], name=op.f("fk_outbox_event_hotel_id")),
        sa.PrimaryKeyConstraint("hotel_id", "id", name=op.f("pk_outbox_event")),
        sa.UniqueConstraint("hotel_id", "dedupe_id", name=op.f("uq_outbox_event_hotel_id_dedupe_id")),
    )
    op.create_index(
        "ix_outbox_event_waiting",
        "outbox_event",
        ["hotel_id", "id"],
        unique=False,
        postgresql_where=sa.text("delivered_at IS NULL"),
    )
    op.create_table(
        "refresh_token",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("family", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_refresh_token_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_refresh_token_token_hash")),
    )
    op.create_index(op.f("ix_refresh_token_family"), "refresh_token", ["family"], unique=False)
    op.create_index(op.f("ix_refresh_token_staff_id"), "refresh_token", ["staff_id"], unique=False)
    op.create_table(
        "room_type",
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sleeps", sa.Integer(), server_default="2", nullable=False),
        sa.Column("rate_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("rate_minor >= 0", name=op.f("ck_room_type_rate_minor")),
        sa.CheckConstraint("sleeps >= 1", name=op.f("ck_room_type_sleeps")),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotel.id"], name=op.f("fk_room_type_hotel_id")),
        sa.PrimaryKeyConstraint("hotel_id", "id", name=op.f("pk_room_type")),
        sa.UniqueConstraint("hotel_id", "code", name=op.f("uq_room_type_hotel_id_code")),
    )
    op.create_table(
        "webhook_endpoint",
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("events", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotel.id"], name=op.f("fk_webhook_endpoint_hotel_id")),
        sa.PrimaryKeyConstraint("hotel_id", "id", name=op.f("pk_webhook_endpoint")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("reason_salt", sa.LargeBinary(), nullable=True),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("actor ~ '^(staff|system|guest):.'", name=op.f("ck_audit_entry_actor")),
        sa.CheckConstraint("subject ~ '^[a-z_]+:.'", name=op.f("ck_audit_entry_subject")),
        sa.ForeignKeyConstraint(
            ["hotel_id", "run_id"],
            ["allocation_run.hotel_id", "allocation_run.id"],
            name=op.f("fk_audit_entry_hotel_id_run_id"),
        ),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotel.id"], name=op.f("fk_audit_entry_hotel_id")),
        sa.PrimaryKeyConstraint("hotel_id", "id", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("hotel_id", "sequence", name=op.f("uq_audit_entry_hotel_id_sequence")),
    )
    op.create_index(
        op.f("ix_audit_entry_hotel_id_actor_sequence"), "audit_entry", ["hotel_id", "actor", "sequence"], unique=False
    )
    op.create_index(
        op.f("ix_audit_entry_hotel_id_subject_sequence"),
        "audit_entry",
        ["hotel_id", "subject", "sequence"],
        unique=False,
    )
    op.create_index(
        "ix_audit_entry_run",
        "audit_entry",
        ["hotel_id", "run_id", "sequence"],
        unique=False,
        postgresql_where=sa.text("run_id IS NOT NULL"),
    )
    op.create_table(
        "booking",
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("booking_id", sa.Text(), nullable=False),
        sa.Column("confirmation_number", sa.Text(), nullable=False),
        sa.Column("confirmation_hash", sa.LargeBinary(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("check_in", sa.Date(), nullable=False),
        sa.Column("check_out", sa.Date(), nullable=False),
        sa.Column("arrival_time", sa.Time(), nullable=True),
        sa.Column("departure_time", sa.Time(), nullable=True),
        sa.Column("adults", sa.Integer(), server_default="1", nullable=False),
        sa.Column("children", sa.Integer(), server_default="0", nullable=False),
        sa.Column("gender", sa.Text(), nullable=True),
        sa.Column("room_type_id", sa.BigInteger(), nullable=False),
        sa.Column("guest_id", sa.BigInteger(), nullable=False),
        sa.Column("group_id", sa.BigInteger(), nullable=True),
        sa.Column("total_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("currency", sa.Text(), server_default="EUR", nullable=False),
        sa.Column("promo_code", sa.Text(), server_default="", nullable=False),
        sa.Column("payment_provider", sa.Text(), server_default="", nullable=False),
        sa.Column("payment_reference", sa.Text(), server_default="", nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("special_requests", sa.Text(), server_default="", nullable=False),
        sa.Column("internal_notes", sa.Text(), server_default="", nullable=False),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.Column("needs", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("wishes", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("allowed_rooms", sa.ARRAY(sa.BigInteger()), nullable=True),
        sa.Column("locked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("lock_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("locked_by", sa.BigInteger(), nullable=True),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pin_hash", sa.Text(), nullable=True),
        sa.Column("pin_tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("pin_issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.BigInteger(), nullable=True),
        sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_in_by", sa.BigInteger(), nullable=True),
        sa.Column("checked_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_out_by", sa.BigInteger(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.BigInteger(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("no_show_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("no_show_by", sa.BigInteger(), nullable=True),
        sa.Column("reinstated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reinstated_by", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("gender IN ('female', 'male')", name=op.f("ck_booking_gender")),
        sa.CheckConstraint("jsonb_typeof(wishes) = 'array'", name=op.f("ck_booking_wishes")),
        sa.CheckConstraint(
            "source IN ('ONLINE', 'MANUAL', 'DIRECT', 'IMPORT', 'CHANNEL')", name=op.f("ck_booking_source")
        ),
        sa.CheckConstraint(
            "status IN ('PENDING_PAYMENT', 'CONFIRMED', 'CHECKED_IN', 'COMPLETED', 'CANCELLED', 'NO_SHOW')",
            name=op.f("ck_booking_status"),
        ),
        sa.CheckConstraint("adults >= 0 AND children >= 0 AND adults + children >= 1", name=op.f("ck_booking_party")),
        sa.CheckConstraint("check_out >= check_in", name=op.f("ck_booking_period")),
        sa.CheckConstraint("priority >= 0", name=op.f("ck_booking_priority")),
        sa.CheckConstraint("total_minor >= 0", name=op.f("ck_booking_total_minor")),
        sa.ForeignKeyConstraint(["cancelled_by"], ["staff.id"], name=op.f("fk_booking_cancelled_by")),
        sa.ForeignKeyConstraint(["checked_in_by"], ["staff.id"], name=op.f("fk_booking_checked_in_by")),
        sa.ForeignKeyConstraint(["checked_out_by"], ["staff.id"], name=op.f("fk_booking_checked_out_by")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["staff.id"], name=op.f("fk_booking_confirmed_by")),
        sa.ForeignKeyConstraint(["created_by"], ["staff.id"], name=op.f("fk_booking_created_by")),
        sa.ForeignKeyConstraint(
            ["hotel_id", "group_id"],
            ["booking_group.hotel_id", "booking_group.id"],
            name=op.f("fk_booking_hotel_id_group_id"),
        ),
        sa.ForeignKeyConstraint(
            ["hotel_id", "guest_id"], ["guest.hotel_id", "guest.id"], name=op.f("fk_booking_hotel_id_guest_id")
        ),
        sa.ForeignKeyConstraint(
            ["hotel_id", "room_type_id"],
            ["room_type.hotel_id", "room_type.id"],
            name=op.f("fk_booking_hotel_id_room_type_id"),
        ),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotel.id"], name=op.f("fk_booking_hotel_id")),
        sa.ForeignKeyConstraint(["locked_by"], ["staff.id"], name=op.f("fk_booking_locked_by")),
        sa.ForeignKeyConstraint(["no_show_by"], ["staff.id"], name=op.f("fk_booking_no_show_by")),
        sa.ForeignKeyConstraint(["reinstated_by"], ["staff.id"], name=op.f("fk_booking_reinstated_by")),
        sa.PrimaryKeyConstraint("hotel_id", "id", name=op.f("pk_booking")),
        sa.UniqueConstraint("hotel_id", "booking_id", name=op.f("uq_booking_hotel_id_booking_id")),
        sa.UniqueConstraint("hotel_id", "confirmation_number", name=op.f("uq_booking_hotel_id_confirmation_number")),
        sa.UniqueConstraint("hotel_id", "reference", name=op.f("uq_booking_hotel_id_reference")),
    )
    op.create_index(op.f("ix_booking_confirmation_hash"), "booking", ["confirmation_hash"], unique=False)
    op.create_index(
        "ix_booking_group",
        "booking",
        ["hotel_id", "group_id"],
        unique=False,
        postgresql_where=sa.text("group_id IS NOT NULL"),
    )
    op.create_index(op.f("ix_booking_hotel_id_check_in_id"), "booking", ["hotel_id", "check_in", "id"], unique=False)
    op.create_index(op.f("ix_booking_hotel_id_check_out_id"), "booking", ["hotel_id", "check_out", "id"], unique=False)
    op.create_index(
        op.f("ix_booking_hotel_id_created_at_id"), "booking", ["hotel_id", "created_at", "id"], unique=False
    )
    op.create_index(op.f("ix_booking_hotel_id_guest_id"), "booking", ["hotel_id", "guest_id"], unique=False)
    op.create_index(
        op.f("ix_booking_hotel_id_status_check_in"), "booking", ["hotel_id", "status", "check_in"], unique=False
    )
    op.create_table(
        "room",
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("room_type_id", sa.BigInteger(), nullable=False),
        sa.Column("building", sa.Text(), server_default="", nullable=False),
        sa.Column("floor", sa.Integer(), server_default="0", nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sleeps", sa.Integer(), server_default="2", nullable=False),
        sa.Column("beds", sa.Integer(), server_default="1", nullable=False),
        sa.Column("features", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("gender", sa.Text(), server_default="any", nullable=False),
        sa.Column("assignment_order", sa.Integer(), server_default="0", nullable=False),
        sa.Column("housekeeping_status", sa.Text(), server_default="CLEAN", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("nights_used", sa.Integer(), server_default="0", nullable=False),
        sa.Column("notes", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("gender IN ('any', 'female', 'male', 'same')", name=op.f("ck_room_gender")),
        sa.CheckConstraint(
            "housekeeping_status IN ('CLEAN', 'DIRTY', 'PICKUP', 'INSPECTED')", name=op.f("ck_room_housekeeping_status")
        ),
        sa.CheckConstraint("beds >= 1", name=op.f("ck_room_beds")),
        sa.CheckConstraint("nights_used >= 0", name=op.f("ck_room_nights_used")),
        sa.CheckConstraint("sleeps >= 1", name=op.f("ck_room_sleeps")),
        sa.ForeignKeyConstraint(
            ["hotel_id", "room_type_id"],
            ["room_type.hotel_id", "room_type.id"],
            name=op.f("fk_room_hotel_id_room_type_id"),
        ),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotel.id"], name=op.f("fk_room_hotel_id")),
        sa.PrimaryKeyConstraint("hotel_id", "id", name=op.f("pk_room")),
        sa.UniqueConstraint("hotel_id", "number", name=op.f("uq_room_hotel_id_number")),
    )
    op.create_index(op.f("ix_room_hotel_id_room_type_id"), "room", ["hotel_id", "room_type_id"], unique=False)
    op.create_table(
        "communication",
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("booking_pk", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("communication_type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("recipient", sa.Text(), server_default="", nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivery_status", sa.Text(), server_default="PENDING", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "communication_type IN ('EMAIL', 'SMS', 'PHONE', 'NOTE')", name=op.f("ck_communication_communication_type")
        ),
        sa.CheckConstraint(
            "delivery_status IN ('PENDING', 'SENT', 'DELIVERED', 'FAILED')",
            name=op.f("ck_communication_delivery_status"),
        ),
        sa.ForeignKeyConstraint(
            ["hotel_id", "booking_pk"],
            ["booking.hotel_id", "booking.id"],
            name=op.f("fk_communication_hotel_id_booking_pk"),
        ),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotel.id"], name=op.f("fk_communication_hotel_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_communication_staff_id")),
        sa.PrimaryKeyConstraint("hotel_id", "id", name=op.f("pk_communication")),
    )
    op.create_index(
        op.f("ix_communication_hotel_id_booking_pk_sent_at"),
        "communication",
        ["hotel_id", "booking_pk", "sent_at"],
        unique=False,
    )
    op.create_table(
        "occupancy",
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("room_id", sa.BigInteger(), nullable=False),
        sa.Column("bed", sa.Integer(), server_default="1", nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("booking_pk", sa.BigInteger(), nullable=True),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("locked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("closure_kind", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("notes", sa.Text(), server_default="", nullable=False),
        sa.Column("overrides", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("overridden_by", sa.BigInteger(), nullable=True),
        sa.Column("overridden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.BigInteger(), nullable=True),
        sa.Column("release_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("hotel_id"), "="),
            (sa.column("booking_pk"), "="),
            (sa.text("tsrange(starts_at, ends_at)"), "&&"),
            where=sa.text("released_at IS NULL AND kind = 'STAY'"),
            deferrable="True",
            initially="IMMEDIATE",
            using="gist",
            name="one_room_at_a_time",
        ),
        postgresql.ExcludeConstraint(
            (sa.column("hotel_id"), "="),
            (sa.column("room_id"), "="),
            (sa.column("bed"), "="),
            (sa.text("tsrange(starts_at, ends_at)"), "&&"),
            where=sa.text("released_at IS NULL"),
            deferrable="True",
            initially="IMMEDIATE",
            using="gist",
            name="no_double_booking",
        ),
        sa.CheckConstraint(
            "CASE kind WHEN 'STAY' THEN booking_pk IS NOT NULL AND closure_kind IS NULL AND parent_id IS NULL WHEN 'CLOSURE' THEN booking_pk IS NULL AND closure_kind IS NOT NULL ELSE parent_id IS NOT NULL AND closure_kind IS NULL END",
            name=op.f("ck_occupancy_shape"),
        ),
        sa.CheckConstraint("closure_kind IN ('OOO', 'OOS')", name=op.f("ck_occupancy_closure_kind")),
        sa.CheckConstraint("kind IN ('STAY', 'CLOSURE', 'HOLD')", name=op.f("ck_occupancy_kind")),
        sa.CheckConstraint("origin IN ('STAFF', 'RUN', 'IMPORT')", name=op.f("ck_occupancy_origin")),
        sa.CheckConstraint("bed >= 1", name=op.f("ck_occupancy_bed")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_occupancy_period")),
        sa.ForeignKeyConstraint(["created_by"], ["staff.id"], name=op.f("fk_occupancy_created_by")),
        sa.ForeignKeyConstraint(
            ["hotel_id", "booking_pk"],
            ["booking.hotel_id", "booking.id"],
            name=op.f("fk_occupancy_hotel_id_booking_pk"),
        ),
        sa.ForeignKeyConstraint(
            ["hotel_id", "parent_id"],
            ["occupancy.hotel_id", "occupancy.id"],
            name=op.f("fk_occupancy_hotel_id_parent_id"),
        ),
        sa.ForeignKeyConstraint(
            ["hotel_id", "room_id"], ["room.hotel_id", "room.id"], name=op.f("fk_occupancy_hotel_id_room_id")
        ),
        sa.ForeignKeyConstraint(
            ["hotel_id", "run_id"],
            ["allocation_run.hotel_id", "allocation_run.id"],
            name=op.f("fk_occupancy_hotel_id_run_id"),
        ),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotel.id"], name=op.f("fk_occupancy_hotel_id")),
        sa.ForeignKeyConstraint(["overridden_by"], ["staff.id"], name=op.f("fk_occupancy_overridden_by")),
        sa.ForeignKeyConstraint(["released_by"], ["staff.id"], name=op.f("fk_occupancy_released_by")),
        sa.PrimaryKeyConstraint("hotel_id", "id", name=op.f("pk_occupancy")),
    )
    op.create_index(
        "ix_occupancy_ends_at",
        "occupancy",
        ["hotel_id", "ends_at"],
        unique=False,
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_index(op.f("ix_occupancy_hotel_id_booking_pk"), "occupancy", ["hotel_id", "booking_pk"], unique=False)
    op.create_index(
        "ix_occupancy_last_start",
        "occupancy",
        ["hotel_id", "room_id", "bed", "starts_at"],
        unique=False,
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_index(
        "ix_occupancy_parent",
        "occupancy",
        ["hotel_id", "parent_id"],
        unique=False,
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    )
    op.create_index(
        "ix_occupancy_run",
        "occupancy",
        ["hotel_id", "run_id"],
        unique=False,
        postgresql_where=sa.text("run_id IS NOT NULL"),
    )
    op.create_table(
        "payment_event",
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("booking_pk", sa.BigInteger(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("effect", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["hotel_id", "booking_pk"],
            ["booking.hotel_id", "booking.id"],
            name=op.f("fk_payment_event_hotel_id_booking_pk"),
        ),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotel.id"], name=op.f("fk_payment_event_hotel_id")),
        sa.PrimaryKeyConstraint("hotel_id", "id", name=op.f("pk_payment_event")),
        sa.UniqueConstraint(
            "hotel_id", "provider", "event_id", name=op.f("uq_payment_event_hotel_id_provider_event_id")
        ),
    )
    op.create_index(
        op.f("ix_payment_event_hotel_id_booking_pk"), "payment_event", ["hotel_id", "booking_pk"], unique=False
    )
    op.create_table(
        "room_link",
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("room_id", sa.BigInteger(), nullable=False),
        sa.Column("other_room_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind <> 'connecting' OR room_id < other_room_id", name=op.f("ck_room_link_connecting_once")
        ),
        sa.CheckConstraint("kind IN ('connecting', 'component')", name=op.f("ck_room_link_kind")),
        sa.CheckConstraint("room_id <> other_room_id", name=op.f("ck_room_link_two_rooms")),
        sa.ForeignKeyConstraint(
            ["hotel_id", "other_room_id"],
            ["room.hotel_id", "room.id"],
            name=op.f("fk_room_link_hotel_id_other_room_id"),
        ),
        sa.ForeignKeyConstraint(
            ["hotel_id", "room_id"], ["room.hotel_id", "room.id"], name=op.f("fk_room_link_hotel_id_room_id")
        ),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotel.id"], name=op.f("fk_room_link_hotel_id")),
        sa.PrimaryKeyConstraint("hotel_id", "id", name=op.f("pk_room_link")),
        sa.UniqueConstraint(
            "hotel_id",
            "kind",
            "room_id",
            "other_room_id",
            name=op.f("uq_room_link_hotel_id_kind_room_id_other_room_id"),
        ),
    )
    op.create_index(
        op.f("ix_room_link_hotel_id_other_room_id"), "room_link", ["hotel_id", "other_room_id"], unique=False
    )
