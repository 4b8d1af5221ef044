"""What guests send and see: bookings of their own, and what a hotel shows to everybody."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final, Self

from pydantic import Field

from api.schemas.base import Input, NoCard, Note, Output, Text, Word
from api.schemas.newbooking import Country, Language, Name, People, Phone, WishIn
from api.schemas.times import Day, LocalTime
from api.services.hotel_settings import public_of
from api.services.money import decimal_string
from api.services.payments import Effect
from models import Booking, BookingStatus, Guest, Hotel, PaymentEvent, RoomType

Address = Annotated[Text, Field(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]


STAY: Final = ("room_type", "check_in", "check_out", "adults", "children", "arrival_time", "needs", "special_requests")
SAME: Final = (
    *("booking_id", "confirmation_number", "check_in", "check_out", "nights", "adults", "children", "currency"),
    *("status", "special_requests", "promo_code", "paid_at", "created_at"),
)
"""Fields of an answer that are attributes of a booking."""


class GuestBookingIn(Input):
    """A booking that a guest makes."""

    room_type: Word = Field(description="Code or name of a type")
    check_in: Day
    check_out: Day
    adults: Annotated[People, Field(ge=1)] = 1
    children: People = 0
    guest_first_name: Name = ""
    guest_last_name: Annotated[Name, Field(min_length=1)]
    guest_email: Address
    guest_phone: Phone = ""
    guest_country: Country = ""
    guest_language: Language = ""
    arrival_time: LocalTime | None = Field(default=None, description="Hotel-local")
    needs: Annotated[list[Word], Field(max_length=20)] = Field(default=[], description="Features the room must have")
    wishes: Annotated[list[WishIn], Field(max_length=20)] = Field(default=[])
    promo_code: Annotated[Text, Field(max_length=50), NoCard] = ""
    special_requests: Note = ""

    def guest(self) -> dict[str, str]:
        """Return who stays, in the service's terms."""
        names = ("first_name", "last_name", "email", "phone", "country", "language")
        return {name: getattr(self, f"guest_{name}") for name in names}

    def stay(self) -> dict[str, Any]:
        """Return the stay, in the service's terms; a guest's wish has the weight that the hotel gives to wishes."""
        wishes = [wish.model_dump(exclude_none=True, exclude={"weight"}) for wish in self.wishes]
        return self.model_dump(include=set(STAY)) | {"wishes": wishes}


class GuestBookingOut(Output):
    """A booking as its guest sees it."""

    booking_id: str
    confirmation_number: str
    hotel_name: str
    room_type: str
    room_type_name: str
    guest_first_name: str
    guest_last_name: str
    guest_name: str
    guest_email: str
    guest_phone: str
    check_in: date
    check_out: date
    nights: int
    adults: int
    children: int
    total_amount: str
    currency: str
    status: BookingStatus
    special_requests: str
    promo_code: str
    paid_at: datetime | None
    pay_until: datetime | None
    created_at: datetime

    @classmethod
    def of_booking(cls, hotel: Hotel, booking: Booking, guest: Guest, kind: RoomType) -> Self:
        """Return the answer."""
        waits = booking.status == BookingStatus.PENDING_PAYMENT
        return cls(
            **{name: getattr(booking, name) for name in SAME},
            hotel_name=hotel.name,
            room_type=kind.code,
            room_type_name=kind.name,
            guest_first_name=guest.first_name,
            guest_last_name=guest.last_name,
            guest_name=guest.name,
            guest_email=guest.email,
            guest_phone=guest.phone,
            total_amount=decimal_string(booking.total_minor, booking.currency),
            pay_until=booking.expires_at if waits else None,
        )


class LookupIn(Input):
    """How a guest finds a booking: both are needed."""

    email: Annotated[Text, Field(min_length=1, max_length=254)]
    confirmation_number: Annotated[Text, Field(min_length=1, max_length=40)]


class PublicTypeOut(Output):
    """A type that can be booked, with its rate for a night."""

    code: str
    name: str
    sleeps: int
    rate: str


class ShownOut(Output):
    """What a hotel tells of itself to everybody, in its own words."""

    description: str
    address: str
    city: str
    country: str
    email: str
    phone: str
    website: str
    cancellation_policy: str
    languages: tuple[str, ...]
    amenities: tuple[str, ...]
    images: tuple[str, ...]


class PublicSettingsOut(ShownOut):
    """What a hotel shows to everybody."""

    slug: str
    name: str
    timezone: str
    currency: str
    check_in_time: LocalTime
    check_out_time: LocalTime
    room_types: tuple[PublicTypeOut, ...]

    @classmethod
    def of_hotel(cls, hotel: Hotel, kinds: list[RoomType]) -> Self:
        """Return the answer."""
        same = ("slug", "name", "timezone", "currency", "check_in_time", "check_out_time")
        types = tuple(
            PublicTypeOut(
                code=kind.code,
                name=kind.name,
                sleeps=kind.sleeps,
                rate=decimal_string(kind.rate_minor, hotel.currency),
            )
            for kind in kinds
        )
        return cls(**{name: getattr(hotel, name) for name in same}, **public_of(hotel), room_types=types)


class ReceivedOut(Output):
    """We have it; it need not be sent again."""

    received: bool


class PaymentOut(Output):
    """What the provider told of a payment, and what it came to (`docs/guests.md`)."""

    event_id: str
    event_type: str
    provider: str
    amount: str
    currency: str
    effect: Effect
    created_at: datetime

    @classmethod
    def of_event(cls, event: PaymentEvent) -> Self:
        """Return the answer."""
        currency = event.currency or ""
        return cls(
            event_id=event.event_id,
            event_type=event.event_type,
            provider=event.provider,
            amount=decimal_string(event.amount_minor or 0, currency),
            currency=currency,
            effect=Effect(event.effect),
            created_at=event.created_at,
        )


class PaymentsOut(Output):
    """Payments of a booking, newest first."""

    count: int
    results: tuple[PaymentOut, ...]
