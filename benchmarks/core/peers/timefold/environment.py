"""What Timefold needs and the project does not: its jars, a JDK, and the model compiled.

``./run python -m benchmarks.core.peers.timefold.environment`` makes ready what it can without touching the system;
``--install-jdk`` (as root, on Debian) also installs a JDK, and only where the system has none.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path

from benchmarks import extras

SOURCES = Path(__file__).parent / "java"
JDK = "openjdk-17-jdk-headless"
OLDEST_JAVA = 17
UNUSED = ("logback", "timefold-solver-python", "jpyinterpreter")
"""Jars left out: without logback nothing is logged, which would cost time; the others are for models in Python."""


@cache
def missing() -> str | None:
    """Return what keeps the peer from running, in one line, or None once it is ready."""
    if _tool("java") is None or _tool("javac") is None:
        return f"no JDK {OLDEST_JAVA} or newer ({JDK})"
    try:
        _compile()
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        return f"cannot be made ready: {said.strip().splitlines()[-1]}"
    return None


def command(heap_mb: int, workers: int) -> list[str]:
    """Return the command line that starts the model."""
    java = _tool("java")
    assert java is not None
    path = os.pathsep.join([str(_compile()), *_jars()])
    return [java, f"-Xmx{heap_mb}m", "-XX:+UseParallelGC", "-cp", path, "Main", str(workers)]


def _tool(name: str) -> str | None:
    """Return a program of the JDK, if it is new enough."""
    home = os.environ.get("JAVA_HOME")
    path = shutil.which(name, path=str(Path(home) / "bin")) if home else shutil.which(name)
    if path is None:
        return None
    done = subprocess.run([path, "-version"], capture_output=True, text=True, check=False)
    version = re.search(r'(?:version "|javac )(\d+)', done.stdout + done.stderr)
    return path if version is not None and int(version[1]) >= OLDEST_JAVA else None


@cache
def _jars() -> tuple[str, ...]:
    jars = sorted((extras.folder("timefold") / "timefold" / "solver" / "jars").glob("*.jar"))
    return tuple(str(jar) for jar in jars if not jar.name.startswith(UNUSED))


@cache
def _compile() -> Path:
    """Compile the model unless that is done, and return where its classes are."""
    sources = sorted(SOURCES.glob("*.java"))
    name = sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]
    classes = extras.folder("timefold") / "model" / name
    if not classes.exists():
        javac = _tool("javac")
        assert javac is not None
        draft = classes.with_suffix(f".{os.getpid()}")
        line = [javac, "-proc:none", "-cp", os.pathsep.join(_jars()), "-d", str(draft), *map(str, sources)]
        subprocess.run(line, check=True, capture_output=True, text=True)
        draft.rename(classes)
    return classes


def main(arguments: list[str]) -> int:
    """Make the peer ready; the system's packages are changed only if that was asked for by name."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--install-jdk", action="store_true", help=f"apt-get install {JDK}, if there is no javac")
    options = parser.parse_args(arguments)
    if options.install_jdk:
        if "JAVA_HOME" in os.environ or shutil.which("javac"):
            print("timefold: there is a JDK, or JAVA_HOME names one: nothing installed")
        else:
            subprocess.run(["apt-get", "install", "--yes", "--no-install-recommends", "--no-upgrade", JDK], check=True)
    reason = missing()
    print(f"timefold: {reason or 'ready'}")
    return 1 if reason else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
