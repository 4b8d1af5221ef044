"""``python -m allocator solve|check|score``: the core on files of either version of the format.

Exit codes: 0 done (a plan was written, the plan is valid); 1 the plan breaks a rule; 2 bad input, every fault on
standard error.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from allocator.check import check
from allocator.errors import InvalidProblem
from allocator.flexible import serialize as flexible
from allocator.flexible.problem import FlexibleProblem
from allocator.params import SolveParams
from allocator.result import Progress
from allocator.score import score
from allocator.serialize import load_json, plan_from_json, result_to_json

MOMENT_S: Final = 0.1
"""What is left to a solve whose instance took all the time to read."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    args = _parser().parse_args(argv)
    try:
        return int(args.command(args))
    except InvalidProblem as error:
        for fault in error.faults:
            print(fault, file=sys.stderr)
    except OSError as error:
        print(error, file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m allocator", description="Solve, check and score instance files.")
    commands = parser.add_subparsers(required=True, metavar="solve|check|score")
    solve = commands.add_parser("solve", help="find a plan and prove how good it is")
    solve.add_argument("instance", type=Path)
    solve.add_argument("--out", type=Path, help="where the result goes (default: standard output)")
    defaults = SolveParams()
    limit = "from the start of the command, reading included"
    solve.add_argument("--time-limit", type=float, default=defaults.time_limit_s, metavar="SECONDS", help=limit)
    solve.add_argument("--workers", type=int, default=defaults.workers)
    solve.add_argument("--seed", type=int, default=defaults.seed)
    solve.add_argument("--gap-limit", type=float, default=defaults.gap_limit, metavar="FRACTION")
    solve.add_argument("--deterministic-limit", type=float, default=None, metavar="EFFORT")
    solve.add_argument("--memory-limit", type=int, default=defaults.memory_limit_mb, metavar="MB")
    solve.add_argument("--prices", type=Path, help="of an earlier solve, to begin at; those of the end are left there")
    solve.add_argument("--quiet", action="store_true", help="no progress on standard error")
    solve.set_defaults(command=_solve)
    for name, command, help_ in (
        ("check", _check, "list the violations of a plan"),
        ("score", _score, "print the penalties of a plan by term"),
    ):
        sub = commands.add_parser(name, help=help_)
        sub.add_argument("instance", type=Path)
        sub.add_argument("result", type=Path)
        sub.set_defaults(command=command)
    return parser


def _solve(args: argparse.Namespace) -> int:
    begun = time.monotonic()
    from allocator.solve import solve  # only this command pays for it

    stopped: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda signum, _frame: stopped.append(signum))
    problem = flexible.load(args.instance)
    params = SolveParams(
        time_limit_s=max(MOMENT_S, args.time_limit - (time.monotonic() - begun)),
        workers=args.workers,
        seed=args.seed,
        gap_limit=args.gap_limit,
        deterministic_limit=args.deterministic_limit,
        memory_limit_mb=args.memory_limit,
    )
    progress = None if args.quiet else _show

    def cancelled() -> bool:
        return bool(stopped)

    if isinstance(problem, FlexibleProblem):
        from allocator.flexible.solve import solve as solve_flexible  # only version 2 pays for it

        document = flexible.result_to_json(
            problem, solve_flexible(problem, params, progress=progress, cancelled=cancelled)
        )
    else:
        kept = json.loads(args.prices.read_text()) if args.prices is not None and args.prices.exists() else None
        result = solve(problem, params, prices=kept, progress=progress, cancelled=cancelled)
        if args.prices is not None and result.prices:
            args.prices.write_text(json.dumps(result.prices))
        document = result_to_json(problem, result)
    text = json.dumps(document, ensure_ascii=False, indent=1)
    if args.out is None:
        print(text)
    else:
        args.out.write_text(text, encoding="utf-8")
    for note in document["notes"]:
        print(note, file=sys.stderr)
    return 0


def _show(progress: Progress) -> None:
    gap = "" if progress.gap is None else f"  gap {progress.gap:.2%}"
    score_ = "-" if progress.score is None else progress.score
    print(
        f"{progress.elapsed_s:8.1f} s  {progress.phase:<12} score {score_}  bound {progress.bound}{gap}",
        file=sys.stderr,
    )


def _check(args: argparse.Namespace) -> int:
    problem, result = flexible.load(args.instance), load_json(args.result)
    if isinstance(problem, FlexibleProblem):
        from allocator.flexible.check import check as check_flexible

        violations = check_flexible(problem, flexible.plan_from_json(problem, result))
    else:
        violations = check(problem, plan_from_json(result))
    for violation in violations:
        print(violation)
    print(f"{len(violations)} violation(s)")
    return 1 if violations else 0


def _score(args: argparse.Namespace) -> int:
    problem, result = flexible.load(args.instance), load_json(args.result)
    if isinstance(problem, FlexibleProblem):
        from allocator.flexible.score import score as score_flexible

        penalties = score_flexible(problem, flexible.plan_from_json(problem, result))
    else:
        penalties = score(problem, plan_from_json(result))
    for term, penalty in penalties.terms.items():
        print(f"{term:>15} {penalty:>15,}")
    print(f"{'total':>15} {penalties.total:>15,}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
