"""What staff send to make a booking, to change one, and to change its room."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, GetJsonSchemaHandler, ValidationInfo, field_validator, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from api.schemas.assignment import Reason
from api.schemas.base import Input, NoCard, Note, Output, Text, Version, Word
from api.schemas.bookings import BookingDetailOut
from api.schemas.times import Day, LocalTime, Moment
from api.services.amend import OnConflict, Outcome
from api.services.fitting import Verdict
from api.services.holding import Held
from models import PartyGender

Name = Annotated[Text, Field(max_length=100), NoCard]
Email = Annotated[Text, Field(max_length=254, pattern=r"^([^@\s]+@[^@\s]+)?$", description="Or empty")]
Phone = Annotated[Text, Field(max_length=50, pattern=r"^[0-9+()./ \-]*$"), NoCard]
Country = Annotated[
    Text, Field(max_length=2, pattern=r"^([A-Z]{2})?$", description="Two capitals (ISO 3166), or empty")
]
Language = Annotated[Text, Field(max_length=35, pattern=r"^[A-Za-z0-9\-]*$", description="Such as `pt-BR`, or empty")]
People = Annotated[int, Field(ge=0, le=1_000)]
Amount = Annotated[Decimal, Field(ge=0, le=10**12, max_digits=18, decimal_places=3)]
MAX_NIGHTS = 3_000


class GuestIn(Input):
    """Whoever stays; all personal data are in here and nowhere else."""

    first_name: Name = ""
    last_name: Annotated[Name, Field(min_length=1)]
    email: Email = ""
    phone: Phone = ""
    country: Country = ""
    language: Language = ""


class Patch(Input):
    """A change of some fields: what is not sent stays, and null empties only what may be empty."""

    nullable: ClassVar[frozenset[str]] = frozenset()

    @field_validator("*", mode="before")
    @classmethod
    def _nothing_null(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None and info.field_name not in cls.nullable:
            raise ValueError("may not be null")
        return value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return the schema without the nulls by which a field says that it was not sent."""
        told = handler(core)
        for name, field in handler.resolve_ref_schema(told)["properties"].items():
            kinds = [kind for kind in field.get("anyOf", ()) if kind != {"type": "null"}]
            if name not in cls.nullable and len(kinds) < len(field.get("anyOf", ())):
                del field["anyOf"]
                field.pop("default", None)
                field.update(kinds[0] if len(kinds) == 1 else {"anyOf": kinds})
        return told


class GuestPatchIn(Patch):
    """What to correct of a guest; what is not sent stays."""

    first_name: Name | None = None
    last_name: Annotated[Name, Field(min_length=1)] | None = None
    email: Email | None = None
    phone: Phone | None = None
    country: Country | None = None
    language: Language | None = None


