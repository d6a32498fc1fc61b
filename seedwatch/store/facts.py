"""Reads what never changes about jobs: their sources and rules, remembered for a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Final, NamedTuple, Protocol

from seedwatch.records import Rule, Source
from seedwatch.store.rows import rule_from_json, source_from_row
from seedwatch.store.statements import sql

_KEPT: Final = 512
_JOB_FACTS: Final = sql("job_facts")
_RULE: Final = sql("rule")


class Asks(Protocol):
    """What can be asked: a commit under way or a connection that only reads."""

    def rows(self, statement: str, values: Any = (), /) -> list[tuple[Any, ...]]:
        """All rows of a statement."""


class JobFacts(NamedTuple):
    """What a claim needs to know of its job."""

    source: Source
    rule: Rule
    task_count: int


class Shelf:
    """The facts of the jobs that were asked for lately; used by one thread."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[int, JobFacts] = OrderedDict()
        self._rules: OrderedDict[str, Rule] = OrderedDict()

    def jobs(self, asks: Asks, ids: Iterable[int]) -> dict[int, JobFacts]:
        """The facts of these jobs; a short statement for each that is not remembered."""
        found = {job_id: self._jobs.get(job_id) or self._load(asks, job_id) for job_id in ids}
        while len(self._jobs) > _KEPT:
            self._jobs.popitem(last=False)
        return found

    def _load(self, asks: Asks, job_id: int) -> JobFacts:
        rows = asks.rows(_JOB_FACTS, (job_id,))
        folder, path, kind, revision, task_count = rows[0][:5]
        members = [row[5:] for row in rows if row[5] is not None]
        source = source_from_row(folder, path, kind, members)
        facts = self._jobs[job_id] = JobFacts(source, self.rule(asks, revision), task_count)
        return facts

    def rule(self, asks: Asks, revision: str) -> Rule:
        """The rule of that revision as it was when a job opened with it."""
        rule = self._rules.get(revision)
        if rule is None:
            rule = self._rules[revision] = rule_from_json(asks.rows(_RULE, (revision,))[0][0])
            while len(self._rules) > _KEPT:
                self._rules.popitem(last=False)
        return rule
