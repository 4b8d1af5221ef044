"""The words of messages: a small, safe part of Jinja's language, with built-in texts that a hotel may replace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from api.services.errors import InvalidInput

MAX_SUBJECT: Final = 200
MAX_BODY: Final = 10_000

ALLOWED: Final = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Filter,
)
"""No loops, calls, arithmetic or imports: a template can neither run long nor reach anything."""

FILTERS: Final = frozenset({"upper", "lower", "title", "capitalize", "trim"})

FIELDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "hotel": ("name", "email", "phone", "address", "check_in_time", "check_out_time"),
        "guest": ("name", "first_name", "last_name"),
        "booking": (
            "booking_id",
            "confirmation_number",
            "check_in",
            "check_out",
            "nights",
            "adults",
            "children",
            "room_type",
            "total_amount",
            "currency",
        ),
        "room": ("number",),
    }
)
"""What a template may name. Everything is text; ``room`` is empty but in the welcome. There is no PIN here."""


@dataclass(frozen=True, slots=True)
class Words:
    """Subject and body of a kind of message."""

    subject: str
    body: str


_SIGNED: Final = """
{{ hotel.name }}
{% if hotel.address %}{{ hotel.address }}
{% endif %}{% if hotel.phone %}Telephone: {{ hotel.phone }}
{% endif %}{% if hotel.email %}E-mail: {{ hotel.email }}
{% endif %}"""

BUILT_IN: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "confirmation": Words(
            "Your booking {{ booking.booking_id }} at {{ hotel.name }} is confirmed",
            """Dear {{ guest.name }},

your booking at {{ hotel.name }} is confirmed.

Booking: {{ booking.booking_id }}
Confirmation number: {{ booking.confirmation_number }}
Arrival: {{ booking.check_in }}, from {{ hotel.check_in_time }}
Departure: {{ booking.check_out }}, until {{ hotel.check_out_time }}
Room type: {{ booking.room_type }}
Guests: {{ booking.adults }} adults, {{ booking.children }} children
Total: {{ booking.total_amount }} {{ booking.currency }}

We look forward to your stay.
"""
            + _SIGNED,
        ),
        "welcome": Words(
            "Welcome to {{ hotel.name }}",
            """Dear {{ guest.name }},

welcome to {{ hotel.name }}.{% if room.number %} Your room is {{ room.number }}.{% endif %}
You leave on {{ booking.check_out }}, until {{ hotel.check_out_time }}.

We wish you a pleasant stay.
"""
            + _SIGNED,
        ),
        "cancellation": Words(
            "Your booking {{ booking.booking_id }} at {{ hotel.name }} is cancelled",
            """Dear {{ guest.name }},

your booking {{ booking.booking_id }} from {{ booking.check_in }} to {{ booking.check_out }} is cancelled.
"""
            + _SIGNED,
        ),
        "checkout": Words(
            "Thank you for staying at {{ hotel.name }}",
            """Dear {{ guest.name }},

thank you for your stay from {{ booking.check_in }} to {{ booking.check_out }}.
We would be glad to see you again.
"""
            + _SIGNED,
        ),
    }
)

HTML: Final = """<!doctype html><html><body>
{% for part in parts %}<p>{% for line in part %}{{ line }}<br>{% endfor %}</p>
{% endfor %}</body></html>"""

_TEXT: Final = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
_HTML: Final = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=True).from_string(HTML)


def render(words: Words, values: Mapping[str, Mapping[str, str]]) -> Words:
    """Return the message in these words; its subject is one line.

    Raises
    ------
    InvalidInput
        If the words are no template that `require` lets pass.
    """
    try:
        subject = _TEXT.from_string(words.subject).render(values)
        body = _TEXT.from_string(words.body).render(values)
    except TemplateError as error:
        raise InvalidInput(f"The template cannot be used: {type(error).__name__}.") from None
    return Words(one_line(subject)[:MAX_SUBJECT], body.strip() + "\n")


def as_html(text: str) -> str:
    """Return a text as a page of paragraphs in which nothing of it is markup."""
    return _HTML.render(parts=[part.splitlines() for part in text.strip().split("\n\n")])


def one_line(text: str) -> str:
    """Return a text without line breaks or other control characters, as a header must be."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def require(words: Words) -> None:
    """Refuse words that are no safe template.

    Raises
    ------
    InvalidInput
        With every fault.
    """
    faults = [
        {"in": "body", "field": field, "code": "template", "message": message}
        for field, source in (("subject", words.subject), ("body", words.body))
        for message in _faults(source)
    ]
    if faults:
        raise InvalidInput("The template has faults: each is named.", errors=faults)


def _faults(source: str) -> list[str]:
    try:
        tree = _TEXT.parse(source)
    except TemplateError as error:
        return [f"cannot be read: {error.message}"]
    found = []
    for node in _all(tree):
        if not isinstance(node, ALLOWED):
            found.append(f"{type(node).__name__.lower()} is not part of the language")
        elif isinstance(node, nodes.Filter) and node.name not in FILTERS:
            found.append(f"there is no filter {node.name}")
        elif isinstance(node, nodes.Getattr):
            named = node.node.name if isinstance(node.node, nodes.Name) else ""
            if node.attr not in FIELDS.get(named, ()):
                found.append(f"there is no {named or '...'}.{node.attr}")
        elif isinstance(node, nodes.Name) and node.name not in FIELDS:
            found.append(f"there is no {node.name}")
    return sorted(set(found))


def _all(node: nodes.Node) -> list[Any]:
    return [node, *(inner for child in node.iter_child_nodes() for inner in _all(child))]
