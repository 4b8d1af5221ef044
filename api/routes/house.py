"""The hotel itself: its settings and its people."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.access import Caller, CanManageSettings, CanManageStaff, CanView
from api.limits import count_invitation
from api.queue import send_invitation
from api.routes.common import (
    HOTEL,
    IdempotencyName,
    IfMatch,
    agreed,
    answer_of,
    etag,
    request_key,
    send,
)
from api.schemas.inventory import sent
from api.schemas.problem import problems
from api.schemas.settings import (
    MemberIn,
    MemberOut,
    MemberPatchIn,
    MembersOut,
    SettingsIn,
    SettingsOut,
    SettingsPatchIn,
)
from api.services.errors import NotFound
from api.services.hotel_settings import change_settings
from api.services.idempotency import Answer, once
from api.services.members import add_member, change_member, list_members
from api.services.signin import hash_password
from models import Hotel, HotelSession

router = APIRouter(prefix=HOTEL, tags=["hotel"], responses=problems(400, 401, 403, 404, 409, 412, 422, 503))

StaffId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("/settings/")
def settings(caller: CanView, response: Response) -> SettingsOut:
    """Show the hotel's settings."""
    shown = caller.read(lambda _, hotel: SettingsOut.of_hotel(hotel))
    response.headers.update(etag(shown.version))
    return shown


@router.put("/settings/")
def replace_settings(caller: CanManageSettings, body: SettingsIn, if_match: IfMatch, response: Response) -> SettingsOut:
    """Set all settings; what is not sent becomes what it is in a new hotel. Public ones alone replace only those."""
    return _settings(caller, body, if_match, response)


@router.patch("/settings/")
def patch_settings(
    caller: CanManageSettings, body: SettingsPatchIn, if_match: IfMatch, response: Response
) -> SettingsOut:
    """Change some settings."""
    return _settings(caller, body, if_match, response)


@router.get("/staff/")
def members(caller: CanManageStaff) -> MembersOut:
    """List the people who work here or have."""
    found = caller.read(list_members)
    return MembersOut(count=len(found), results=tuple(map(MemberOut.of, found)))


@router.post("/staff/", status_code=201, response_model=MemberOut, responses=problems(429))
def make_member(
    caller: CanManageStaff, request: Request, body: MemberIn, idempotency_key: IdempotencyName = None
) -> Response:
    """Let somebody work here: at once who is new, once they accept (`pending`) who has an account by this address."""
    key = request_key(request, caller.actor, idempotency_key, body)
    count_invitation(caller)
    password_hash = hash_password(body.password)  # slow on purpose, so before the lock

    def work(session: HotelSession, hotel: Hotel) -> Answer:
        def add() -> Answer:
            made = add_member(
                session,
                hotel,
                email=body.email,
                name=body.name,
                password_hash=password_hash,
                role=body.role,
                granted=body.granted,
                actor=caller.actor,
                invite=send_invitation,
                clock=caller.clock,
            )
            where = f"{request.url.path.rstrip('/')}/{made.staff_id}/"
            return answer_of(201, MemberOut.of(made), {"Location": where} | etag(made.version))

        return once(session, hotel, caller.clock, key, add)

    return send(caller.change(work))


@router.get("/staff/{staff_id}/")
def member(caller: CanManageStaff, staff_id: StaffId, response: Response) -> MemberOut:
    """Show somebody who works here."""
    found = caller.read(lambda session, hotel: list_members(session, hotel, staff_id))
    if not found:
        raise NotFound
    response.headers.update(etag(found[0].version))
    return MemberOut.of(found[0])


@router.patch("/staff/{staff_id}/", responses=problems(429))
def patch_member(
    caller: CanManageStaff, staff_id: StaffId, body: MemberPatchIn, if_match: IfMatch, response: Response
) -> MemberOut:
    """Change somebody's role, further permissions, or whether they work here.

    Of somebody who has not accepted yet, `active` invites them anew (true) or withdraws the invitation (false).
    """
    if body.active:
        count_invitation(caller)
    done = caller.change(
        lambda session, hotel: change_member(
            session,
            hotel,
            staff_id,
            sent(body, "if_version"),
            actor=caller.actor,
            invite=send_invitation,
            if_version=agreed(if_match, body.if_version),
            clock=caller.clock,
        )
    )
    response.headers.update(etag(done.version))
    return MemberOut.of(done)


@router.delete("/staff/{staff_id}/", status_code=204)
def remove_member(caller: CanManageStaff, staff_id: StaffId) -> None:
    """Say that somebody no longer works here, or is not invited; what they did stays in the audit under their name."""
    caller.change(
        lambda session, hotel: change_member(
            session, hotel, staff_id, {"active": False}, actor=caller.actor, invite=send_invitation, clock=caller.clock
        )
    )


def _settings(caller: Caller, body: SettingsPatchIn, if_match: int | None, response: Response) -> SettingsOut:
    version = agreed(if_match, body.if_version)

    def work(session: HotelSession, hotel: Hotel) -> SettingsOut:
        done = change_settings(
            session, hotel, body.values(), actor=caller.actor, if_version=version, clock=caller.clock
        )
        return SettingsOut.of_hotel(done)

    shown = caller.change(work)
    response.headers.update(etag(shown.version))
    return shown
