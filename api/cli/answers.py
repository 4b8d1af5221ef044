"""Questions at the terminal about a booking or a supposition: does it fit, why is it there, what if."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.show import say, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from api.services.explain import ExchangeView, Explanation, RoomView
    from api.services.standing import Move, Why
    from api.services.whatif import ClosureWish, GroupWish

Slug = Annotated[str, typer.Option("--hotel", help="The hotel's slug.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("fit", short_help="Would a stay fit if others changed rooms?")(fit)
    app.command("explain", short_help="Why is a booking there, not there, or nowhere?")(explain)
    app.command("what-if", short_help="What would locks, closures, weights or a group change?")(what_if)


def fit(
    hotel: Slug,
    room_type: Annotated[str, typer.Option("--type", help="Code of the room type.")] = "",
    check_in: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Arrival.")] = None,
    check_out: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Departure.")] = None,
    adults: Annotated[int, typer.Option(min=1)] = 1,
    booking: Annotated[str, typer.Option(help="Ask for this booking instead.")] = "",
    max_moves: Annotated[int | None, typer.Option(min=0, help="Let at most so many others change rooms.")] = None,
    how_many: Annotated[bool, typer.Option("--how-many", help="Count how many more such stays fit.")] = False,
) -> None:
    """Tell whether a stay fits if others change rooms, who would have to, or why it does not. Nothing is written."""
    from api.services.fitquestion import answer_fit, ask_fit, ask_fit_of

    if booking:
        question = read(hotel, lambda s, h: ask_fit_of(s, h, booking, max_moves=max_moves))
    elif not room_type or check_in is None or check_out is None:
        raise typer.BadParameter("give --booking, or --type, --from and --to")
    else:
        first, last = check_in.date(), check_out.date()
        question = read(
            hotel,
            lambda s, h: ask_fit(
                s,
                h,
                room_type=room_type,
                check_in=first,
                check_out=last,
                adults=adults,
                max_moves=max_moves,
                how_many=how_many,
            ),
        )
    found = answer_fit(question)
    if found.verdict == "fits":
        least = "no fewer will do" if found.fewest else "perhaps fewer would do"
        say(f"fits, in {found.room_number}" + (f" if {_rooms(len(found.moves))}; {least}:" if found.moves else ""))
    else:
        say(found.verdict.replace("_", " "))
    _moves(found.moves)
    _why(found.why)
    if found.how_many is not None:
        say(f"{found.how_many} such stays fit" + ("" if found.how_many_exact else " or more"))
    if found.missing:
        say(f"without a room even now: {', '.join(found.missing)}")


def explain(
    booking: Annotated[str, typer.Argument(help="The booking, such as BK-2026-4X7Q2M.")],
    hotel: Slug,
    room: Annotated[str, typer.Option(help="Why not in this one?")] = "",
) -> None:
    """Say why a booking is in its room, why not in another, or why it has none, with ways out that work."""
    from api.services.explain import ask_explain
    from api.services.explain import explain as answer

    found = answer(read(hotel, lambda s, h: ask_explain(s, h, booking, room=room or None)))
    say(f"{booking}: " + _state(found))
    _moves(found.moves)
    _why(found.why)
    for view in (found.here, found.there):
        if view is not None:
            _room(view)
    if found.exchange is not None:
        _exchange(found.exchange, allowed=found.there is None or not found.there.misfits)
    if found.lock_price is not None:
        say(f"its lock costs {amount_of(found.lock_price)}")
    if found.conflict:
        say(f"in the way ({'all are needed' if found.minimal else 'perhaps not all are needed'}):")
        for element in found.conflict[:20]:
            say(f"  {element.kind} {element.id}" + (f" in {element.room_number}" if element.room_number else ""))
        if len(found.conflict) > 20:
            say(f"  and {len(found.conflict) - 20} more")
    if found.ways_out:
        say("ways out, each tried:")
        rows = [[way.cost, way.message, ", ".join(way.rooms), len(way.moves)] for way in found.ways_out]
        table(["  cost", "what", "room", "others moved"], [[f"  {row[0]}", *row[1:]] for row in rows])


def what_if(
    hotel: Slug,
    unlock: Annotated[list[str] | None, typer.Option(help="A booking whose lock is lifted.")] = None,
    end_closure: Annotated[list[str] | None, typer.Option(help="A closure that is ended, such as C17.")] = None,
    close: Annotated[
        list[str] | None, typer.Option(help="ROOM:FROM:TO, closed between two dates, noon to noon.")
    ] = None,
    group: Annotated[str, typer.Option(help="TYPE:FROM:TO:ROOMS that might be booked.")] = "",
    weight: Annotated[list[str] | None, typer.Option(help="NAME=POINTS; a gap as gap=12,5.")] = None,
    horizon: Annotated[int | None, typer.Option(min=1, help="Nights looked at.")] = None,
    time_limit: Annotated[float, typer.Option(help="Seconds of each of the two solves.")] = 3.0,
) -> None:
    """Solve the hotel as it is and as it might be, and tell the difference. Nothing is written."""
    from api.services.whatif import suppose
    from api.services.whatif import what_if as answer

    closures = [_closure(text) for text in close or ()]
    party = _group(group) if group else None
    weights = dict(_weight(text) for text in weight or ())
    found = answer(
        read(
            hotel,
            lambda s, h: suppose(
                s,
                h,
                weights=weights,
                unlock=unlock or (),
                end_closures=end_closure or (),
                closures=closures,
                group=party,
                horizon_nights=horizon,
                time_limit_s=time_limit,
            ),
        )
    )
    rows: list[list[Any]] = []
    names = sorted({*found.now.terms, *found.then.terms})
    rows += [[name, found.now.terms.get(name, 0), found.then.terms.get(name, 0)] for name in names]
    rows.append(["score", found.now.score, found.then.score])
    rows.append(["by usual weights", found.now.usual_score, found.then.usual_score])
    rows.append(["gap to bound", f"{found.now.gap:.2%}", f"{found.then.gap:.2%}"])
    rows.append(["moved", found.now.moved, found.then.moved])
    rows.append(["without a room", len(found.now.unplaced), len(found.then.unplaced)])
    table(["", "as it is", "what if"], rows)
    if party is not None:
        say(f"{party.rooms - found.group_without_room} of the group's {party.rooms} rooms can be had")


def read(slug: str, work: Callable[..., Any]) -> Any:
    """Do the reading work of a question on one moment of the hotel."""
    from api.cli.database import opened
    from api.services.hotels import find_hotel
    from api.services.transaction import read_hotel

    with opened() as database:
        return read_hotel(database.engine, find_hotel(database.engine, slug), work, isolation="REPEATABLE READ")


def _rooms(moves: int) -> str:
    return "1 other changes rooms" if moves == 1 else f"{moves} others change rooms"


def move_of(move: Move) -> str:
    """Return a move in words."""
    return f"{move.booking_id} {move.from_room} -> {move.to_room}"


def _moves(moves: Iterable[Move]) -> None:
    for move in moves:
        say(f"  {move_of(move)}")


def _why(why: Why | None) -> None:
    if why is not None:
        say(f"  {why.message}" + ("" if why.verified else " (found once, not confirmed)"))


def _state(found: Explanation) -> str:
    if found.state == "placed":
        return f"in {found.room_number}"
    if found.state == "fits":
        moves = f" if {_rooms(len(found.moves))}:" if found.moves else ""
        return f"no room yet; fits, in {found.room_number}{moves}"
    return "no room, and none to be had" if found.state == "unplaced" else "no room; not known in time whether it fits"


def _room(view: RoomView) -> None:
    parts = ", ".join(f"{name} {amount}" for name, amount in view.parts.items()) or "nothing"
    say(f"{view.room_number} costs {view.total} ({parts})")
    for reason in view.misfits:
        say(f"  not allowed: {reason}")
    if view.closed:
        say("  closed at some time of the stay")
    if view.blockers:
        say(f"  taken by {', '.join(view.blockers)}")


def _exchange(exchange: ExchangeView, *, allowed: bool) -> None:
    if not exchange.possible:
        say("giving it that room is " + ("not known to be possible" if exchange.possible is None else "not possible"))
        if allowed:  # else it has been said why not
            _why(exchange.why)
        return
    moves = len(exchange.moves)
    say(f"giving it that room costs the hotel {exchange.cost}" + (f", and {_rooms(moves)}:" if moves else ""))
    _moves(exchange.moves)
    say(f"with everybody placed anew as is best, {amount_of(exchange)}")


def amount_of(price: Any) -> str:
    """Return an amount, with its bounds where it is an estimate."""
    return f"{price.amount}" if price.exact else f"about {price.amount} (between {price.low} and {price.high})"


def _dates(first: str, last: str) -> tuple[date, date]:
    try:
        return date.fromisoformat(first), date.fromisoformat(last)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _closure(text: str) -> ClosureWish:
    from api.services.whatif import ClosureWish

    parts = text.split(":")
    if len(parts) != 3:
        raise typer.BadParameter(f"{text!r} is not ROOM:FROM:TO")
    noon = time(12)
    first, last = _dates(*parts[1:])
    return ClosureWish(parts[0], datetime.combine(first, noon), datetime.combine(last, noon))


def _group(text: str) -> GroupWish:
    from api.services.whatif import GroupWish

    parts = text.split(":")
    if len(parts) != 4 or not parts[3].isdigit():
        raise typer.BadParameter(f"{text!r} is not TYPE:FROM:TO:ROOMS")
    first, last = _dates(*parts[1:3])
    return GroupWish(parts[0], first, last, int(parts[3]))


def _weight(text: str) -> tuple[str, Any]:
    name, _, points = text.partition("=")
    numbers = points.split(",")
    known = ("upgrade", "wish", "apart", "not_connecting", "gap")
    if name not in known or not all(number.isdigit() for number in numbers) or (name != "gap" and len(numbers) > 1):
        raise typer.BadParameter(f"{text!r} is not NAME=POINTS, with a NAME of {', '.join(known)}")
    return name, list(map(int, numbers)) if name == "gap" else int(points)
