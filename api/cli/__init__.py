"""The ``keyrack`` command.

Commands import what they need when they run, so that ``keyrack --help`` answers at once.
"""

from __future__ import annotations

import sys

import typer

from api.cli import answers, demo, files, night, people, planning, queue, service

app = typer.Typer(
    name="keyrack",
    help="Room allocation for hotels: every guest in a room, with a proof of how good the plan is.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # its help pages take longer to import than to read
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (demo, service, people, files, night, answers, planning, queue):
    module.register(app)


def main() -> None:
    """Run the command; what a user can be expected to meet ends in a sentence and exit code 2, not in a stack trace."""
    from api.cli.faults import exit_code

    try:
        app(prog_name="keyrack")
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        code = exit_code(error)
        if code is None:
            raise
        sys.exit(code)
