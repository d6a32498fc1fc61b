"""Hands out tasks: picks what is due, within the account's rate and concurrency."""

from __future__ import annotations

import json
import math
import secrets
from collections import defaultdict
from typing import Any, Final, NamedTuple

from seedwatch.records import Claim, CostBasis, Money, Output
from seedwatch.store.base import AccountRoom
from seedwatch.store.crashes import pick_one
from seedwatch.store.events import write_event
from seedwatch.store.facts import Shelf
from seedwatch.store.rows import (
    generation_from_json,
    handle_of,
    money_of,
    output_from_row,
    to_json,
)
from seedwatch.store.statements import sql
from seedwatch.store.text import text_to_path
from seedwatch.store.writer import Row, Tx

_STANDING: Final = sql("standing")
_PAUSES: Final = sql("pauses_now")
_COME_DUE: Final = sql("come_due")
_PICK: Final = sql("pick")
_PICK_AROUND: Final = sql("pick_around")
_PICK_IN_TURN: Final = sql("pick_in_turn")
_TAKE: Final = sql("take")
_NEXT_RUN: Final = sql("next_run")
_SAVE_ARRIVAL: Final = sql("save_arrival")
_OUTPUTS: Final = sql("task_outputs")
_LIVE_ATTEMPTS: Final = sql("live_attempts")


class Rate(NamedTuple):
    """A generic cell rate: one request every `interval_s`, up to `burst` of them at once."""

    interval_s: float
    burst: int
    arrival_at: float
    """theoretical arrival time of the next request"""

    @classmethod
    def of(cls, per_minute: float, arrival_at: float | None, now: float) -> Rate:
        """The rate now; a second's worth of requests may come together, at least one.

        An arrival further ahead than the burst allows was written before the wall clock was set
        back: it is forgotten.
        """
        interval_s = 60 / per_minute
        burst = max(1, int(per_minute / 60))
        is_usable = arrival_at is not None and now < arrival_at <= now + burst * interval_s + 1e-6
        return cls(interval_s, burst, arrival_at if arrival_at and is_usable else now)

    def room(self, now: float) -> int:
        """How many requests may start now."""
        spare_s = now + self.burst * self.interval_s - self.arrival_at
        return int(spare_s / self.interval_s + 1e-6)

    def next_at(self) -> float:
        """When the next one may start."""
        return self.arrival_at - (self.burst - 1) * self.interval_s

    def taken(self, count: int) -> Rate:
        """After `count` requests started."""
        return self._replace(arrival_at=self.arrival_at + count * self.interval_s)


class _Attempt(NamedTuple):
    """What a claim that goes on knows of its submit."""

    sent: dict[str, Any]
    request_id: str
    cost: Money | None
    cost_basis: CostBasis
    seed: int | None
    started_at: float
    remote: str | None


_NO_ATTEMPT: Final = _Attempt({}, "", None, "", None, 0.0, None)


class Barred(NamedTuple):
    """What is paused just now, and when the first of it ends by itself."""

    is_account: bool
    folders: frozenset[str]
    models: frozenset[str]
    ends_at: float


def claim(tx: Tx, wanted: AccountRoom, lease_s: float, shelf: Shelf) -> list[Claim]:
    """Take due tasks; asks the lane to come again when more may be due."""
    name = wanted.account
    found = tx.row(_STANDING, (name,))
    assert found is not None  # a select of scalars
    running_count, arrival_at, next_run_at, has_pauses = found
    barred = _barred(tx, wanted, has_pauses=bool(has_pauses))
    rate = None
    if wanted.rate_per_minute:
        rate = Rate.of(wanted.rate_per_minute, arrival_at, tx.now)
    room = min(wanted.room, wanted.concurrency - running_count)
    allowed = room if rate is None else min(room, rate.room(tx.now))
    if barred.is_account or allowed <= 0:
        waits_for_rate = rate is not None and room > 0
        next_at = rate.next_at() if rate is not None and waits_for_rate else math.inf
        tx.wakes.resets[name] = barred.ends_at if barred.is_account else next_at
        return []
    if next_run_at is not None and next_run_at <= tx.now:
        tx.run(_COME_DUE, (name, tx.now))
    rows = _take(tx, _pick(tx, wanted, barred, allowed), lease_s)
    if rate is not None:
        _spend(tx, name, rate, rows)
    is_full = len(rows) == allowed
    tx.wakes.resets[name] = 0.0 if is_full else min(_next_run(tx, name), barred.ends_at)
    return _claims(tx, rows, shelf)


