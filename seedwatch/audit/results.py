"""Has every result its source, and every paid answer its file? Outboxes and spool; no I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from seedwatch.audit.census import Census, FolderCensus, Tree
from seedwatch.audit.findings import Finding, Kind
from seedwatch.lifecycle import FINAL
from seedwatch.outbox.spool import attempt_of
from seedwatch.records import RelPath
from seedwatch.store.auditing import OutputRow, TaskFacts

_NAMES_TRIED = 12


def check_results(census: Census) -> Iterator[Finding]:
    """Rows against outboxes and spool, in both directions."""
    tasks = {task.id: task for task in census.rows.tasks}
    away: set[str] = set()
    for output in census.rows.outputs:
        folder = census.folders.get(output.folder)
        if folder is None or output.error:
            continue
        if output.is_delivered and folder.outbox is None:
            if output.folder not in away:
                away.add(output.folder)
                where = folder.paths["outbox"]
                yield Finding("folder-away", where, folder=output.folder, place="outbox")
        elif output.is_delivered and folder.outbox is not None:
            yield from _delivered(output, folder, folder.outbox, census)
    yield from _orphans(census)
    yield from _parts(census)
    yield from _paid(census, tasks)
    yield from _under_way(census)


# --- outboxes ------------------------------------------------------------------------------


def _delivered(
    output: OutputRow, folder: FolderCensus, outbox: Tree, census: Census
) -> Iterator[Finding]:
    """A result that a person did not take away lies whole at its name, its sidecar beside it."""
    if (output.task_id, output.n) in census.rows.removed_outputs:
        return
    found = outbox.get(output.path)
    if found is None:
        yield _result("result-missing", output, folder)
    elif found.sha256 != output.sha256:
        yield _result("result-changed", output, folder)
    elif not any(_tells_of(folder, path, output) for path in _sidecars(output.path)):
        yield _result("sidecar-missing", output, folder)


def _sidecars(path: RelPath) -> Iterator[RelPath]:
    """`photo_1.jpeg.json`, or numbered where a stranger had that name."""
    yield f"{path}.json"
    yield from (f"{path}-{number}.json" for number in range(2, _NAMES_TRIED))


def _tells_of(folder: FolderCensus, path: RelPath, output: OutputRow) -> bool:
    told = folder.told.get(path)
    return told is not None and told.sha256 == output.sha256


def _orphans(census: Census) -> Iterator[Finding]:
    """A result of ours of which neither rows nor ledger know: the queue is an older one."""
    known = {charge.attempt_id for charge in census.rows.ledger}
    known |= {attempt.id for attempt in census.rows.attempts}
    seen: set[str] = set()
    for name, folder in census.folders.items():
        for path, told in folder.told.items():
            what, attempt = folder.place("outbox", path), told.attempt_id
            if attempt and attempt not in known and what not in seen:
                seen.add(what)  # two folders may share an outbox
                yield Finding("result-orphan", what, name, path=path, place="outbox", more=attempt)


def _parts(census: Census) -> Iterator[Finding]:
    for name, folder in census.folders.items():
        for place, path in folder.parts:
            what = folder.place(place, path)
            yield Finding("part-left", what, folder=name, path=path, place=place)


def _result(kind: Kind, output: OutputRow, folder: FolderCensus) -> Finding:
    return Finding(
        kind,
        folder.place("outbox", output.path),
        folder=output.folder,
        task_id=output.task_id,
        n=output.n,
        path=output.path,
        place="outbox",
    )


# --- spool ---------------------------------------------------------------------------------


def _paid(census: Census, tasks: Mapping[int, TaskFacts]) -> Iterator[Finding]:
    """What was paid for and is not delivered lies in the spool, whole (promises.md P6)."""
    stored: set[int] = set()
    for output in census.rows.outputs:
        stored.add(output.task_id)
        if output.error:
            continue
        seen = census.spool.get(output.spool_name)
        if output.is_delivered:
            if seen is None and not tasks[output.task_id].is_reuse:
                yield _spooled("copy-missing", output.spool_name, output.task_id)
        elif seen is None or seen.sha256 != output.sha256:
            yield _spooled("paid-missing", output.spool_name, output.task_id)
    for task in tasks.values():
        is_needed = task.state not in FINAL and task.handle_kind == "answer"
        if is_needed and task.id not in stored and task.handle_name not in census.spool:
            yield _spooled("paid-missing", task.handle_name or "", task.id)
    yield from _spare(census)


def _spare(census: Census) -> Iterator[Finding]:
    """Spool files of attempts that are not on record; housekeeping removes them."""
    known = {attempt.id for attempt in census.rows.attempts}
    spared: dict[str, int] = defaultdict(int)
    for name in census.spool:
        attempt = attempt_of(name)
        if attempt is not None and attempt not in known:
            spared[attempt] += 1
    reused = {attempt_of(output.spool_name) for output in census.rows.outputs}
    for attempt in sorted(spared.keys() - reused):
        yield Finding("spool-spare", attempt)


def _spooled(kind: Kind, name: str, task_id: int) -> Finding:
    return Finding(kind, name, task_id=task_id, place="spool")


def _under_way(census: Census) -> Iterator[Finding]:
    """Without a daemon, what was under way waits for the next start, which decides it."""
    if not census.is_running:
        for task in census.rows.tasks:
            if task.state == "running":
                yield Finding("work-pending", str(task.id), folder=task.folder, task_id=task.id)
