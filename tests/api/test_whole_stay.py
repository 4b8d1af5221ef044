"""One stay from the first click to the audit, over HTTP, with a real mail server and a worker."""

from __future__ import annotations

from pydantic import SecretStr
from sqlalchemy import select, text

from api.services.clock import SetClock
from api.services.post.messages import Carriers
from api.services.verify import verify_hotel
from models import Room
from models.auditing import verify_chain
from tests.api.mail import do_all, mail_server
from tests.api.services.hotels import SmallHotel
from tests.api.test_payments import SECRET, send, told
from tests.api.test_public import BOOK, LOOKUP, rates, stay
from tests.api.web import Web

HOTEL = "/api/staff/hotels/grand"

HISTORY = [
    ("guest:online", "booking.created"),
    ("system:stripe", "booking.confirmed"),
    ("system:worker", "run.applied"),
    ("staff:1", "room.moved"),
    ("staff:1", "booking.checked_in"),
    ("staff:1", "room.moved"),
    ("staff:1", "booking.checked_out"),
]


def test_a_stay_from_booking_to_audit(web: Web, grand: SmallHotel, clock: SetClock) -> None:
    object.__setattr__(
        web.service, "settings", web.service.settings.model_copy(update={"stripe_secret": SecretStr(SECRET)})
    )
    grand.add_room("201", "DLX", floor=2)
    grand.add_room("202", "DLX", floor=2)
    rates(grand)
    desk = web.member("ada", grand.id)

    with mail_server() as mail:
        carriers = Carriers(mail=mail.to(clock), sms=mail.to(clock))

        # A guest books and pays.
        made = web.client.post(BOOK, json=stay(0, 3, room_type="DLX", adults=2)).json()
        booking, number = made["booking_id"], made["confirmation_number"]
        assert (made["status"], made["total_amount"]) == ("PENDING_PAYMENT", "600.00")
        assert send(web, clock, told(booking, amount=60_000)).status_code == 200
        seen = web.client.post(LOOKUP, json={"email": "grace@example.org", "confirmation_number": number}).json()
        assert seen["status"] == "CONFIRMED"

        # The night, due by the hotel's own clock, gives it a room of its type.
        do_all(grand.engine, clock, carriers, nights=True)
        at = f"{HOTEL}/bookings/{booking}"
        shown = desk.get(f"{at}/").json()
        assert shown["assigned_room_number"] in {"201", "202"}
        assert desk.get(f"{HOTEL}/allocation-runs/").json()["results"][0]["kind"] == "nightly"

        # The desk decides otherwise: a lower type, against the rule by its name.
        lower = {"room_number": "101"}
        refused = desk.post(f"{at}/assign-room/", json=lower)
        assert (refused.status_code, refused.json()["rule"]) == (409, "room_fits")
        override = {"override": {"room_fits": "asked for the garden"}, "if_version": shown["version"]}
        assert desk.post(f"{at}/assign-room/", json=lower | override).status_code == 200

        # Arrival with a PIN, another room for a reason, departure; each is told to the guest.
        pin = desk.post(f"{at}/check-in/", json={}).json()["pin"]
        assert desk.post(f"{at}/pin/verify/", json={"pin": pin}).json()["valid"]
        do_all(grand.engine, clock, carriers)
        moved = desk.post(f"{at}/move-room/", json={"room_number": "202", "reason": "heating"})
        assert moved.status_code == 200, moved.text
        assert desk.post(f"{at}/pin/verify/", json={"pin": pin}).json()["valid"] is False
        assert desk.post(f"{at}/check-out/", json={}).json()["status"] == "COMPLETED"
        do_all(grand.engine, clock, carriers)

    assert [message["Subject"] for message in mail.taken] == [
        f"Your booking {booking} at Grand is confirmed",
        "Welcome to Grand",
        "Thank you for staying at Grand",
    ]
    assert {message["To"] for message in mail.taken} == {"Grace@Example.org"}
    told_all = "".join(message.as_string() for message in mail.taken)
    assert "Your room is 101." in told_all
    assert pin not in told_all

    # Everything is in the audit, in this order, and the chain holds.
    with grand.session() as session:
        entries = [
            tuple(row) for row in session.execute(text("SELECT actor, action FROM audit_entry ORDER BY sequence"))
        ]
        assert verify_chain(session, grand.id) == []
        states = dict(session.execute(select(Room.number, Room.housekeeping_status)).all())
    assert [entry for entry in entries if entry in HISTORY] == HISTORY
    assert states["202"] == "DIRTY"
    assert list(verify_hotel(grand.engine, grand.id)) == []
