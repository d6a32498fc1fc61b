"""The store of results: signed links that expire, and the faults that wait for downloads."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlencode

from seedwatch.simulator.drawings import Drawing
from seedwatch.simulator.faults import Firing

LIFETIME_S: Final = 86_400
"""Result links of Ark live for 24 h (protocols.md 2.5)."""

NOT_AN_IMAGE: Final = b"This is not an image.\n" * 64

_FAULTS: Final = ("url_expired", "url_403", "redirect", "not_an_image", "oversized")
_DATE: Final = "%Y%m%dT%H%M%SZ"
_SIGNING_KEY: Final = b"simulated"  # links imitate signed ones; nothing here is secret


@dataclass(slots=True)
class DownloadFault:
    """A fault of one result; `left_count` downloads are still to fail, None means all."""

    name: str
    args: Mapping[str, Any]
    left_count: int | None = None

    def acts_now(self) -> bool:
        """Count one download and say whether the fault acts on it."""
        if self.left_count is None:
            return True
        self.left_count -= 1
        return self.left_count >= 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """A download that is to be answered with the file, or with what a fault makes of it."""

    drawing: Drawing
    fault: str | None
    args: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LinkRefused:
    """A download that is refused; the code is the object store's."""

    status: int
    code: str
    message: str


@dataclass(slots=True)
class _Result:
    drawing: Drawing
    expires_at: float
    fault: DownloadFault | None
    left_count: int | None

    def is_over(self, now: float) -> bool:
        """Whether no link to it works any more."""
        return self.expires_at <= now

    def is_used_up(self) -> bool:
        """Count one download and say whether it is one too many."""
        if self.left_count is None:
            return False
        self.left_count -= 1
        return self.left_count < 0


class ResultStore:
    """Keeps what is needed to draw each result again, not its bytes, so memory stays flat."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._results: dict[str, _Result] = {}

    def add(
        self,
        path: str,
        drawing: Drawing,
        firing: Firing,
        *,
        lifetime_s: int = LIFETIME_S,
        at: float | None = None,
        downloads: int | None = None,
    ) -> str:
        """Publish a file at `path` (without a host) and return path and signed query.

        The link lives `lifetime_s` seconds from `at` (now) on, for `downloads` downloads or any.
        """
        now = self._clock()
        # About the order of expiry: a long-lived link only keeps later ones longer.
        while self._results and self._results[oldest := next(iter(self._results))].is_over(now):
            del self._results[oldest]
        at = now if at is None else at
        fault = _download_fault(firing)
        self._results[path] = _Result(drawing, at + lifetime_s, fault, downloads)
        return f"{path}?{_signed_query(path, at, lifetime_s)}"

    def remove(self, path: str) -> None:
        """Forget a file; its link is then unknown."""
        self._results.pop(path, None)

    def look_up(self, path: str, query: str) -> Delivery | LinkRefused:
        """Decide about one download; `query` exactly as received, it is signed as a text."""
        result = self._results.get(path)
        fault = result.fault if result is not None else None
        name = fault.name if fault is not None and fault.acts_now() else None
        if name == "url_403":
            return LinkRefused(403, "AccessDenied", "Access Denied")
        is_over = _is_over(path, query, self._clock())
        if is_over is None:
            return LinkRefused(403, "SignatureDoesNotMatch", "The signature does not match.")
        if is_over or name == "url_expired":
            return LinkRefused(403, "AccessDenied", "Request has expired")
        if result is None:
            return LinkRefused(404, "NoSuchKey", "The specified key does not exist.")
        if result.is_used_up():
            return LinkRefused(403, "AccessDenied", "The number of downloads is used up.")
        return Delivery(result.drawing, name, fault.args if fault is not None else {})


def _download_fault(firing: Firing) -> DownloadFault | None:
    fired = firing.first(_FAULTS)
    return None if fired is None else DownloadFault(*fired, left_count=fired[1].get("downloads"))


def _signed_query(path: str, at: float, lifetime_s: int) -> str:
    date = datetime.fromtimestamp(at, UTC).strftime(_DATE)
    query = urlencode(
        {
            "X-Tos-Algorithm": "TOS4-HMAC-SHA256",
            "X-Tos-Credential": f"SIMULATED/{date[:8]}/cn-beijing/tos/request",
            "X-Tos-Date": date,
            "X-Tos-Expires": str(lifetime_s),
            "X-Tos-SignedHeaders": "host",
        }
    )
    return f"{query}&X-Tos-Signature={_signature(path, query)}"


def _signature(path: str, query: str) -> str:
    text = f"{path}?{query}".encode("utf-8", "surrogatepass")
    return hmac.new(_SIGNING_KEY, text, hashlib.sha256).hexdigest()


def _is_over(path: str, query: str, now: float) -> bool | None:
    # None: the signature is wrong, as after a re-encoding of the query.
    signed, _, signature = query.rpartition("&X-Tos-Signature=")
    if _signature(path, signed) != signature:
        return None
    told = parse_qs(signed)
    date = datetime.strptime(told["X-Tos-Date"][0], _DATE).replace(tzinfo=UTC)
    return now > (date + timedelta(seconds=int(told["X-Tos-Expires"][0]))).timestamp()
