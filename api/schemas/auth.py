"""Sign-in, in and out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.base import Input, Output, Text
from api.services.account import SHORTEST
from models import Role

NewPassword = Annotated[Text, Field(min_length=SHORTEST, max_length=1_000)]


class SignInIn(Input):
    """E-mail and password of a member of staff."""

    email: Annotated[Text, Field(min_length=3, max_length=320)]
    password: Annotated[Text, Field(min_length=1, max_length=1_000)]


class RefreshTokenIn(Input):
    """A refresh token."""

    refresh_token: Annotated[Text, Field(min_length=1, max_length=200)]


class PasswordIn(Input):
    """Another password for oneself."""

    old: Annotated[Text, Field(min_length=1, max_length=1_000)]
    new: NewPassword


class AcceptanceIn(Input):
    """The token of an invitation, and the password to sign in with from now on."""

    token: Annotated[Text, Field(min_length=1, max_length=200)]
    password: NewPassword


class TokensOut(Output):
    """A pair of tokens; lifetimes in seconds."""

    token_type: Literal["bearer"]
    access_token: str
    expires_in: int
    refresh_token: str
    refresh_expires_in: int


class WorkplaceOut(Output):
    """A hotel where somebody works, and what they may do there."""

    slug: str
    name: str
    role: Role
    permissions: tuple[str, ...]


class PersonOut(Output):
    """Who is signed in, and where they work."""

    name: str
    email: str
    hotels: tuple[WorkplaceOut, ...]
