"""Fixtures and switches that every test may use; `tests/README.md` says what they cost."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import Engine

from models.embedded import Server, halt, start
from models.embedded.provision import provide_empty
from models.engine import make_engine
from tests.databases import Database, WorkerDatabase, administering, make_template

ROOT = Path(__file__).resolve().parent.parent
RUN_FOLDER = "KEYRACK_TEST_RUN"  # the run's folder, from the process that hands out tests to its workers
SEED = "KEYRACK_SEED"

# Hypothesis would draw the same examples every time on a CI machine; we draw new ones and print how to repeat them.
hypothesis.settings.register_profile("default", deadline=None, print_blob=True, derandomize=False)
hypothesis.settings.register_profile("large", parent=hypothesis.settings.get_profile("default"), max_examples=5000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Draw, once a run, the folder of the run's server and the seed of everything drawn at random."""
    if hasattr(config, "workerinput"):
        return
    os.environ[RUN_FOLDER] = tempfile.mkdtemp(prefix="keyrack-test-")
    os.environ.setdefault(SEED, str(secrets.randbelow(2**32)))
    if config.getoption("hypothesis_seed", None) is None:
        config.option.hypothesis_seed = os.environ[SEED]


def pytest_report_header() -> str:
    """Say how to draw the same again."""
    return f"seed: {SEED}={os.environ[SEED]}"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the run's server, whatever the tests did to it."""
    if not hasattr(config, "workerinput") and (folder := os.environ.pop(RUN_FOLDER, None)):
        halt(folder)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def seed() -> int:
    """The run's seed, printed in its header; ``KEYRACK_SEED=... ./run test`` repeats it."""
    return int(os.environ[SEED])


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder with the public instances and data that are not in the repository."""
    folder = Path(os.environ.get("KEYRACK_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no shared data in {folder}: set KEYRACK_SHARED")
    return folder


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The run's PostgreSQL: the first worker that needs it starts it, the others join."""
    with start(os.environ[RUN_FOLDER], durable=False) as running:
        yield running


@pytest.fixture(scope="session")
def worker_database(server: Server, worker_id: str) -> Iterator[WorkerDatabase]:
    """Hold this worker's database; tests ask for `database`."""
    make_template(server, Path(os.environ[RUN_FOLDER]))
    held = WorkerDatabase(server, worker_id)
    yield held
    held.drop()


@pytest.fixture
def database(worker_database: WorkerDatabase) -> Iterator[Database]:
    """A migrated database without a row, for this test alone."""
    yield (clean := worker_database.clean())
    check_invariants(clean)


def check_invariants(database: Database) -> None:
    """Find nothing wrong in what the test left: the place for the oracles of ``keyrack verify``."""


@pytest.fixture
def empty_database(server: Server, worker_id: str) -> Iterator[Database]:
    """A database without a table, for tests of the migrations themselves."""
    bare = Database(server, f"bare_{worker_id}")
    provide_empty(server, bare.name)
    yield bare
    with administering(server) as connection:
        connection.exec_driver_sql(f"DROP DATABASE {bare.name} WITH (FORCE)")


@pytest.fixture
def owner_engine(database: Database) -> Iterator[Engine]:
    """An engine as ``keyrack_owner``."""
    engine = make_engine(database.owner_url)
    yield engine
    engine.dispose()


@pytest.fixture
def app_engine(database: Database) -> Iterator[Engine]:
    """An engine as ``keyrack_app``, the way the service signs in."""
    engine = make_engine(database.app_url)
    yield engine
    engine.dispose()
