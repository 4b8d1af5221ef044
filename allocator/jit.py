"""Compiled loops: numba where it is, with its disk cache where that can be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile a function of arrays and numbers at its first call, without the interpreter lock.

    The compiled form is kept beside the source or in the user's cache folder; where neither can be written it
    lives as long as the process. Callees that are inlined must stand in the same file: numba notices a change
    of the file of the function it compiled, not of others.
    """
    try:
        return cast(F, numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # numba found no folder it may write to
        return cast(F, numba.njit(nogil=True)(function))