class WishIn(Input):
    """One wish: a feature, a room, or a floor not below or not above."""

    weight: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    feature: Word | None = None
    room: Word | None = Field(default=None, description="A room's number")
    min_floor: Annotated[int, Field(ge=-100, le=1_000)] | None = None
    max_floor: Annotated[int, Field(ge=-100, le=1_000)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        named = [n for n in ("feature", "room", "min_floor", "max_floor") if getattr(self, n) is not None]
        if len(named) != 1:
            raise ValueError("names exactly one of feature, room, min_floor, max_floor")
        return self


class _Terms(Input):
    """What may be said of a booking, now or later."""

    arrival_time: LocalTime | None = Field(default=None, description="Hotel-local; the house's own without")
    departure_time: LocalTime | None = None
    children: People = 0
    gender: PartyGender | None = None
    group: Word | None = Field(default=None, description="Name of a group that is there")
    priority: Annotated[int, Field(ge=0, le=1_000)] = 0
    needs: Annotated[list[Word], Field(max_length=50)] = Field(default=[], description="Features the room must have")
    wishes: Annotated[list[WishIn], Field(max_length=50)] = Field(default=[])
    allowed_rooms: Annotated[list[Word], Field(max_length=1_000)] | None = None
    special_requests: Note = ""
    internal_notes: Note = ""
    promo_code: Annotated[Text, Field(max_length=50), NoCard] = ""

    def terms(self, *without: str) -> dict[str, Any]:
        """Return what was sent, in the service's terms."""
        kept = {name for name in self.model_fields_set if name not in without}
        return self.model_dump(include=kept)


class BookingIn(_Terms):
    """A booking that staff make."""

    guest: GuestIn
    check_in: Day
    check_out: Day
    room_type: Word = Field(description="Code or name of a type")
    adults: People = 1
    total_amount: Amount | None = Field(default=None, description="Of the whole stay; the type's rate without")
    status: Literal["CONFIRMED", "PENDING_PAYMENT"] = "CONFIRMED"
    pay_until: Moment | None = Field(
        default=None, description="When one that waits for its payment ends if it is unpaid; never without"
    )
    overbook: bool = Field(
        default=False, description="Make it even if the hotel cannot hold it, or nobody knows; else that is 409"
    )

    @field_validator("check_out")
    @classmethod
    def _not_for_ever(cls, value: date, info: ValidationInfo) -> date:
        check_in = info.data.get("check_in")  # missing where it has a fault of its own
        if check_in is not None and (value - check_in).days > MAX_NIGHTS:
            raise ValueError(f"is more than {MAX_NIGHTS} nights after check_in")
        return value


class BookingPatchIn(_Terms, Patch):
    """What to change of a booking; what is not sent stays."""

    nullable = frozenset({"arrival_time", "departure_time", "gender", "group", "allowed_rooms", "if_version"})

    guest: GuestPatchIn | None = None
    check_in: Day | None = None
    check_out: Day | None = None
    room_type: Word | None = None
    adults: People | None = None
    total_amount: Amount | None = None
    on_conflict: OnConflict = Field(
        default=OnConflict.REFUSE,
        description="If it cannot keep its room, or the hotel cannot hold it: `refuse` the change, or do it all the "
        "same, and `release` the room that it cannot keep",
    )
    reason: Note = ""
    if_version: Version | None = None

    def changed_guest(self) -> dict[str, str]:
        """Return what of the guest was sent."""
        return {} if self.guest is None else self.guest.model_dump(exclude_unset=True)


class RoomOutcomeOut(Output):
    """What became of the booking's room."""

    outcome: Outcome = Field(description="`none`: it had none; `kept`; `lost`: for the reasons in `because`")
    room_number: str | None
    because: tuple[dict[str, Any], ...]
    warnings: tuple[str, ...]
    fit: Verdict | None = Field(
        description="Whether the hotel can hold it as it is now, rooms dealt out anew; null if it wants no more"
    )


class AmendedOut(BookingDetailOut):
    """A booking after a change, what is different, and what became of its room."""

    changed: tuple[str, ...]
    room_outcome: RoomOutcomeOut

    @classmethod
    def of_held(cls, detail: Any, held: Held) -> Self:
        """Return the answer."""
        done = held.done
        outcome = RoomOutcomeOut(
            outcome=done.outcome,
            room_number=done.room,
            because=tuple(broken.plain() for broken in done.because),
            warnings=done.warnings,
            fit=held.fit,
        )
        return cls.of_detail(detail, changed=done.fields, room_outcome=outcome)


class AddGuestIn(_Terms):
    """A guest at the desk, for the room of the path, from now on."""

    guest: GuestIn
    check_out: Day
    adults: People = 1
    room_type: Word | None = Field(
        default=None, description="Code or name of the type that is charged; the room's own without"
    )
    total_amount: Amount | None = None
    override: Annotated[dict[Word, Reason], Field(max_length=20)] = Field(default={})


class MoveRoomIn(Input):
    """Another room for a guest in house, and why."""

    room_number: Word
    reason: Annotated[Note, Field(min_length=1)]
    override: Annotated[dict[Word, Reason], Field(max_length=20)] = Field(
        default={}, description="Rules to break, by name, each with its reason; needs a version"
    )
    if_version: Version | None = None


class SwapIn(Input):
    """The booking to change rooms with."""

    booking_id: Word
    reason: Note = ""
