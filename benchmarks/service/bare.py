"""What the web framework alone can do: the least that a request through it costs, with and without a database."""

from __future__ import annotations

import os

from fastapi import FastAPI
from sqlalchemy import text

from models import make_engine

app = FastAPI()
engine = make_engine(os.environ["DATABASE_URL"])


@app.get("/bare/")
def bare() -> dict[str, str]:
    """Answer, and do nothing for it."""
    return {"said": "nothing"}


@app.get("/bare/one/")
def bare_one() -> dict[str, int]:
    """Answer with one number from the database."""
    with engine.connect() as connection:
        return {"said": connection.execute(text("SELECT 1")).scalar_one()}
