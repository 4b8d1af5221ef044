"""A hotel's settings, and the people who work in it."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, ValidationInfo, field_validator

from api.schemas.auth import NewPassword
from api.schemas.base import Input, NoCard, Note, Output, Text, Version, Word
from api.schemas.newbooking import Email, Patch, Phone
from api.schemas.public import ShownOut
from api.schemas.times import Day, LocalTime
from api.services.bookingdata import fault
from api.services.errors import InvalidInput
from api.services.hotel_settings import PUBLIC, TERMS, public_of, settings_of
from models import Hotel, Role

Line = Annotated[Text, Field(max_length=300), NoCard]
Lines = Annotated[list[Line], Field(max_length=100)]
Minutes = Annotated[int, Field(ge=0, le=1_440)]


class PublicIn(Patch):
    """What the hotel shows to everybody."""

    description: Note | None = None
    address: Line | None = None
    city: Line | None = None
    country: Line | None = None
    email: Email | None = None
    phone: Phone | None = None
    website: Line | None = None
    cancellation_policy: Note | None = None
    languages: Lines | None = None
    amenities: Lines | None = None
    images: Lines | None = None


class PromoCodeIn(Input):
    """A code that takes some per cent off, for stays that begin in a period."""

    code: Word
    percent: Annotated[int, Field(ge=1, le=100)]
    starts: Day | None = Field(default=None, alias="from")
    ends: Day | None = Field(default=None, alias="to")

    @field_validator("ends")
    @classmethod
    def _in_order(cls, value: date | None, info: ValidationInfo) -> date | None:
        starts = info.data.get("starts")
        if starts is not None and value is not None and value < starts:
            raise ValueError("is before from")
        return value


class SettingsPatchIn(PublicIn):
    """Settings to change; what is not sent stays. What the hotel shows is in `public`, or here as HotelMate has it."""

    nullable = frozenset({"if_version", "keep_guests_days"})

    name: Word | None = None
    timezone: Word | None = Field(default=None, description="IANA name")
    check_in_time: LocalTime | None = None
    check_out_time: LocalTime | None = None
    turnaround_minutes: Minutes | None = None
    public: PublicIn | None = None
    policy: dict[Word, Any] | None = Field(default=None, description="Parts of the allocation policy")
    promo_codes: Annotated[list[PromoCodeIn], Field(max_length=1_000)] | None = None
    payment_minutes: Annotated[int, Field(ge=1, le=60 * 24 * 30)] | None = Field(
        default=None, description="After so many minutes an unpaid booking expires"
    )
    place_pending: bool | None = Field(default=None, description="Whether runs give rooms to unpaid bookings")
    keep_guests_days: Annotated[int, Field(ge=1, le=36_500)] | None = Field(
        default=None, description="So many days after their last departure guests are erased; null: they are kept"
    )
    if_version: Version | None = None

    def values(self) -> dict[str, Any]:
        """Return what was sent, in the service's terms.

        Raises
        ------
        InvalidInput
            If what the hotel shows is said twice, and otherwise.
        """
        shown = self.model_dump(include=self.model_fields_set & PUBLIC.keys())
        sent = {name: getattr(self, name) for name in self.model_fields_set - {"if_version", *shown}}
        for name, value in sent.items():
            if isinstance(value, BaseModel):
                sent[name] = value.model_dump(exclude_unset=True)
        if "promo_codes" in sent:
            sent["promo_codes"] = [code.model_dump(mode="json", by_alias=True) for code in self.promo_codes or ()]
        nested = sent.get("public", {})
        if twice := [name for name in shown if nested.get(name, shown[name]) != shown[name]]:
            faults = [fault(name, "contradiction", f"public.{name} is something else") for name in twice]
            raise InvalidInput(errors=faults)
        return sent | ({"public": {**nested, **shown}} if shown else {})


class SettingsIn(SettingsPatchIn):
    """All settings, `name` and `timezone` among them: what is not sent is what it is in a new hotel.

    Of the policy only what is sent changes. What the hotel shows and nothing else, as HotelMate sends it, replaces just
    that.
    """

    def values(self) -> dict[str, Any]:
        """Return what was sent, and the rest as it is in a new hotel.

        Raises
        ------
        InvalidInput
            If there is no name or time zone: a new hotel has none of itself.
        """
        sent = super().values()
        public = {**PUBLIC, **sent.get("public", {})}
        told = self.model_fields_set - {"if_version"}
        if told and told <= PUBLIC.keys():
            return {"public": public}
        missing = [fault(name, "missing", "is required") for name in ("name", "timezone") if name not in sent]
        if missing:
            raise InvalidInput(errors=missing)
        hours = {"check_in_time": time(15), "check_out_time": time(11), "turnaround_minutes": 0}
        return {**hours, **TERMS, **sent, "public": public}


class SettingsOut(ShownOut):
    """A hotel's settings, as its staff see them; what it shows is in `public`, and here as HotelMate has it."""

    name: str
    timezone: str
    check_in_time: LocalTime
    check_out_time: LocalTime
    turnaround_minutes: int
    currency: str
    business_date: date
    public: dict[str, Any]
    policy: dict[str, Any]
    promo_codes: tuple[dict[str, Any], ...]
    payment_minutes: int
    place_pending: bool
    keep_guests_days: int | None
    version: int

    @classmethod
    def of_hotel(cls, hotel: Hotel) -> Self:
        """Return the answer."""
        return cls(**settings_of(hotel), **public_of(hotel))


class MemberIn(Input):
    """Somebody who is to work in the hotel; whoever has an account by this address already is invited by mail."""

    # ASCII only: of letters that look, or compare, alike somebody else might be the one who gets the mail.
    email: Annotated[Text, Field(min_length=3, max_length=254, pattern=r"^[!-?A-~]+@[!-?A-~]+$")]
    name: Word = Field(description="What this hotel calls them")
    password: NewPassword = Field(description="The first one of somebody new; who is invited chooses one")
    role: Role
    granted: Annotated[list[Word], Field(max_length=50)] = Field(
        default=[], description="Permissions beyond the role's"
    )


class MemberPatchIn(Patch):
    """What to change of somebody's work in the hotel; of somebody invited `active` invites anew, or withdraws it."""

    nullable = frozenset({"if_version"})

    role: Role | None = None
    granted: Annotated[list[Word], Field(max_length=50)] | None = None
    active: bool | None = None
    if_version: Version | None = None


class MemberOut(Output):
    """Somebody who works in the hotel, has worked there or is invited to (`pending`), and what they may do then."""

    staff_id: int
    name: str
    email: str
    role: Role
    granted: tuple[str, ...]
    permissions: tuple[str, ...]
    active: bool
    pending: bool
    invited_until: datetime | None
    invitation_sent: bool
    version: int


class MembersOut(Output):
    """The hotel's people, by name."""

    count: int
    results: tuple[MemberOut, ...]
