"""The nightly batch, a reshuffle of one hotel, and the check of everything."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.faults import REFUSED, tell
from api.cli.show import progress, say, show_outcome

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from models import Hotel


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("nightly", short_help="Assign the night of one hotel, or of all due.")(nightly)
    app.command("solve", short_help="Propose a reshuffle of one hotel.")(solve)
    app.command("verify", short_help="Check every invariant.")(verify)


def nightly(
    hotel: Annotated[str, typer.Option(help="One hotel, by slug, whether it is due or not.")] = "",
    all_due: Annotated[bool, typer.Option("--all", help="Every hotel whose night is due.")] = False,
    time_limit: Annotated[float | None, typer.Option(help="Seconds a hotel; else as its policy says.")] = None,
) -> None:
    """Assign the night: solve, and apply where the hotel's policy says so. It never rolls the business date."""
    from api.cli.database import opened
    from api.services.errors import ServiceError
    from api.services.hotels import all_hotels, find_hotel
    from api.services.nightly import run_night
    from models import global_session, hotels_due

    if bool(hotel) == all_due:
        raise typer.BadParameter("give either --hotel SLUG or --all")
    failed = []
    with opened() as database:
        engine = database.engine
        if all_due:
            names = {h.id: h.slug for h in all_hotels(engine)}
            with global_session(engine) as session:
                due = hotels_due(session, datetime.now(UTC))
        else:
            due = [find_hotel(engine, hotel)]
            names = {due[0]: hotel}
        if not due:
            say("no hotel is due")
        for hotel_id in due:
            say(names[hotel_id])
            try:
                with progress(names[hotel_id]) as sign:
                    outcome = run_night(engine, hotel_id, progress=sign, time_limit_s=time_limit)
            except ServiceError as error:  # one hotel's trouble is not the next one's
                tell(f"{names[hotel_id]}: {error.detail}")
                failed.append(names[hotel_id])
                continue
            if not show_outcome(outcome.solved, outcome):
                failed.append(names[hotel_id])
    if failed:
        tell(f"without a plan: {', '.join(failed)}")
        raise typer.Exit(REFUSED)


def solve(
    hotel: Annotated[str, typer.Option(help="The hotel's slug.")],
    apply: Annotated[bool, typer.Option("--apply", help="Make the proposal the fact.")] = False,
    time_limit: Annotated[float | None, typer.Option(help="Seconds; else as the hotel's policy says.")] = None,
    horizon: Annotated[int | None, typer.Option(help="Nights; else as the hotel's policy says.")] = None,
    move_budget: Annotated[int | None, typer.Option(help="Move at most so many stays.")] = None,
) -> None:
    """Propose a reshuffle of one hotel, and apply it if asked to."""
    from api.cli.database import opened
    from api.services.actor import Actor
    from api.services.apply import apply_run
    from api.services.hotels import find_hotel
    from api.services.runs import request_run, solve_run
    from api.services.transaction import change_hotel
    from models import RunKind, RunState

    asked = {"time_limit_s": time_limit, "horizon_nights": horizon, "move_budget": move_budget}
    params = {name: value for name, value in asked.items() if value is not None}
    actor = Actor.system("command")
    with opened() as database:
        engine = database.engine
        hotel_id = find_hotel(engine, hotel)
        run = change_hotel(
            engine,
            hotel_id,
            lambda session, row: request_run(session, row, kind=RunKind.RESHUFFLE, actor=actor, params=params),
        )
        with progress(hotel) as sign:
            solved = solve_run(engine, hotel_id, run.id, progress=sign, actor=actor)
        if not show_outcome(solved):
            raise typer.Exit(REFUSED)
        if apply and solved.run.state == RunState.PROPOSED:
            applied = apply_run(engine, hotel_id, solved.run.id, actor)
            say(f"applied: {applied.placed} placed, {applied.moved} moved, {applied.released} released")


def verify(
    hotel: Annotated[str, typer.Option(help="A hotel's slug, or all.")] = "all",
) -> None:
    """Check every invariant of the database, and that it keeps hotels apart; exit 1 with a line for each finding."""
    from api.cli.database import opened
    from api.services.isolation import verify_isolation

    with opened() as database:
        holes = verify_isolation(database.engine)
        for hole in holes:
            tell(f"isolation: {hole}")
        found = len(holes)
        hotels = _chosen(database.engine, hotel)
        for row in hotels:
            for finding in _findings(database.engine, row):
                tell(f"{row.slug}: {finding}")
                found += 1
    say(f"{len(hotels)} hotels checked, {found} findings")
    if found:
        raise typer.Exit(REFUSED)


def _chosen(engine: Engine, slug: str) -> list[Hotel]:
    from api.services.hotels import all_hotels, find_hotel

    hotels = all_hotels(engine)
    if slug == "all":
        return hotels
    wanted = find_hotel(engine, slug)
    return [row for row in hotels if row.id == wanted]


def _findings(engine: Engine, hotel: Hotel) -> list[object]:
    from api.services.isolation import verify_alone
    from api.services.verify import verify_hotel

    return [*verify_alone(engine, hotel.id), *verify_hotel(engine, hotel.id)]
