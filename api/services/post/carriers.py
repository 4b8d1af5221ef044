"""How messages leave the house: a port for mail and one for text messages, and what can be plugged into them."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Final, Literal, Protocol

import httpx

from api.services.clock import Clock
from api.services.post.templates import as_html, one_line

TIMEOUT_S: Final = 20.0


class NotSent(Exception):
    """A message was not accepted.

    Attributes
    ----------
    reason
        Why, in words of ours: a server's may repeat an address.
    again
        Whether to try again later.
    """

    def __init__(self, reason: str, *, again: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.again = again


@dataclass(frozen=True, slots=True)
class Letter:
    """A message on its way: ``name`` is the same at every try, so that a receiver can tell a repetition."""

    name: str
    sender_name: str
    reply_to: str
    recipient: str
    subject: str
    text: str


class Carrier(Protocol):
    """Takes a message to its receiver, or raises `NotSent`."""

    def carry(self, letter: Letter) -> None:
        """Send it."""
        ...


class Nobody:
    """Where no server is configured."""

    def carry(self, letter: Letter) -> None:  # noqa: ARG002 - it is for nobody
        """Refuse."""
        raise NotSent("no server is configured for this kind of message", again=False)


def message_of(letter: Letter, sender: str, clock: Clock) -> EmailMessage:
    """Return the message as it goes over the wire, as text and as a page of the same text.

    Raises
    ------
    NotSent
        If an address is none; a line break in a header is refused by the library and by us.
    """
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = Address(one_line(letter.sender_name), addr_spec=sender)
        message["To"] = Address(addr_spec=letter.recipient)
        if letter.reply_to:
            message["Reply-To"] = Address(addr_spec=letter.reply_to)
        message["Subject"] = letter.subject
    except (MessageError, ValueError, IndexError):
        raise NotSent("the address or the subject cannot be used", again=False) from None
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{letter.name}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_alternative(as_html(letter.text), subtype="html")
    return message


@dataclass(frozen=True, slots=True)
class Smtp:
    """A mail server."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    sender: str
    clock: Clock
    user: str | None = None
    password: str | None = None

    def carry(self, letter: Letter) -> None:
        """Hand the message to the server."""
        message = message_of(letter, self.sender, self.clock)
        try:
            with self._connection() as server:
                if self.user is not None:
                    server.login(self.user, self.password or "")
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise NotSent(f"the server refuses the recipient ({code})", again=code < 500) from None
        except smtplib.SMTPResponseException as error:
            wrong_login = isinstance(error, smtplib.SMTPAuthenticationError)
            again = error.smtp_code < 500 or wrong_login
            raise NotSent(f"the server refuses the message ({error.smtp_code})", again=again) from None
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent(f"the server cannot be reached ({type(error).__name__})", again=True) from None

    def _connection(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.security == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=context)
        server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
        if self.security == "starttls":
            server.starttls(context=context)
        return server


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A folder in which each message is a file, for the demo: nothing leaves the machine."""

    folder: Path
    sender: str
    clock: Clock

    def carry(self, letter: Letter) -> None:
        """Write the message as an ``.eml`` file."""
        message = message_of(letter, self.sender, self.clock)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{letter.name}.eml").write_bytes(message.as_bytes())


@dataclass(frozen=True, slots=True)
class SmsGateway:
    """A gateway for text messages over HTTP: POST ``{id, to, text}`` as JSON with a bearer token, 2xx is accepted."""

    url: str
    token: str

    def carry(self, letter: Letter) -> None:
        """Hand the message to the gateway."""
        body = {"id": letter.name, "to": letter.recipient, "text": letter.text}
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            answer = httpx.post(self.url, json=body, headers=headers, timeout=TIMEOUT_S)
        except httpx.HTTPError as error:
            raise NotSent(f"the gateway cannot be reached ({type(error).__name__})", again=True) from None
        if not answer.is_success:
            again = answer.status_code >= 500 or answer.status_code in {408, 429}
            raise NotSent(f"the gateway answers {answer.status_code}", again=again)
