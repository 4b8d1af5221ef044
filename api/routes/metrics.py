"""Metrics, for whoever has the token for them."""

from __future__ import annotations

import hmac

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from api.access import OPEN, Serving
from api.metrics import Meters, QueueCollector
from api.schemas.problem import problems
from api.services.errors import NotFound
from api.services.jobs import queue_state

router = APIRouter(tags=["health"], dependencies=[OPEN])


@router.get(
    "/metrics",
    response_class=Response,
    responses=problems(404, 503) | {200: {"content": {"text/plain": {}}, "description": "Prometheus' text format"}},
)
def metrics(request: Request, service: Serving) -> Response:
    """Give the metrics of this process and of the queue, to a bearer of `KEYRACK_METRICS_TOKEN`; absent without one."""
    token = service.settings.metrics_token
    sent = request.headers.get("authorization", "")
    if not service.settings.demo:
        wanted = f"Bearer {token.get_secret_value()}" if token else None
        if wanted is None or not hmac.compare_digest(sent.encode(), wanted.encode()):
            raise NotFound
    meters: Meters = request.app.state.meters
    queue = CollectorRegistry()
    queue.register(QueueCollector(lambda: queue_state(service.engine, service.clock)))
    return Response(generate_latest(meters.registry) + generate_latest(queue), media_type=CONTENT_TYPE_LATEST)
