"""The sentences of the service in German: none is forgotten that a person at the desk may read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ROOT / "api" / "services"
# What people at the desk meet; what only the hotel's owner or another program meets stays English.
SPOKEN = (
    *(SERVICES / f"{name}.py" for name in ("reasons", "roomcheck", "rivals", "makeroom", "stale", "moves", "arrivals")),
    *(SERVICES / f"{name}.py" for name in ("assign", "partial", "undo", "explain", "bookingdata")),
)
ERRORS = {"WrongState", "RoomTaken", "RoomClosed", "Broken", "Why"}
HOLE = re.compile(r"\{[+*]?\w\}")


def pairs() -> list[tuple[str, str]]:
    source = (ROOT / "api" / "static" / "sentences.js").read_text()
    return re.findall(r'^  \["(.+)", "(.+)"\],$', source, re.M)


def text_of(node: ast.AST) -> str | None:
    """Return the text of a literal with 7 for whatever is filled in."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(part.value if isinstance(part, ast.Constant) else "7" for part in parts)  # type: ignore[misc]
    return None


def sentences(path: Path) -> Iterator[str]:
    """Give what a module says: what is named ``message``, what its errors begin with, what its reasons return."""
    for node in ast.walk(ast.parse(path.read_text())):
        said: list[ast.AST] = []
        match node:
            case ast.Dict(keys=keys, values=values):
                said = [
                    v for k, v in zip(keys, values, strict=True) if isinstance(k, ast.Constant) and k.value == "message"
                ]
            case ast.Assign(targets=[ast.Name(id="message")], value=value):
                said = [*value.values] if isinstance(value, ast.Dict) else [value]
            case ast.Call(func=ast.Name(id=name), args=args) if name in ERRORS:
                said = [*args[:2]]
            case ast.Return(value=ast.AST() as value) | ast.Expr(value=ast.Yield(value=ast.AST() as value)) if (
                path.stem == "reasons"
            ):
                said = [value]
        for each in said:
            text = text_of(each)
            if text is not None and " " in text:
                yield text


@pytest.mark.parametrize("path", SPOKEN, ids=lambda path: path.stem)
def test_every_sentence_is_there_in_german(path: Path) -> None:
    known = [re.compile("(.+?)".join(map(re.escape, HOLE.split(english)))) for english, _ in pairs()]
    told = sorted(set(sentences(path)))
    assert told
    missing = [text for text in told if not any(p.fullmatch(text) or p.fullmatch(text.rstrip(".")) for p in known)]
    assert missing == []


def test_both_languages_fill_in_the_same() -> None:
    found = pairs()
    assert len(found) > 90
    for english, german in found:
        assert set(HOLE.findall(german)) <= set(HOLE.findall(english)), english
