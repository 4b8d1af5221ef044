"""Around every request: its id, its line in the log, and an answer whatever happens inside."""

from __future__ import annotations

import re
import time
import uuid
from typing import Final

import structlog
from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import Problem, answer

REQUEST_ID: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
SECURITY: Final = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}

KEPT: Final = ("allow", "retry-after")

log = structlog.get_logger(__name__)


class TrailingSlash:
    """Let a path of the API be written without its last slash: no redirect, which would lose bodies and tokens."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "http":
            path: str = scope["path"]
            if path.startswith(("/api/", "/rooms/")) and not path.endswith(("/", ".json")):
                scope["path"] = f"{path}/"
        await self.app(scope, receive, send)


class Observe:
    """Give each request an id, log how it went, bound its body, and make a bare error a problem document.

    The log has the route's template and never the path or the query: they may hold guest data.
    """

    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        self.app = app
        self.max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})
        request = Request(scope, receive)
        given = request.headers.get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        status = received = 0
        replaced = False
        begun = time.perf_counter()

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.max_body_bytes:
                raise HTTPException(413)
            return message

        async def finish(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in SECURITY.items():
                    headers.setdefault(name, value)
                if (cookie := scope["state"].get("set_cookie")) is not None:
                    headers.append("Set-Cookie", cookie)
            await send(message)

        async def observed(message: Message) -> None:
            nonlocal status, replaced
            if replaced:
                return  # the body of the answer that was replaced
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                if status >= 400 and not headers.get("content-type", "").startswith("application/"):
                    replaced = True
                    kept = {name: headers[name] for name in KEPT if name in headers}
                    await Problem.of_status(status, kept).response(request.url.path)(scope, receive, finish)
                    return
            await finish(message)

        try:
            await self.app(scope, limited, observed)
        except Exception as error:
            if status:
                log.exception("request failed in mid-answer")
                raise
            await answer(request, error)(scope, receive, observed)
        finally:
            route = scope.get("route")
            log.info(
                "request",
                method=scope["method"],
                route=getattr(route, "path", None),
                status=status,
                ms=round((time.perf_counter() - begun) * 1000, 1),
            )
