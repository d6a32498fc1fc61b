"""Logs: one line per event, secrets removed first; a console for people, JSON lines otherwise.

Event names are `noun.past_participle`; `EVENTS` lists them all.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from functools import cache
from typing import Any, Final, TextIO
from urllib.parse import quote

from seedwatch.lean import without

with without("rich", "pygments"):
    import structlog

from seedwatch.log_writer import LogWriter

EVENTS: Final = {
    "account.paused": "an account, folder or model gets no more claims until it is resumed",
    "answer.found": "a paid answer was found in the spool after a stop",
    "answer.missing": "a request was under way at the last stop and its answer is not here",
    "answer.stays_part": "what came of an answer cannot be kept under its name; it stays a .part",
    "links.not_renewed": "links are over, and asking the provider again brought no fresh ones",
    "answer.salvaged": "an answer broke off; the pictures that came before are kept",
    "budget.freed": "tasks that were held for a budget or a price go on",
    "card.kept": "the card of a source that was moved back could not be removed",
    "config.loaded": "config.yaml was changed and holds from now on",
    "config.refused": "config.yaml was changed and cannot be used; the one before goes on",
    "copy.postponed": "a result and its safety copy still share their bytes",
    "database.blocked": "nothing can be recorded just now; nothing is sent until it can",
    "database.unblocked": "the queue can be written again; the work goes on",
    "daemon.broke": "the daemon ended because of a fault",
    "daemon.started": "folders are watched and accounts claim",
    "daemon.stopped": "everything in flight was finished or recorded",
    "daemon.stopping": "a stop was asked for; nothing new is sent",
    "events.unavailable": "a folder is polled, because the system gives no events for it",
    "files.few": "too few files may be open at once for what is configured; less is sent at once",
    "folder.changed": "the state of a folder changed (ok, unavailable, foreign, rule-error, ...)",
    "folder.broke": "a fault while a folder was looked at; it is looked at again",
    "jobs.opened": "sources were recorded with their tasks",
    "lines.dropped": "nobody read the log, or it had no room; `count` lines are missing here",
    "lease.late": "a lease could not be kept alive, or given back, just now",
    "loop.blocked": "the daemon, or its whole process, stood still for `lag_s` seconds",
    "model.unpriced": "a model is used whose price is not known; said once for each account",
    "price.drifted": "a bill is more than 20 % off the price list; said once for each model",
    "task.alone": "a task that may have ended the daemon runs while nothing else does",
    "queue.distrusted": "the queue is an older copy of itself; a person decides before it pays",
    "child.lost": "a process that decodes pictures ended or fell silent; another takes its place",
    "result.elsewhere": "a result lies at a host that is not known for its service",
    "rows.pruned": "old rows and spool files were removed",
    "source.retired": "a source went to done/ or failed/",
    "source.stuck": "a finished source could not be moved yet",
    "sources.gone": "sources were taken out of an inbox before they were sent",
    "task.broke": "a fault of seedwatch itself; the task is held",
    "task.completed": "all results of a task are delivered",
    "task.lease_lost": "a task was decided elsewhere; its worker left it alone",
    "task.stopped": "a task did not finish this time; `verdict` says what happens next",
    "task.submitted": "the provider took a request and its answer is safe on disk",
}

_MASK = "***"
_SECRET_KEYS = re.compile(r"authorization|api[-_]?key|secret|password|token$", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    r"(?i)(bearer\s+)[\w.~+/=-]{6,}"
    r"|(authorization[\"']?\s*[:=]\s*[\"']?(?:bearer\s+)?)[^\s\"',}]+"
    r"|(https?://[^\s\"'<>?]+\?)[^\s\"'<>]+"  # the query of a signed link is a credential
    r"|(\b(?:x-tos-[a-z-]+|x-amz-[a-z-]+|signature|expires|sig|se|sp)=)[^&\s\"']+"
)
_CONTROL = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e"
    "\u2066-\u2069\ud800-\udfff]"
)
_PLAIN = re.compile(r"[\w./-]*")
"""holds none of what the patterns of _SECRET_TEXT need"""
_registered: set[str] = set()
_FINISH_S: Final = 2.0
"""how long the end of the process waits for whoever reads the log"""
_writer: LogWriter | None = None
log = structlog.get_logger()


def hide(secret: str) -> None:
    """Never let this value reach a log line: as it is, encoded, its first or last 12 characters."""
    if len(secret) >= 6:
        encoded = base64.b64encode(secret.encode(errors="surrogatepass")).decode()
        _registered.update({secret, encoded.rstrip("="), quote(secret, safe="", errors="replace")})
        if len(secret) > 12:
            _registered.update({secret[:12], secret[-12:]})


def redacted(text: str) -> str:
    """`text` without secrets: registered keys, Bearer values, signatures of result links."""
    for secret in sorted(_registered, key=len, reverse=True):
        text = text.replace(secret, _MASK)
    if _PLAIN.fullmatch(text):  # as most fields are
        return text
    return _SECRET_TEXT.sub(lambda m: m.group(m.lastindex or 0) + _MASK, text)


def one_line(text: str) -> str:
    """`text` with control and direction characters escaped: one record stays one line."""
    if text.isprintable():  # the escaped ones are not
        return text
    return _CONTROL.sub(lambda m: ascii(m.group())[1:-1], text)


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """The structlog processor that runs first."""
    return {key: _clean(key, value) for key, value in event.items()}


@cache
def _is_secret(key: str) -> bool:
    return bool(_SECRET_KEYS.search(key))


def _clean(key: str, value: object) -> object:
    if value and _is_secret(key):
        return _MASK
    if key in {"exc_info", "stack_info"} or value is None or isinstance(value, bool | int | float):
        return value
    return one_line(redacted(value if isinstance(value, str) else str(value)))


def _clean_trace(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Any:
    if isinstance(event.get("exception"), str):
        lines = redacted(event["exception"]).split("\n")
        event["exception"] = "\n".join(map(one_line, lines))
    return event


class _Unbreakable:
    """A stream in memory, or none: failing writes never stop the work."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def isatty(self) -> bool:
        with contextlib.suppress(OSError, ValueError):
            return self._stream is not None and self._stream.isatty()
        return False

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError, ValueError):
            if self._stream is not None:
                self._stream.write(self._speakable(text))
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            if self._stream is not None:
                self._stream.flush()

    def _speakable(self, text: str) -> str:
        """What the encoding of the stream cannot say is escaped, not lost."""
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        return text.encode(encoding, errors="backslashreplace").decode(encoding, errors="replace")


