"""Turns the records of the seam into columns and JSON, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from typing import Any, Final

from seedwatch.records import (
    Failure,
    Generation,
    Handle,
    Member,
    Money,
    Output,
    Reference,
    Rule,
    Source,
)
from seedwatch.store.text import clean, path_to_text, text_to_path

Row = Sequence[Any]

_RULE_FIELDS: Final = frozenset(field.name for field in fields(Rule))
_RULE_TUPLES: Final = ("prompts", "references", "reference_digests")
# Nothing is escaped beyond ASCII by JSON itself, so that lone surrogates survive as \udcff.
_encode: Final = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


def to_json(value: Any) -> str:
    """Compact JSON in ASCII."""
    return _encode(value)


def rule_to_json(rule: Rule) -> str:
    """The snapshot that a job keeps."""
    return _encode(asdict(rule))


def rule_from_json(text: str) -> Rule:
    """The rule of a snapshot; keys that later versions dropped are left out."""
    kept = {name: value for name, value in json.loads(text).items() if name in _RULE_FIELDS}
    return Rule(**{**kept, **{name: tuple(kept.get(name, ())) for name in _RULE_TUPLES}})


def generation_to_json(wanted: Generation) -> str:
    """What a task asks for; by hand, as `asdict` would copy every value."""
    return _encode(
        {
            "mode": wanted.mode,
            "model": wanted.model,
            "prompt": wanted.prompt,
            "references": [(ref.origin, ref.path, ref.sha256) for ref in wanted.references],
            "size": wanted.size,
            "resolution": wanted.resolution,
            "group": wanted.group,
            "seed": wanted.seed,
            "watermark": wanted.watermark,
            "negative_prompt": wanted.negative_prompt,
            "options": wanted.options,
        }
    )


def generation_from_json(text: str) -> Generation:
    """Its inverse."""
    found = json.loads(text)
    found["references"] = tuple(Reference(*reference) for reference in found["references"])
    return Generation(**found)


def member_to_row(job_id: int, n: int, member: Member) -> Row:
    """Columns of `members`."""
    return (
        job_id,
        n,
        path_to_text(member.path),
        member.byte_count,
        member.mtime_ns,
        str(member.ino),
        member.sha256,
        member.role,
    )


def member_from_row(row: Row) -> Member:
    """A member of (path, byte_count, mtime_ns, ino, sha256, role)."""
    path, byte_count, mtime_ns, ino, sha256, role = row
    return Member(text_to_path(path), byte_count, mtime_ns, int(ino), sha256, role)


def source_from_row(folder: str, path: str, kind: str, members: Iterable[Row]) -> Source:
    """A source of its job's columns and its members' rows in order."""
    return Source(
        folder=folder,
        path=text_to_path(path),
        kind=kind,  # type: ignore[arg-type]  # a CHECK of the column
        members=tuple(member_from_row(row) for row in members),
    )


def output_to_row(task_id: int, attempt_id: str | None, folder: str, output: Output) -> Row:
    """Columns of `outputs`."""
    return (
        task_id,
        output.n,
        attempt_id,
        clean(output.spool_name),
        output.sha256,
        output.byte_count,
        clean(output.media_type),
        output.width,
        output.height,
        clean(output.error),
        folder,
        path_to_text(output.path),
        int(output.is_delivered),
    )


def output_from_row(row: Row) -> Output:
    """An output of (n, spool_name, …, error, path, is_delivered)."""
    n, spool_name, sha256, byte_count, media_type, width, height, error, path, is_delivered = row
    return Output(
        n=n,
        spool_name=spool_name,
        sha256=sha256,
        byte_count=byte_count,
        media_type=media_type,
        width=width,
        height=height,
        error=error,
        path=text_to_path(path),
        is_delivered=bool(is_delivered),
    )


def handle_of(kind: str | None, name: str | None) -> Handle | None:
    """A handle of its two columns."""
    if kind is None or name is None:
        return None
    return Handle(kind, text_to_path(name))  # type: ignore[arg-type]  # a CHECK of the column


def money_of(micros: int | None, currency: str | None) -> Money | None:
    """Money of its two columns."""
    return None if micros is None or currency is None else Money(micros, currency)


def money_to_row(money: Money | None) -> tuple[int | None, str | None]:
    """Its two columns."""
    return (None, None) if money is None else (money.micros, money.currency)


def failure_to_row(failure: Failure | None) -> tuple[str | None, str | None, str | None]:
    """Columns error_class, error_message, error_advice."""
    if failure is None:
        return None, None, None
    return failure.error_class, clean(failure.message), clean(failure.advice)
