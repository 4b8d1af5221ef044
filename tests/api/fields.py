"""What the OpenAPI document says may be sent: every field of every operation, a value that is right, and wrong ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

Schema = dict[str, Any]
Place = tuple[str | int, ...]
"""Where a field is in a body: names, and 0 for an item of a list."""

RIGHT_TEXTS = ("x" * 20, "a@b", "123456", "")
RIGHT_OF_FORMAT = {"date": "2026-03-12", "time-local": "15:00", "date-time-local": "2026-03-12T15:00"}
RIGHT_OF_FORMAT |= {"date-time": "2026-03-12T15:00:00Z"}
WRONG_OF_FORMAT: dict[str, list[Any]] = {
    "date": ["2026-02-30", 20260312, "1899-12-31"],
    "time-local": ["24:00", 15, "15:00Z"],
    "date-time": ["2026-03-12T15:00", 15, "soon"],
    "date-time-local": ["2026-02-30T10:00", 15, "2026-03-12T15:00Z"],
}
OF_ANOTHER_TYPE: dict[str, list[Any]] = {
    "object": ["x", [1]],
    "array": ["x", {}],
    "boolean": ["yes", 1],
    "integer": ["1", True, 1.5],
    "number": ["1", True],
    "string": [7, {}],
}
KEY = "room_fits"
"""Of an object whose names are anybody's; it is the name of a rule."""

LONGEST_LIST = 1_000
"""Items; a longer list is not made only to be refused."""


@dataclass(frozen=True)
class Operation:
    """An operation of the document; ``body`` is the schema of its JSON, ``query`` those of its parameters by name."""

    method: str
    path: str
    body: Schema | None
    query: dict[str, Schema]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Document:
    """An app's OpenAPI document."""

    def __init__(self, app: FastAPI) -> None:
        self.paths: dict[str, Any] = app.openapi()["paths"]
        self.schemas: dict[str, Schema] = app.openapi()["components"]["schemas"]

    def operations(self) -> Iterator[Operation]:
        """Yield every operation, by path."""
        for path, methods in self.paths.items():
            for method, told in methods.items():
                content = told.get("requestBody", {}).get("content", {})
                query = {p["name"]: p["schema"] for p in told.get("parameters", ()) if p["in"] == "query"}
                yield Operation(method.upper(), path, content.get("application/json", {}).get("schema"), query)

    def kinds(self, schema: Schema) -> list[Schema]:
        """Return what a schema comes down to: one schema, or several of which any will do; null among them."""
        if "$ref" in schema:
            return self.kinds(self.schemas[schema["$ref"].rpartition("/")[2]])
        if "anyOf" in schema:
            return [kind for one in schema["anyOf"] for kind in self.kinds(one)]
        return [schema]

    def kind(self, schema: Schema) -> Schema:
        """Return the first of what a schema comes down to."""
        return next(kind for kind in self.kinds(schema) if kind.get("type") != "null")

    def fields(self, schema: Schema, place: Place = ()) -> Iterator[tuple[Place, Schema]]:
        """Yield the fields of a body, and after each the fields inside of it."""
        kind = self.kind(schema)
        inside: dict[str | int, Schema] = dict(kind.get("properties", {}))
        if "items" in kind:
            inside[0] = kind["items"]
        if isinstance(kind.get("additionalProperties"), dict):
            inside[KEY] = kind["additionalProperties"]
        for step, within in inside.items():
            yield (*place, step), within
            yield from self.fields(within, (*place, step))

    def right(self, schema: Schema) -> Any:
        """Return a value that the schema takes, with nothing in it that need not be."""
        kind = self.kind(schema)
        if "const" in kind or "enum" in kind:
            return kind.get("const", kind.get("enum", [None])[0])
        match kind.get("type"):
            case "object":
                return {name: self.right(kind["properties"][name]) for name in kind.get("required", ())}
            case "array":
                return [self.right(kind["items"])] * kind.get("minItems", 0)
            case "boolean":
                return False
            case "integer" | "number":
                return int(kind.get("minimum", 1))
        if kind.get("format") in RIGHT_OF_FORMAT:
            return RIGHT_OF_FORMAT[kind["format"]]
        fitting = (text for text in RIGHT_TEXTS if re.search(kind.get("pattern", ""), text))
        return next(text for text in fitting if len(text) >= kind.get("minLength", 0))[: kind.get("maxLength")]

    def wrong(self, schema: Schema) -> list[Any]:
        """Return values that the schema does not take: of another type first, then those out of its range."""
        kind, types = self.kind(schema), {one.get("type") for one in self.kinds(schema)}
        found = WRONG_OF_FORMAT.get(kind.get("format", ""), OF_ANOTHER_TYPE[kind["type"]])
        if types >= {"number", "string"}:
            found = ["much", True]  # an amount may be written as text
        return [*found, *self._out_of_range(kind), *([] if "null" in types else [None])]

    def _out_of_range(self, kind: Schema) -> Iterator[Any]:
        """Yield what is of the right type and all the same not right."""
        if "enum" in kind or "const" in kind:
            yield "NO SUCH"
        elif kind["type"] == "string" and "format" not in kind:
            yield "a\x00b"
        if "pattern" in kind and "format" not in kind:
            yield "§ §"
        if kind.get("minLength"):
            yield ""
        if "maxLength" in kind:
            yield "x" * (kind["maxLength"] + 1)
        if kind.get("minItems"):
            yield []
        if kind.get("maxItems", LONGEST_LIST) < LONGEST_LIST and "properties" not in self.kind(kind["items"]):
            yield [self.right(kind["items"])] * (kind["maxItems"] + 1)
        if "exclusiveMinimum" in kind:
            yield kind["exclusiveMinimum"]
        if "minimum" in kind:
            yield int(kind["minimum"]) - 1
        if "maximum" in kind:
            yield int(kind["maximum"]) + 1

    def put(self, schema: Schema, value: Any, place: Place, new: Any) -> Any:
        """Return a value of the schema with something else at a place; what is missing on the way there is made."""
        if not place:
            return new
        step, *rest = place
        kind = self.kind(schema)
        if isinstance(step, int):
            return [self.put(kind["items"], value[0] if value else None, tuple(rest), new)]
        held = value if isinstance(value, dict) else self.right(schema)
        within = kind.get("properties", {}).get(step) or kind["additionalProperties"]
        return held | {step: self.put(within, held.get(step), tuple(rest), new)}


def name_of(place: Place) -> str:
    """Return a field's name as a problem has it: ``wishes.0.room``."""
    return ".".join(map(str, place))
