"""Where every call ends: errors become one line each on stderr and an exit code (contract.md 2)."""

from __future__ import annotations

import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from seedwatch.cli.session import Session
from seedwatch.texts import say

FINE: Final = 0
FAILED: Final = 1
USAGE: Final = 2
UNFINISHED: Final = 3
ANOTHER_DAEMON: Final = 75
BAD_CONFIG: Final = 78
INTERRUPTED: Final = 130

_DEBUG: Final = "SEEDWATCH_DEBUG"


class CommandFailed(Exception):
    """A command could not do what was asked: one line, exit code 1."""


def ended(call: Callable[[], object], session: Session) -> int:
    """Make the call and return its exit code; every error has been told on stderr."""
    try:
        result = call()
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 - no traceback for users
        return _tell(error, session)
    return result if isinstance(result, int) else FINE


def tell(line: str) -> None:
    """One line on stderr, whatever characters it holds; a daemon's never waits for a reader."""
    from seedwatch import logs  # noqa: PLC0415 - structlog costs 100 ms

    line = logs.one_line(logs.redacted(line))
    if not logs.tell(line):
        click.echo(line, err=True)


def _tell(error: BaseException, session: Session) -> int:
    from seedwatch.daemon.lockfile import AnotherDaemon  # noqa: PLC0415 - only for errors
    from seedwatch.errors import ConfigError, SeedwatchError  # noqa: PLC0415 - only for errors

    error = _peeled(error)
    if os.environ.get(_DEBUG):
        _show_trace(error)
    match error:
        case KeyboardInterrupt():
            return INTERRUPTED
        case ConfigError():
            for problem in error.problems:
                tell(str(problem))
            return BAD_CONFIG
        case AnotherDaemon():
            tell(f"seedwatch: {error}")
            return ANOTHER_DAEMON
        case click.exceptions.NoArgsIsHelpError():
            error.show()
            return USAGE
        case click.ClickException():
            tell(f"seedwatch: {_with_help(error)}")
            return error.exit_code
        case SeedwatchError() | CommandFailed():
            tell(f"seedwatch: {error}")
        case OSError():
            tell(f"seedwatch: {_disk_line(error)}")
        case _:
            _tell_fault(error, session)
    return FAILED


def _peeled(error: BaseException) -> BaseException:
    """The first error of a group: the others followed from it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _with_help(error: click.ClickException) -> str:
    message = " ".join(error.format_message().split())
    if isinstance(error, click.UsageError) and error.ctx is not None:
        return f"{message} ({say('cli.try_help', command=error.ctx.command_path)})"
    return message


def _disk_line(error: OSError) -> str:
    why = error.strerror or type(error).__name__
    return f"{error.filename}: {why}" if error.filename is not None else why


def _tell_fault(error: BaseException, session: Session) -> None:
    """A fault of our own: its trace goes to a file, the line says where that is."""
    if os.environ.get(_DEBUG):
        tell(f"seedwatch: {say('cli.fault', kind=type(error).__name__)}")
        return
    try:
        place = _keep_trace(_trace(error), session)
    except OSError:
        tell(f"seedwatch: {say('cli.fault_debug', kind=type(error).__name__)}")
    else:
        tell(f"seedwatch: {say('cli.fault_kept', kind=type(error).__name__, path=place)}")


def _keep_trace(trace: str, session: Session) -> Path:
    """In the state directory, where there is one: nothing is written outside the known places."""
    settings = session.loaded
    directory = Path(tempfile.gettempdir())
    if settings is not None and settings.state_dir.is_dir():
        directory = settings.state_dir
    stamp = time.strftime("%Y%m%d-%H%M%S")
    path = directory / f"seedwatch-trace-{stamp}-{os.getpid()}.txt"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(trace)
    return path


def _show_trace(error: BaseException) -> None:
    click.echo(_trace(error), err=True, nl=False)


def _trace(error: BaseException) -> str:
    from seedwatch.logs import redacted  # noqa: PLC0415 - structlog costs 100 ms

    sys.stdout.flush()
    return redacted("".join(traceback.format_exception(error)))
