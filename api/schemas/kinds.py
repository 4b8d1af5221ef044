"""Kinds of JSON values: what is sent as another kind than the document says is a fault, not a way to write it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel

NUMBERS: Final = frozenset({int, float, Decimal})


def agrees(model: type[BaseModel], field: str, value: Any, *, text: bool) -> bool:
    """Tell whether a value is of a kind that the field takes, as far as pydantic would let another one pass.

    It reads `false` as 0, 1 as `true`, and "2" as 2.

    Parameters
    ----------
    text
        Whether everything comes as text, as in a query.
    """
    kinds = _kinds(model, field)
    if Any in kinds:
        return True
    return all(_agrees(kinds, each, text) for each in (value if isinstance(value, list | tuple) else (value,)))


def _agrees(kinds: frozenset[Any], value: Any, text: bool) -> bool:
    if isinstance(value, bool):
        return bool in kinds or not kinds & NUMBERS
    if isinstance(value, int | float):
        return bool not in kinds or bool(kinds & NUMBERS)
    if isinstance(value, str):
        return text or not kinds <= {bool, int, float, type(None)}
    return True


@cache
def _kinds(model: type[BaseModel], field: str) -> frozenset[Any]:
    return frozenset(_leaves(model.model_fields[field].annotation))


def _leaves(annotation: Any) -> Iterator[Any]:
    """Yield the types that an annotation is made of; what is said about them with `Annotated` is no type."""
    if hasattr(annotation, "__metadata__"):
        yield from _leaves(annotation.__origin__)
    elif get_origin(annotation) is dict:
        yield Any  # its values are their own
    elif arguments := get_args(annotation):
        for argument in arguments:
            yield from _leaves(argument)
    else:
        yield annotation
