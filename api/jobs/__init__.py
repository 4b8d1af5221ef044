"""The worker: what waits in the queue is done here, and what is due is put there. ``python -m api.jobs`` runs one."""

from api.jobs.worker import main, start_worker, work

__all__ = ["main", "start_worker", "work"]
