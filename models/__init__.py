"""The database layer: tables, engine, sessions, audit, outbox, migrations. Knows nothing of the allocator."""

from models.audit import AuditEntry
from models.base import Base
from models.booking import Booking, BookingSource, BookingStatus, Group, PartyGender, confirmation_hash
from models.communication import Communication, CommunicationType, DeliveryStatus
from models.delivery import IdempotencyKey, PaymentEvent, WebhookEndpoint
from models.engine import make_engine
from models.guest import Guest
from models.hotel import Hotel, default_policy
from models.occupancy import ClosureKind, Occupancy, OccupancyKind, Origin
from models.outbox import OutboxEvent, emit, emit_many
from models.room import Gender, Housekeeping, LinkKind, Room, RoomLink, RoomType
from models.run import AllocationRun, RunKind, RunState, uuid7
from models.session import HotelSession, bump_version, global_session, hotel_session, lock_hotel
from models.staff import Membership, RefreshToken, Role, Staff

__all__ = [
    "AllocationRun",
    "AuditEntry",
    "Base",
    "Booking",
    "BookingSource",
    "BookingStatus",
    "ClosureKind",
    "Communication",
    "CommunicationType",
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
    "Occupancy",
    "OccupancyKind",
    "Origin",
    "OutboxEvent",
    "PartyGender",
    "PaymentEvent",
    "RefreshToken",
    "Role",
    "Room",
    "RoomLink",
    "RoomType",
    "RunKind",
    "RunState",
    "Staff",
    "WebhookEndpoint",
    "bump_version",
    "confirmation_hash",
    "default_policy",
    "emit",
    "emit_many",
    "global_session",
    "hotel_session",
    "lock_hotel",
    "make_engine",
    "uuid7",
]
