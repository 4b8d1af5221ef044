"""Invitations to work in a hotel: the mail with the token, and accepting by it.

The token is made when the mail is, and only its hash is kept, once a carrier has taken the mail. It begins with the
hotel's name in addresses, so that it is looked for in that hotel and nothing has to look across hotels.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy import ColumnElement, Engine, select
from sqlalchemy.orm import Session

from api.services.account import locked, set_password
from api.services.actor import Actor
from api.services.clock import Clock
from api.services.members import state_of, tell_member
from api.services.post.carriers import Carrier, Letter, NotSent
from api.services.post.messages import BACKOFF
from api.services.post.templates import one_line
from api.services.signin import SignInRefused, hash_password
from api.services.transaction import change_hotel
from models import Hotel, HotelSession, Membership, Staff, global_session, hotel_by_slug, hotel_session

Later = Callable[[Session, timedelta], None]

log = structlog.get_logger(__name__)

LETTER = """\
{hotel} invites you to its room plan in Keyrack, as {role}.

{how}

This works once, until {until} UTC. From then on you sign in as {email} with that password, wherever you work with this
address; the password you may have now, and whatever is signed in with it, ends.

If you do not know this hotel, do nothing: without you nothing changes.
"""
BY_LINK = "Follow this link and choose a password:\n{address}/#invitation={token}"
BY_CODE = 'Open the Keyrack of the hotel, press "I have an invitation", and choose a password. Your code:\n{token}'


class InvitationRefused(SignInRefused):
    """There is no such invitation, or it is over: ask the hotel for another."""

    code = "invitation_refused"


def send(
    engine: Engine,
    hotel_id: int,
    membership_id: int,
    mail: Carrier,
    clock: Clock,
    later: Later,
    *,
    tries: int = 0,
    address: str | None = None,
) -> None:
    """Send an invitation that waits to be sent; done again, it is not sent again.

    Nothing is held while a server is spoken to. If the process dies between the server's yes and our note of it, a
    second mail follows, and only its token is worth something.

    Parameters
    ----------
    later
        Has this called again, in the given session's transaction, after a while.
    tries
        How often it was tried before.
    address
        Where the pages are, for a link; without one the mail has a code to enter there.
    """
    unsent = (Membership.id == membership_id, Membership.invitation_hash.is_(None))
    with hotel_session(engine, hotel_id) as session:
        hotel = session.get_one(Hotel, hotel_id)
        row = _invited(session, hotel_id, clock, *unsent)
        if row is None:
            return
        email = session.get_one(Staff, row.staff_id).email
    token = f"{hotel.slug}.{secrets.token_urlsafe(32)}"
    problem: NotSent | None = None
    try:
        mail.carry(_letter(hotel, row, email, token, address))
    except NotSent as error:
        problem = error
    with hotel_session(engine, hotel_id) as session:
        row = _invited(session, hotel_id, clock, *unsent)
        if row is None:  # withdrawn, or sent by somebody else in the meantime
            return
        if problem is None:
            row.invitation_hash = _hash(token)
        elif problem.again and tries < len(BACKOFF):
            later(session, BACKOFF[tries])
        else:
            log.error("invitation not sent", membership_id=membership_id, reason=problem.reason)
        session.commit()


def accept(engine: Engine, clock: Clock, token: str, password: str) -> None:
    """Let somebody work in the hotel that has invited them, and give their account this password.

    The token proves whose mailbox it is, and nothing proved that of whoever set the old password: it is worth nothing
    from now on, and every sign-in with it ends.

    Raises
    ------
    InvitationRefused
        If there is no such token, it was used or withdrawn, or its time is over.
    """
    with global_session(engine) as session:
        hotel_id = hotel_by_slug(session, token.partition(".")[0]) or 0  # of no hotel: nothing is found there
    mine = Membership.invitation_hash == _hash(token)
    with hotel_session(engine, hotel_id) as session:
        if _invited(session, hotel_id, clock, mine) is None:
            raise InvitationRefused
    password_hash = hash_password(password)  # slow on purpose: for nobody without a token, and before the lock

    def work(session: HotelSession, hotel: Hotel) -> None:
        row = _invited(session, hotel.id, clock, mine)
        if row is None:
            raise InvitationRefused
        set_password(session, locked(session, row.staff_id), password_hash, clock.now())
        before = state_of(row)
        row.accepted = row.active = True
        row.invited_until = row.invitation_hash = None
        row.version += 1
        tell_member(session, row, "member.accepted", before, Actor.staff(row.staff_id), clock)

    change_hotel(engine, hotel_id, work)


def _invited(session: Session, hotel_id: int, clock: Clock, *which: ColumnElement[bool]) -> Membership | None:
    """Return an invitation that may be accepted at this moment, once nobody else is changing it."""
    return session.scalars(
        select(Membership)
        .join(Staff, Staff.id == Membership.staff_id)
        .where(Membership.hotel_id == hotel_id, Membership.invited_until > clock.now(), Staff.active, *which)
        .with_for_update(of=Membership, key_share=True)
    ).one_or_none()


def _letter(hotel: Hotel, row: Membership, email: str, token: str, address: str | None) -> Letter:
    assert row.invited_until is not None  # `_invited` asks for it
    name, until = one_line(hotel.name), f"{row.invited_until:%Y-%m-%d %H:%M}"
    how = BY_CODE.format(token=token) if address is None else BY_LINK.format(address=address.rstrip("/"), token=token)
    return Letter(
        # Each try has a token of its own: it is no repetition that a receiver may leave out.
        name=f"keyrack-{hotel.id}-invitation-{secrets.token_hex(8)}",
        sender_name=hotel.name,
        reply_to=str(hotel.public_settings.get("email", "")),
        recipient=email,
        subject=f"{name} invites you to Keyrack",
        text=LETTER.format(hotel=name, role=row.role.value, how=how, until=until, email=email),
    )


def _hash(token: str) -> bytes:
    # The token has 256 random bits: nothing slower than SHA-256 would protect it better.
    return hashlib.sha256(b"invitation " + token.encode(errors="replace")).digest()
