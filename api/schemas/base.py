"""What all schemas are made of."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from api.schemas.kinds import agrees
from api.services.cards import has_card_number


def _storable(value: str) -> str:
    if "\x00" in value or (not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value)):
        raise ValueError("has a character that cannot be stored")
    return value


def _no_card_number(value: str) -> str:
    if has_card_number(value):
        raise ValueError("has what looks like a card number, which must not be kept here")
    return value


Text = Annotated[str, AfterValidator(_storable)]
NoCard = AfterValidator(_no_card_number)
"""Of all that is written down as it was typed; behind the field's length, so that no more than that is looked at."""

Word = Annotated[Text, Field(min_length=1, max_length=100), NoCard]
Note = Annotated[Text, Field(max_length=2_000), NoCard]
Version = Annotated[int, Field(ge=0, le=2**31 - 1)]


class Input(BaseModel):
    """Something a client sends: a field that we do not know is refused, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    from_text: ClassVar[bool] = False

    @field_validator("*", mode="before")
    @classmethod
    def _of_its_kind(cls, value: Any, info: ValidationInfo) -> Any:
        if not agrees(cls, info.field_name or "", value, text=cls.from_text):
            raise ValueError("is of another type")
        return value


class QueryInput(Input):
    """The same in a query, where numbers are written as text."""

    from_text = True


class Output(BaseModel):
    """Something we send: every field always present, so none has a default."""

    model_config = ConfigDict(frozen=True)

    @classmethod
    def of(cls, value: Any) -> Self:
        """Return the answer that shows a service's value, attribute by attribute."""
        return cls.model_validate(value, from_attributes=True)

    @classmethod
    def made_of(cls, **parts: Any) -> Self:
        """Return the answer with these fields, all shown as by `of`: in one go, however many they hold."""
        return cls.model_validate(parts, from_attributes=True)


class Action(Output):
    """Something the caller might do here, and if not, why (codes)."""

    name: str
    allowed: bool
    reasons: tuple[str, ...]