def _target(stream: TextIO | None) -> LogWriter | _Unbreakable:
    """Where lines for `stream` go; those for a file of the system wait for nobody."""
    try:
        return _Unbreakable(None) if stream is None else LogWriter(stream, _tell_gap)
    except (OSError, ValueError):
        return _Unbreakable(stream)


def _tell_gap(count: int) -> None:
    log.warning("lines.dropped", count=count)


def finish(most_s: float = _FINISH_S) -> None:
    """Wait until what was logged is written, but no longer than `most_s` seconds."""
    if _writer is not None:
        _writer.finish(most_s)


def tell(line: str) -> bool:
    """Write a line for people behind the log lines; False where none go to stderr."""
    if _writer is None or _writer.stream is not sys.stderr:
        return False
    _writer.write(line + "\n")
    return True


def set_up(stream: TextIO | None = None, *, level: int = logging.INFO) -> None:
    """Send log lines to `stream` (default stderr): for people on a terminal, else JSON lines."""
    global _writer  # noqa: PLW0603 - a process has one log
    if _writer is not None:
        _writer.finish(_FINISH_S)
        _writer.close()
    target = _target(stream or sys.stderr)  # None: started with a closed stderr
    _writer = target if isinstance(target, LogWriter) else None
    plain_traces = structlog.dev.plain_traceback
    renderer: Any = (
        structlog.dev.ConsoleRenderer(exception_formatter=plain_traces)
        if target.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False, sort_keys=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            redact,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _clean_trace,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(target),  # type: ignore[arg-type]  # write and flush are all it uses
        cache_logger_on_first_use=False,
    )
    for noisy in ("httpx", "httpcore", "apscheduler", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    atexit.unregister(finish)
    atexit.register(finish)
