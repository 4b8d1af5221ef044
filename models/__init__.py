"""The database layer: tables, engine, sessions, audit, outbox, migrations. Knows nothing of the allocator."""

from models.audit import AuditEntry
from models.auditing import Change, audit_head, record, record_many, verify_chain
from models.base import Base
from models.booking import EXPECTED, Booking, BookingSource, BookingStatus, Group, PartyGender, confirmation_hash
from models.communication import Communication, CommunicationType, DeliveryStatus, MessageTemplate
from models.delivery import DeliveryState, IdempotencyKey, PaymentEvent, WebhookDelivery, WebhookEndpoint
from models.engine import make_engine
from models.errors import CONFLICTS, sqlstate, violated
from models.guest import Guest
from models.hotel import Hotel, default_policy
from models.lookup import (
    hotel_by_confirmation,
    hotel_by_payment,
    hotel_by_slug,
    hotels_due,
    hotels_of_staff,
    hotels_with_events,
    messages_with,
    new_hotel_id,
    nights_set_aside,
    webhooks_with,
)
from models.occupancy import ClosureKind, Occupancy, OccupancyKind, Origin
from models.outbox import OutboxEvent, emit, emit_many
from models.rate import RateCount
from models.room import Gender, Housekeeping, LinkKind, Room, RoomLink, RoomType
from models.run import AllocationRun, RunKind, RunState, uuid7
from models.session import HotelSession, bump_version, global_session, hotel_session, lock_hotel
from models.staff import Membership, RefreshToken, Role, Staff

__all__ = [
    "CONFLICTS",
    "EXPECTED",
    "AllocationRun",
    "AuditEntry",
    "Base",
    "Booking",
    "BookingSource",
    "BookingStatus",
    "Change",
    "ClosureKind",
    "Communication",
    "CommunicationType",
    "DeliveryState",
    "DeliveryStatus",
    "Gender",
    "Group",
    "Guest",
    "Hotel",
    "HotelSession",
    "Housekeeping",
    "IdempotencyKey",
    "LinkKind",
    "Membership",
    "MessageTemplate",
    "Occupancy",
    "OccupancyKind",
    "Origin",
    "OutboxEvent",
    "PartyGender",
    "PaymentEvent",
    "RateCount",
    "RefreshToken",
    "Role",
    "Room",
    "RoomLink",
    "RoomType",
    "RunKind",
    "RunState",
    "Staff",
    "WebhookDelivery",
    "WebhookEndpoint",
    "audit_head",
    "bump_version",
    "confirmation_hash",
    "default_policy",
    "emit",
    "emit_many",
    "global_session",
    "hotel_by_confirmation",
    "hotel_by_payment",
    "hotel_by_slug",
    "hotel_session",
    "hotels_due",
    "hotels_of_staff",
    "hotels_with_events",
    "lock_hotel",
    "make_engine",
    "messages_with",
    "new_hotel_id",
    "nights_set_aside",
    "record",
    "record_many",
    "sqlstate",
    "uuid7",
    "verify_chain",
    "violated",
    "webhooks_with",
]