def _barred(tx: Tx, wanted: AccountRoom, *, has_pauses: bool) -> Barred:
    if not has_pauses:
        return Barred(is_account=False, folders=frozenset(), models=frozenset(), ends_at=math.inf)
    names = defaultdict(set)
    ends_at = math.inf
    prefix = f"{wanted.account}/"
    for scope, name, until_at in tx.rows(_PAUSES, {"now": tx.now}):
        names[scope].add(name)
        is_ours = scope == "folder" or name == wanted.account or name.startswith(prefix)
        if until_at is not None and is_ours:
            ends_at = min(ends_at, until_at)
    return Barred(
        is_account=wanted.account in names["account"],
        folders=frozenset(names["folder"]),
        models=frozenset(
            name.removeprefix(prefix) for name in names["model"] if name.startswith(prefix)
        ),
        ends_at=ends_at,
    )


def claim_alone(tx: Tx, task_id: int, lease_s: float, shelf: Shelf) -> list[Claim]:
    """Take a suspected task; none if it is none any more, or it is paused."""
    rows = pick_one(tx, task_id)
    return _claims(tx, _take(tx, rows, lease_s), shelf)


def _pick(tx: Tx, wanted: AccountRoom, barred: Barred, room: int) -> list[Row]:
    """The rows of tasks that are due, best first."""
    lists = wanted.stopped_folders, barred.folders, barred.models
    if not wanted.served_folders and not any(lists):
        return tx.rows(_PICK, (wanted.account, room))
    stopped, folders, models = (to_json(sorted(names)) for names in lists)
    if not wanted.served_folders:
        return tx.rows(_PICK_AROUND, (wanted.account, stopped, folders, models, room))
    served = to_json(sorted(wanted.served_folders))
    named = {"served": served, "stopped": stopped, "barred": folders, "models": models}
    return tx.rows(_PICK_IN_TURN, {"account": wanted.account, "room": room, **named})


def _take(tx: Tx, picked: list[Row], lease_s: float) -> list[Row]:
    """The rows of the picked tasks, each with its token in front."""
    token, until = secrets.token_hex(8), tx.now + lease_s
    for row in picked:
        tx.run(_TAKE, (token, until, tx.now, row[0]))
        before = "ready" if row[9] is None else "waiting"  # only a waiting task has a handle
        write_event(tx, "task.claimed", task_id=row[0], move=(before, "running"))
    return [(token, *row) for row in picked]


def _spend(tx: Tx, account: str, rate: Rate, rows: list[Row]) -> None:
    """Count the claims that will ask the provider; an answer in the spool asks nobody."""
    count = sum(row[9] != "answer" and row[12] is None for row in rows)
    if count:
        tx.run(_SAVE_ARRIVAL, (account, rate.taken(count).arrival_at))


def _next_run(tx: Tx, account: str) -> float:
    found = tx.row(_NEXT_RUN, (account,))
    return math.inf if found is None or found[0] is None else float(found[0])


def _claims(tx: Tx, rows: list[Row], shelf: Shelf) -> list[Claim]:
    jobs = shelf.jobs(tx, {row[2] for row in rows})
    begun = [row[1] for row in rows if row[10] is not None or row[12] is not None]
    outputs, attempts = _outputs(tx, begun), _attempts(tx, begun)
    claims = []
    for row in rows:
        token, task_id, job_id, n, key, generation, attempt_count, unknown_count = row[:8]
        expected, handle_kind, handle_name, attempt_id, reuse_of, created_at = row[8:]
        source, rule, task_count = jobs[job_id]
        attempt = attempts.get(task_id, _NO_ATTEMPT)
        claims.append(
            Claim(
                task_id=task_id,
                token=token,
                job_id=job_id,
                index=n,
                task_count=task_count,
                key=key,
                generation=generation_from_json(generation),
                rule=rule,
                source=source,
                attempt_count=attempt_count,
                unknown_count=unknown_count,
                expected_outputs=expected,
                handle=handle_of(handle_kind, handle_name),
                attempt_id=attempt_id,
                outputs=tuple(outputs.get(task_id, ())),
                reuse_of=reuse_of,
                created_at=created_at,
                sent=attempt.sent,
                request_id=attempt.request_id,
                cost=attempt.cost,
                cost_basis=attempt.cost_basis,
                seed=attempt.seed,
                submitted_at=attempt.started_at,
                remote=attempt.remote,
            )
        )
    return claims


def _outputs(tx: Tx, task_ids: list[int]) -> dict[int, list[Output]]:
    """Outputs that were saved before a crash; only a task with an answer can have some."""
    found: dict[int, list[Output]] = defaultdict(list)
    if task_ids:
        for task_id, *row in tx.rows(_OUTPUTS, (to_json(task_ids),)):
            found[task_id].append(output_from_row(row))
    return found


def _attempts(tx: Tx, task_ids: list[int]) -> dict[int, _Attempt]:
    """The open attempts of tasks that go on."""
    if not task_ids:
        return {}
    return {
        task_id: _Attempt(
            json.loads(sent),
            request_id,
            money_of(micros, currency),
            basis,
            seed,
            started_at,
            None if remote is None else text_to_path(remote),
        )
        for task_id, sent, request_id, micros, currency, basis, seed, started_at, remote in tx.rows(
            _LIVE_ATTEMPTS, (to_json(task_ids),)
        )
    }
