"""Questions at the terminal about the whole hotel: trade-offs, prices of locks, days for closures, time to spare."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from api.cli.answers import Slug, amount_of, move_of, read
from api.cli.show import say, table


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("front", short_help="What do fewer moves cost in gaps and wishes?")(front)
    app.command("prices", short_help="What do locks and closures cost now?")(prices)
    app.command("slack", short_help="How long are rooms ready before important arrivals?")(slack)
    app.command("upkeep", short_help="On which days is a room best closed?")(upkeep)


def front(
    hotel: Slug,
    points: Annotated[int, typer.Option(min=2, max=20, help="Plans to look for.")] = 10,
    horizon: Annotated[int | None, typer.Option(min=1, help="Nights looked at.")] = None,
    time_limit: Annotated[float, typer.Option(help="Seconds for all of them.")] = 50.0,
    svg: Annotated[Path | None, typer.Option(help="Also draw them into this file.")] = None,
) -> None:
    """Find plans that trade moves against gaps against wishes, none better than another. Nothing is written."""
    from api.services.tradeoffs import ask_trade_offs, trade_offs

    asked = read(hotel, lambda s, h: ask_trade_offs(s, h, horizon_nights=horizon))
    found = trade_offs(asked, points=points, time_limit_s=time_limit)
    others = sorted({name for choice in found.choices for name in choice.terms} - {"gap", "wish"})
    rows = [
        [len(c.moves), c.gap, c.wish, *(c.terms.get(name, 0) for name in others), c.score, len(c.unplaced)]
        for c in found.choices
    ]
    table(["moved", "gap", "wish", *others, "score", "without a room"], rows)
    say(f"{len(found.choices)} of {found.tried} plans; each of the others is no better than one of these in anything")
    if svg is not None:
        from api.cli.plot import trade_off_svg

        svg.write_text(trade_off_svg(f"{hotel}: moves against gaps against wishes", found.choices), "utf-8")
        say(f"drawn in {svg}")


def prices(hotel: Slug, limit: Annotated[int, typer.Option(min=1, max=50)] = 10) -> None:
    """List what locks and closures cost now, dearest first, with a fee that would make up for a lock."""
    from api.services.upkeep import ask_prices, dear_locks

    asked = read(hotel, ask_prices)
    found = dear_locks(asked, limit)
    rows = [
        [amount_of(lock.price), f"{lock.price.kind} {lock.price.id}", lock.price.room_number, lock.fee or "-"]
        for lock in found
    ]
    table(["points", "what", "room", f"fee in {asked.scale.currency}"], rows)


def slack(
    hotel: Slug,
    days: Annotated[int, typer.Option(min=0, help="Arrivals within so many days.")] = 7,
    hours: Annotated[float, typer.Option(help="Time that a room should be empty before.")] = 24.0,
) -> None:
    """List important arrivals, the least time to spare first, with rooms that would be ready sooner. All stay put."""
    from api.services.slack import ask_slack
    from api.services.slack import slack as answer

    found = answer(read(hotel, lambda s, h: ask_slack(s, h, days=days, hours=hours)))
    if not found:
        say("no important arrivals")
        return
    rows = [
        [
            arrival.booking_id,
            arrival.priority,
            f"{arrival.arrives_at:%Y-%m-%d %H:%M}",
            arrival.room_number + (" (locked)" if arrival.locked else ""),
            "-" if arrival.hours is None else f"{arrival.hours:g}",
            ", ".join(f"{other.room_number} for {other.cost}" for other in arrival.others),
        ]
        for arrival in found
    ]
    table(["booking", "rank", "arrives", "room", "hours empty", "ready in time, for points"], rows)


def upkeep(
    hotel: Slug,
    room: Annotated[str, typer.Option(help="The room to close.")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"])],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"])],
    nights: Annotated[int, typer.Option(min=1, max=60)] = 1,
) -> None:
    """Find the cheapest days for closing a room, and who would change rooms for it. Nothing is closed."""
    from api.services.upkeep import ask_upkeep, plan_upkeep

    asked = read(hotel, lambda s, h: ask_upkeep(s, h, room=room, first=first.date(), last=last.date(), nights=nights))
    found = plan_upkeep(asked)
    if not found:
        say("on none of these days is there room for those who have it")
    rows = [
        [
            f"{d.starts_at:%Y-%m-%d %H:%M}",
            f"{d.ends_at:%Y-%m-%d %H:%M}",
            d.cost,
            ", ".join(map(move_of, d.moves)) or "nobody",
        ]
        for d in found[:10]
    ]
    if rows:
        table(["from", "to", "cost", "who moves"], rows)
