"""A hotel's settings, and the people who work in it."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, model_validator

from api.schemas.base import Input, Note, Output, Text, Version, Word
from api.schemas.newbooking import Email, Patch, Phone
from api.schemas.times import Day, LocalTime
from api.services.hotel_settings import PUBLIC, TERMS
from models import Role

Line = Annotated[Text, Field(max_length=300)]
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

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.starts is not None and self.ends is not None and self.ends < self.starts:
            raise ValueError("to is before from")
        return self


class SettingsPatchIn(Patch):
    """Settings to change; what is not sent stays."""

    nullable = frozenset({"if_version"})

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
    if_version: Version | None = None

    def values(self) -> dict[str, Any]:
        """Return what was sent, in the service's terms."""
        sent = {name: getattr(self, name) for name in self.model_fields_set - {"if_version"}}
        for name, value in sent.items():
            if isinstance(value, BaseModel):
                sent[name] = value.model_dump(exclude_unset=True)
        if "promo_codes" in sent:
            sent["promo_codes"] = [code.model_dump(mode="json", by_alias=True) for code in self.promo_codes or ()]
        return sent


class SettingsIn(SettingsPatchIn):
    """All settings: what is not sent is what it is in a new hotel; of the policy only what is sent changes."""

    @model_validator(mode="after")
    def _named(self) -> Self:
        missing = [name for name in ("name", "timezone") if getattr(self, name) is None]
        if missing:
            raise ValueError(f"{', '.join(missing)}: field required")
        return self

    def values(self) -> dict[str, Any]:
        """Return what was sent, and the rest as it is in a new hotel."""
        sent = super().values()
        hours = {"check_in_time": time(15), "check_out_time": time(11), "turnaround_minutes": 0}
        return {**hours, **TERMS, **sent, "public": {**PUBLIC, **sent.get("public", {})}}


class SettingsOut(Output):
    """A hotel's settings, as its staff see them."""

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
    version: int


class MemberIn(Input):
    """Somebody who is to work in the hotel."""

    email: Annotated[Email, Field(min_length=3)]
    name: Word
    password: Annotated[Text, Field(min_length=8, max_length=1_000)] = Field(
        description="Their first one; who signs in with this address already keeps their own"
    )
    role: Role
    granted: Annotated[list[Word], Field(max_length=50)] = Field(
        default=[], description="Permissions beyond the role's"
    )


class MemberPatchIn(Patch):
    """What to change of somebody's work in the hotel."""

    nullable = frozenset({"if_version"})

    role: Role | None = None
    granted: Annotated[list[Word], Field(max_length=50)] | None = None
    active: bool | None = None
    if_version: Version | None = None


class MemberOut(Output):
    """Somebody who works in the hotel, and what they may do."""

    staff_id: int
    name: str
    email: str
    role: Role
    granted: tuple[str, ...]
    permissions: tuple[str, ...]
    active: bool
    version: int


class MembersOut(Output):
    """The hotel's people, by name."""

    count: int
    results: tuple[MemberOut, ...]
