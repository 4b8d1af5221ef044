"""Settings, from the environment only. They fail closed: what guards data has no default."""

from __future__ import annotations

import secrets
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.engine import driver_url

SECRET_BYTES = 32


class DatabaseSettings(BaseSettings):
    """What every process needs, a worker or a command included.

    Attributes
    ----------
    database_url
        ``DATABASE_URL``: the database, signed in as the plain role that row security holds.
    migration_url
        ``MIGRATION_URL``: the same database, signed in as its owner; read by ``keyrack migrate`` only.
    clock_ahead_s
        Seconds that the clock is ahead of the machine's (negative: behind): the demo's hotel has a day of its own.
    """

    model_config = SettingsConfigDict(
        env_prefix="KEYRACK_", extra="ignore", frozen=True, hide_input_in_errors=True, populate_by_name=True
    )

    database_url: SecretStr = Field(validation_alias=AliasChoices("DATABASE_URL", "KEYRACK_DATABASE_URL"))
    migration_url: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("MIGRATION_URL", "KEYRACK_MIGRATION_URL")
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    clock_ahead_s: int = 0

    @field_validator("database_url", "migration_url")
    @classmethod
    def _is_postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            driver_url(value.get_secret_value())
        return value

    @classmethod
    def from_environment(cls) -> Self:
        """Return the settings of this process.

        Raises
        ------
        pydantic.ValidationError
            Naming everything that is missing or wrong; never with the values.
        """
        return cls()  # type: ignore[call-arg]  # the environment gives them


class WorkerSettings(DatabaseSettings):
    """What a worker needs to know to reach the world.

    Attributes
    ----------
    smtp_host, smtp_port, smtp_security, smtp_user, smtp_password
        The mail server; without a host no mail is sent, and each message says so in its log.
    mail_from
        The address that messages come from; the hotel's name stands before it.
    mailbox
        A folder to write messages into instead of sending them (the demo).
    address
        ``KEYRACK_ADDRESS``: where the service's pages are, such as ``https://desk.example.org``, for links in mail.
    sms_url, sms_token
        The HTTP gateway for text messages (`docs/messages.md`).
    private_webhooks
        Whether webhooks may go to private addresses and over plain HTTP.
    keep_days
        After so many days events and webhooks that went out, and jobs that are over, are deleted.
    """

    smtp_host: str | None = None
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    mail_from: str = "keyrack@localhost"
    mailbox: Path | None = None
    address: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")] | None = None
    sms_url: str | None = None
    sms_token: SecretStr | None = None
    private_webhooks: bool = False
    keep_days: Annotated[int, Field(ge=1, le=3_650)] = 30

    @classmethod
    def for_database(cls, database_url: str, **others: object) -> Self:
        """Return the settings of the environment, for this database."""
        values = {"database_url": database_url} | others
        return cls(**values)  # type: ignore[arg-type]


class Settings(DatabaseSettings):
    """What one process of the web service needs to know.

    Attributes
    ----------
    secret_key
        ``KEYRACK_SECRET_KEY``: signs access tokens; at least 32 characters, e.g. of ``openssl rand -base64 48``.
    access_minutes, refresh_days
        Lifetime of an access token, and of a refresh token that is not used.
    threads
        Requests worked on at once in one process, and connections it may hold. A request holds one connection at a
        time, so nobody ever waits for the pool.
    max_body_bytes
        Longest request body.
    metrics_token
        ``KEYRACK_METRICS_TOKEN``: who bears it may read ``/metrics``; without one nobody may, outside of the demo.
    stripe_secret
        ``KEYRACK_STRIPE_SECRET``: what the payment provider signs its webhooks with; without one none is taken.
    """

    secret_key: SecretStr
    demo: bool = False
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    access_minutes: Annotated[int, Field(ge=1, le=60)] = 10
    refresh_days: Annotated[int, Field(ge=1, le=90)] = 14
    threads: Annotated[int, Field(ge=2, le=400)] = 16
    max_body_bytes: Annotated[int, Field(ge=1_000)] = 1_000_000
    metrics_token: SecretStr | None = None
    stripe_secret: SecretStr | None = None

    @field_validator("secret_key")
    @classmethod
    def _is_secret(cls, value: SecretStr) -> SecretStr:
        plain = value.get_secret_value()
        if len(plain) < SECRET_BYTES or len(set(plain)) < 10:
            raise ValueError(f"needs at least {SECRET_BYTES} characters drawn at random")
        return value

    @classmethod
    def for_demo(cls, database_url: str, **others: object) -> Self:
        """Return settings for a demo on this machine: a secret drawn now, so sign-ins end with the process."""
        values = {"database_url": database_url, "secret_key": secrets.token_urlsafe(48), "demo": True} | others
        return cls(**values)  # type: ignore[arg-type]

    @property
    def access_lifetime(self) -> timedelta:
        """How long an access token is good for."""
        return timedelta(minutes=self.access_minutes)

    @property
    def refresh_lifetime(self) -> timedelta:
        """How long a refresh token may lie unused."""
        return timedelta(days=self.refresh_days)
