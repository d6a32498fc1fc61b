"""The JSON beside each result: what was asked, of which source, at what cost; pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from seedwatch import __version__
from seedwatch.records import Claim, Output, Reference, name_of


def rfc3339(at: float) -> str:
    """A time as RFC 3339 in UTC, milliseconds."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shown_name(path: str) -> str:
    """A name as JSON can hold it: bytes that are not UTF-8 are escaped."""
    try:
        raw = path.encode(errors="surrogateescape")
    except UnicodeEncodeError:  # a name from Windows, where other surrogates may stand alone
        raw = path.encode(errors="backslashreplace")
    return raw.decode(errors="backslashreplace")


def sidecar(
    claim: Claim,
    provider: str,
    output: Output,
    outputs: Sequence[Output],
    now: float,
    queue_id: str = "",
) -> bytes:
    """What stands in `RESULT.json`."""
    told: dict[str, Any] = {
        "result": _result(output),
        "source": {"name": shown_name(claim.source.path), "sha256": claim.source.sha256},
        "prompt": claim.generation.prompt,
        "model": claim.generation.model,
        "mode": claim.generation.mode,
        "provider": provider,
        "account": claim.rule.account,
        "parameters": claim.sent.get("parameters", {}),
        "references": [
            {"name": _reference_name(r), "sha256": r.sha256} for r in claim.generation.references
        ],
        "changed_to_fit": claim.sent.get("changes", []),
        "request_id": claim.request_id or None,
        "cost": None if claim.cost is None else str(claim.cost),
        "currency": None if claim.cost is None else claim.cost.currency,
        "cost_basis": _basis(claim),
        "cost_is_estimate": claim.cost_basis == "estimate" if claim.cost is not None else None,
        "created_at": rfc3339(claim.created_at),
        "finished_at": rfc3339(now),
        "task": claim.task_id,
        "attempt": claim.attempt_id,
        "queue": queue_id,
        "seedwatch": __version__,
    }
    if output.is_preview:
        told["preview"] = True
    elif len(outputs) > 1:
        told["set"] = _set(output, outputs)
    return _json(told)


def _basis(claim: Claim) -> str | None:
    """What the cost is told by: the provider's answer, or a price list and its day."""
    return "charged" if claim.cost_basis == "charged" else claim.sent.get("cost_basis")


def manifest(claim: Claim, outputs: Sequence[Output]) -> bytes:
    """What stands in the manifest of a task with several pictures, written last of all."""
    return _json(
        {
            "task": claim.task_id,
            "source": shown_name(claim.source.path),
            "expected": claim.expected_outputs,
            "results": [_result(output) for output in outputs if not output.error],
            "missing": [{"n": output.n, "why": output.error} for output in outputs if output.error],
        }
    )


def tells_of(content: bytes, output: Output) -> bool:
    """Whether this is our own sidecar of the very same result."""
    told = told_of(content)
    return told is not None and told.sha256 == output.sha256


@dataclass(frozen=True, slots=True)
class Told:
    """What a sidecar says of its result; the attempt is empty where nothing was paid for it."""

    sha256: str
    attempt_id: str


def told_of(content: bytes) -> Told | None:
    """What a sidecar of ours says; None: this is something else."""
    try:
        told = json.loads(content)
        return Told(str(told["result"]["sha256"]), str(told.get("attempt") or ""))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def attempt_told(content: bytes, queue_id: str) -> str:
    """The attempt that one of our sidecars names; empty if it is none, or of another queue."""
    try:
        told = json.loads(content)
        return str(told["attempt"] or "") if told["queue"] == queue_id else ""
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def _reference_name(reference: Reference) -> str:
    """The name of a file sent along; of a URL without its query, which may be a credential."""
    is_url = reference.origin == "url"
    return shown_name(name_of(reference.path.partition("?")[0] if is_url else reference.path))


def _result(output: Output) -> dict[str, Any]:
    return {
        "name": shown_name(name_of(output.path)),
        "sha256": output.sha256,
        "bytes": output.byte_count,
        "media_type": output.media_type,
        "width": output.width,
        "height": output.height,
    }


def _set(output: Output, outputs: Sequence[Output]) -> dict[str, Any]:
    return {
        "n": output.n,
        "of": len(outputs),
        "missing": [{"n": o.n, "why": o.error} for o in outputs if o.error],
    }


def _json(told: dict[str, Any]) -> bytes:
    """One line a key: as readable as indented JSON here, and five times as quick to make."""
    lines = (f"  {json.dumps(key)}: {json.dumps(told[key], ensure_ascii=False)}" for key in told)
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()
