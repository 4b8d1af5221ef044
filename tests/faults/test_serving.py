"""The thin client of the fault tests leaves nothing behind: what it forgot would fail another test later."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks.service.serving import Address, Line, lines_to


def test_lines_are_closed_however_the_block_ends() -> None:
    opened: list[Line] = []

    async def fail() -> None:
        server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
        async with server:
            address = Address(server.sockets[0].getsockname()[1])
            async with lines_to(address, "token", 3) as lines:
                opened.extend(lines)
                raise AssertionError("as a test does")

    with pytest.raises(AssertionError, match="as a test does"):
        asyncio.run(fail())
    assert [line.writer.get_extra_info("socket").fileno() for line in opened] == [-1, -1, -1]
