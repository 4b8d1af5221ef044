"""Metrics for Prometheus: requests of this process, and the state of the queue. Nothing of any hotel is in them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.services.jobs import QueueState

BUCKETS: Final = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1.0, 3.0, 10.0)
"""Seconds; the service's own targets are among them."""

ALIVE_S: Final = 20.0


class Meters:
    """What one process counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "keyrack_http_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "keyrack_http_request_seconds",
            "Time from a request to its whole answer.",
            ["method", "route"],
            buckets=BUCKETS,
            registry=self.registry,
        )


class Measure:
    """Count and time each request by its route's template; a path could name a guest."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self.app = app
        self.meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500
        begun = time.perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            self.meters.requests.labels(scope["method"], route, str(status)).inc()
            self.meters.seconds.labels(scope["method"], route).observe(time.perf_counter() - begun)


class QueueCollector(Collector):
    """The queue as it is when somebody asks."""

    def __init__(self, read: Callable[[], QueueState]) -> None:
        self.read = read

    def collect(self) -> Iterable[Metric]:
        """Yield the gauges."""
        state = self.read()
        aside = len(state.set_aside)
        jobs = GaugeMetricFamily("keyrack_jobs", "Jobs in the queue.", labels=["task", "status"])
        for (task, status), number in state.jobs.items():
            jobs.add_metric([task, status], number)
        yield jobs
        for name, meaning, numbers in (
            ("keyrack_messages", "Messages to guests that wait or were given up.", state.messages),
            ("keyrack_webhooks", "Webhooks that wait or were given up.", state.webhooks),
        ):
            family = GaugeMetricFamily(name, meaning, labels=["status"])
            for status, number in numbers.items():
                family.add_metric([status], number)
            yield family
        gauges = {
            "keyrack_oldest_job_seconds": ("How long the oldest job that could be done has waited.", state.oldest_s),
            "keyrack_worker_lanes": (
                "Lanes of workers that gave a sign of life lately (two for each worker).",
                sum(silent < ALIVE_S for silent in state.workers),
            ),
            "keyrack_nights_due": ("Hotels whose night is due and has not begun.", state.nights_due),
            "keyrack_nights_set_aside": ("Hotels whose night failed three times and waits for a person.", aside),
            "keyrack_hotels_with_events": ("Hotels with events not yet delivered.", state.hotels_with_events),
        }
        for name, (meaning, value) in gauges.items():
            yield GaugeMetricFamily(name, meaning, value)
