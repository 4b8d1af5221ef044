"""Settings fail closed, and never tell what they were given."""

from __future__ import annotations

import gc

import pytest
from pydantic import ValidationError

import api.main
from api.settings import DatabaseSettings, Settings

URL = "postgresql://keyrack_app:hush@127.0.0.1/keyrack"
SECRET = "Zk3v9QxT1nB7mW5sL0pR8yD2cH6gJ4fA"


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "MIGRATION_URL", "KEYRACK_SECRET_KEY", "KEYRACK_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


def test_nothing_that_guards_data_has_a_default() -> None:
    with pytest.raises(ValidationError) as refused:
        Settings.from_environment()
    assert {str(fault["loc"][0]) for fault in refused.value.errors()} == {"DATABASE_URL", "secret_key"}
    with pytest.raises(ValidationError):
        _ = api.main.app


@pytest.mark.parametrize("secret", ["", "hush", "x" * 64, "change-me" * 3, "ab" * 40])
def test_a_weak_secret_is_refused_and_not_repeated(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    monkeypatch.setenv("DATABASE_URL", URL)
    monkeypatch.setenv("KEYRACK_SECRET_KEY", secret)
    with pytest.raises(ValidationError) as refused:
        Settings.from_environment()
    assert not secret or secret not in str(refused.value)


def test_only_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///hush.db")
    with pytest.raises(ValidationError, match="not a PostgreSQL") as refused:
        DatabaseSettings.from_environment()
    assert "hush" not in str(refused.value)


def test_proper_settings_do_not_show_their_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", URL)
    monkeypatch.setenv("KEYRACK_SECRET_KEY", SECRET)
    settings = Settings.from_environment()
    assert settings.secret_key.get_secret_value() == SECRET
    assert "hush" not in repr(settings)
    assert SECRET not in repr(settings)


def test_each_demo_has_a_secret_of_its_own() -> None:
    first, second = Settings.for_demo(URL), Settings.for_demo(URL)
    assert first.secret_key != second.secret_key


def test_the_garbage_collector_does_not_look_through_the_application(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", URL)
    monkeypatch.setenv("KEYRACK_SECRET_KEY", SECRET)
    monkeypatch.setattr(api.main.logs, "configure", lambda _level: None)
    try:
        app = api.main.app
        assert gc.get_freeze_count() > 100_000
        assert not any(kept is app for kept in gc.get_objects())
    finally:
        gc.unfreeze()
    assert any(kept is app for kept in gc.get_objects())
