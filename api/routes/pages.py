"""The pages for people: one document, and the files it is made of. What it shows it asks of the public API."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Header, Response

from api.access import OPEN
from api.services.errors import NotFound

router = APIRouter(dependencies=[OPEN], include_in_schema=False)

FOLDER: Final = Path(__file__).parents[1] / "static"
PAGE: Final = "index.html"
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

# Nothing but our own files and our own service: no inline code, no frame around us, no form that leaves.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served."""

    content: bytes
    media_type: str


def read_assets(folder: Path = FOLDER) -> tuple[str, dict[str, Asset]]:
    """Return the files by name, and a digest of them all that their addresses carry: a new release is a new address."""
    digest = hashlib.sha256()
    assets = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in TYPES:
            name, content = path.relative_to(folder).as_posix(), path.read_bytes()
            digest.update(name.encode() + b"\0" + content)
            assets[name] = Asset(content, TYPES[path.suffix])
    return digest.hexdigest()[:12], assets


def make_document(digest: str, assets: dict[str, Asset]) -> bytes:
    """Return the page with the addresses of its files; all modules are fetched at once, not one by one."""
    base = f"/static/{digest}"
    modules = [f'<link rel="modulepreload" href="{base}/{name}" />' for name in assets if name.endswith(".js")]
    text = assets[PAGE].content.decode()
    return text.replace("{{static}}", base).replace("{{modules}}", "\n    ".join(modules)).encode()


DIGEST, ASSETS = read_assets()
DOCUMENT: Final = make_document(DIGEST, ASSETS)


@router.get("/")
@router.get("/hotels/{hotel_slug}/")
def page() -> Response:
    """Give the document; it finds out itself who is there and what they may see."""
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
    return Response(DOCUMENT, media_type=TYPES[".html"], headers=headers)


@router.get("/static/{digest}/{name:path}")
def asset(digest: str, name: str, if_none_match: Annotated[str | None, Header()] = None) -> Response:
    """Give a file; under another release's digest too, but then nobody keeps it."""
    found = ASSETS.get(name)
    if found is None or name == PAGE:
        raise NotFound
    headers = {"ETag": f'"{DIGEST}"', **(FOR_EVER if digest == DIGEST else {})}
    if if_none_match == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type=found.media_type, headers=headers)
