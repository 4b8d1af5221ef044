"""The queue's schema, used as the service does: enqueued in our transaction, fetched by a worker as keyrack_app."""

import asyncio

from procrastinate import App, PsycopgConnector
from procrastinate.contrib.sqlalchemy import SQLAlchemyPsycopg2Connector
from sqlalchemy import Engine, text

from models import hotel_session
from tests.databases import Database
from tests.models.rows import make_hotel


def test_a_job_lives_and_dies_with_the_transaction_and_is_done_once(app_engine: Engine, database: Database) -> None:
    done: list[int] = []
    app = App(connector=SQLAlchemyPsycopg2Connector())

    @app.task(name="night")
    def night(hotel_id: int) -> None:
        done.append(hotel_id)

    hotel_id = make_hotel(app_engine)
    app.open(app_engine)
    with hotel_session(app_engine, hotel_id) as session:
        night.configure(connection=session.connection(), lock=f"hotel-{hotel_id}").defer(hotel_id=-1)
        session.rollback()
        night.configure(connection=session.connection(), lock=f"hotel-{hotel_id}").defer(hotel_id=hotel_id)
        session.commit()
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 1

    async def work() -> None:
        async with app.with_connector(PsycopgConnector(conninfo=database.app_url)).open_async() as worker:
            await worker.run_worker_async(wait=False, listen_notify=True, install_signal_handlers=False)

    asyncio.run(work())
    assert done == [hotel_id]
    with hotel_session(app_engine, hotel_id) as session:
        assert session.scalars(text("SELECT status::text FROM procrastinate_jobs")).all() == ["succeeded"]
