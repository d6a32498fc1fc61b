"""What may not go wrong unnoticed: small changes of the code, and the tests that have to go red."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one file of the package.

    Attributes:
        old: what stands there, exactly once.
        new: what stands there instead.
        checks: arguments to pytest; at least one of these tests must fail.
    """

    name: str
    file: str
    old: str
    new: str
    checks: tuple[str, ...]


_POWER = "tests/faults/test_power_loss.py"
_CUTS = f"{_POWER}::test_a_cut_at_any_moment"
_EVERY = (f"{_POWER}::test_a_cut_at_every_step", "-m", "nightly")
_WRITING = "tests/unit/test_paths_writing.py"
_MOVING = "tests/unit/test_paths_moving.py"
_READING = "tests/unit/test_paths_reading.py"
_SPOOL = "tests/unit/test_spool.py"
_RETIRE = "tests/unit/test_retire.py"
_IN_DOUBT = "tests/flow/test_in_doubt.py"

_COMMIT = (
    "    await place.store.begin_submit(claim, prepared.submission, budgets_of(claim, place))\n"
)
_BETWEEN = """    submitting.is_open = True
    submitting.has_begun.set()
    reached("submit.committed")
    note_unpriced(account.settings.name, model, prepared.submission.price_bound, place)
"""
_SEND = """    handle, request_id = await send_paid(
        account,
        protocol,
        prepared.exchange,
        attempt_id,
        place,
        most_bytes=prepared.most_bytes,
        timeout_s=prepared.timeout_s,
    )
"""

SYNCS = (
    Mutant(
        "a new file's data is not synced",
        "paths.py",
        '        os.fsync(fd)\n        beat()\n        reached("path.synced")\n    return known',
        "    return known",
        (_WRITING, _CUTS),
    ),
    Mutant(
        "a new file's name is not synced",
        "paths.py",
        "            _sync_directory(directory)\n            return sha256",
        "            return sha256",
        (_WRITING, _CUTS),
    ),
    Mutant(
        "a second name is not synced",
        "paths.py",
        "            _sync_directory(directory)\n        return True\n\n    def replace_small",
        "        return True\n\n    def replace_small",
        (_WRITING, _CUTS),
    ),
    Mutant(
        "the name of a marker or card is not synced",
        "paths.py",
        "            _sync_directory(directory)\n\n    def rewrite",
        "\n    def rewrite",
        (_WRITING, _CUTS),
    ),
    Mutant(
        "what is found again is not synced",
        "paths.py",
        "                os.fsync(fd)\n",
        "                pass\n",
        (_WRITING, "tests/unit/test_deliver.py"),
    ),
    Mutant(
        "the new place of a source is not synced",
        "paths.py",
        "            _sync_directory(there)\n",
        "",
        (_MOVING,),
    ),
    Mutant(
        "the old place of a source is not synced",
        "paths.py",
        "            _sync_directory(here)\n",
        "",
        (_MOVING,),
    ),
    Mutant(
        "the old place of a source is synced first",
        "paths.py",
        "            _sync_directory(there)\n            _sync_directory(here)\n",
        "            _sync_directory(here)\n            _sync_directory(there)\n",
        (_MOVING,),
    ),
    Mutant(
        "a removal is not synced",
        "paths.py",
        "                _sync_directory(directory)\n        except (FileNotFoundError",
        "        except (FileNotFoundError",
        (_WRITING, _MOVING),
    ),
    Mutant(
        "the name of a subfolder is not synced",
        "paths.py",
        '    _sync_directory(_Directory("", fd))\n    return',
        "    return",
        (_WRITING, _POWER),
    ),
    Mutant(
        "the names of the daemon's folders are not synced",
        "paths.py",
        "        sync_names(directory.parent)\n",
        "",
        (_POWER,),
    ),
    Mutant(
        "an answer's data is not synced",
        "outbox/spool.py",
        "        os.fsync(self._file.fileno())\n",
        "",
        (_SPOOL, _CUTS),
    ),
    Mutant(
        "an answer's name is not synced",
        "outbox/spool.py",
        '        reached("spool.named")\n        _sync_directory(self._directory_fd)\n',
        '        reached("spool.named")\n',
        (_SPOOL, _POWER),
    ),
    Mutant(
        "an answer that broke off is not synced when it is kept",
        "outbox/spool.py",
        "            os.fsync(file.fileno())\n",
        "            pass\n",
        (_SPOOL,),
    ),
    Mutant(
        "parts of a stream are not synced as they come",
        "worker/paid_call.py",
        "            self._file.sync()\n",
        "            pass\n",
        ("tests/unit/test_frames.py",),
    ),
    Mutant(
        "the database does not sync its commits",
        "store/database.py",
        "PRAGMA synchronous = FULL",
        "PRAGMA synchronous = NORMAL",
        (_CUTS, "tests/store"),
    ),
)

ORDER = (
    Mutant(
        "the request leaves before its commit",
        "worker/submit.py",
        _COMMIT + _BETWEEN + _SEND,
        _SEND + _COMMIT + _BETWEEN,
        _EVERY,
    ),
    Mutant(
        "a result is delivered before its commit",
        "worker/collect.py",
        "            await place.store.save_outputs(claim, named, cost, basis)\n",
        "            from seedwatch.outbox.deliver import deliver_picture\n"
        "            for one in named:\n"
        "                if not one.error:\n"
        "                    await folder.threads.call(deliver_picture, one, outbox, place.spool)\n"
        "            await place.store.save_outputs(claim, named, cost, basis)\n",
        _EVERY,
    ),
    Mutant(
        "a task is done before its results are delivered",
        "worker/execute.py",
        "    claim = await _deliver(claim, place)\n",
        '    await place.store.complete(claim, note="")\n'
        "    claim = await _deliver(claim, place)\n",
        _EVERY,
    ),
    Mutant(
        "a source is retired before it has moved",
        "worker/retiring.py",
        "        retired = await folder.threads.call(_take, job, folder.roots)\n",
        '        await place.store.retired(job.job_id, "done", job.source.path)\n'
        "        retired = await folder.threads.call(_take, job, folder.roots)\n",
        _EVERY,
    ),
    Mutant(
        "a source is unlinked before its copy was verified",
        "outbox/retire.py",
        "            is_whole = written == member.sha256\n",
        "            is_whole = True\n",
        (_RETIRE,),
    ),
    Mutant(
        "a source is unlinked without another look",
        "outbox/retire.py",
        '    reached("retire.copied")\n    if _same(member, inbox):\n        inbox.unlink',
        '    reached("retire.copied")\n    if True:\n        inbox.unlink',
        (_RETIRE,),
    ),
    Mutant(
        "a new file is not read back",
        "paths.py",
        "                _read_back(directory, part, sha256)\n",
        "",
        (_WRITING,),
    ),
    Mutant(
        "an answer is read before it is kept",
        "worker/paid_call.py",
        "                await place.local.call(file.keep)\n",
        "                file.flush()\n                protocol.read(file.part_path)\n"
        "                await place.local.call(file.keep)\n",
        ("tests/flow/test_orders.py",),
    ),
    Mutant(
        "a file being written is visible",
        "paths.py",
        'PART_PREFIX = ".seedwatch-part-"',
        'PART_PREFIX = "seedwatch-part-"',
        (_WRITING, _CUTS),
    ),
    Mutant(
        "an answer being written bears its final name",
        "outbox/spool.py",
        '_PART = ".part"',
        '_PART = ""',
        (_SPOOL,),
    ),
    Mutant(
        "recovery runs beside the workers",
        "daemon/supervisor.py",
        "        await recover(self._shift.place)\n",
        "        recovering = asyncio.create_task(recover(self._shift.place))\n",
        ("tests/flow/test_orders.py",),
    ),
)

CHECKS = (
    Mutant(
        "the provider's list is not looked at",
        "worker/resolve.py",
        "        return await _look_up(protocol, claim, account, place)\n",
        '        await place.store.snooze(claim, 0.0, "not-sent", attempt="not_sent")\n'
        "        return None\n",
        ("tests/flow/test_kill_providers.py", "-k", "lost_answer or at_a_step"),
    ),
    Mutant(
        "no grace for a late list",
        "worker/provider_memory.py",
        " and time.monotonic() - first_at >= self._span_s",
        "",
        ("tests/unit/test_provider_memory.py",),
    ),
    Mutant(
        "one look at a list is enough",
        "worker/provider_memory.py",
        "        return count + 1 >= self._looks and",
        "        return",
        (_IN_DOUBT, "tests/flow/test_looks.py"),
    ),
    Mutant(
        "a lost call is sent again by itself",
        "worker/recovery.py",
        "        resend=attempt.unknown_count < attempt.resend_uncertain,\n",
        "        resend=True,\n",
        _EVERY,
    ),
    Mutant(
        "an answer in the spool is not looked for",
        "worker/recovery.py",
        "    is_here = place.spool.has(name)\n",
        "    is_here = False\n",
        _EVERY,
    ),
    Mutant(
        "504 is treated as 500",
        "providers/protocols/ark_errors.py",
        "    503: Unavailable,\n",
        "    503: Unavailable,\n    504: Unavailable,\n",
        ("tests/unit/test_ark_errors.py",),
    ),
    Mutant(
        "a paid request reuses a connection",
        "providers/transport.py",
        "max_keepalive_connections=0",
        "max_keepalive_connections=4",
        ("tests/providers/test_paid_requests.py",),
    ),
    Mutant(
        "a paid request follows redirects",
        "providers/wire.py",
        '"follow_redirects": False',
        '"follow_redirects": True',
        ("tests/providers/test_paid_requests.py",),
    ),
    Mutant(
        "a missing marker is ignored",
        "inbox/health.py",
        "    if facts.marker is None and adoption is not None:\n",
        "    if False:\n",
        ("tests/inbox",),
    ),
    Mutant(
        "a foreign marker is ignored",
        "inbox/health.py",
        "    if facts.marker is not None and not _is_ours(facts.marker, adoption, ours):\n",
        "    if False:\n",
        ("tests/inbox",),
    ),
    Mutant(
        "folders are entered by path",
        "paths.py",
        "                inner = _open_below(fd, component, create=create)\n",
        "                inner = os.open(self.absolute(rel), os.O_RDONLY) if not create else (\n"
        "                    _open_below(fd, component, create=create))\n",
        (_READING,),
    ),
    Mutant(
        "links to files are followed",
        "paths.py",
        "    _SOURCE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC\n",
        "    _SOURCE_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC\n",
        (_READING,),
    ),
    Mutant(
        "a rename replaces what is there",
        "paths.py",
        "        _renameat2(here.fd, name, there.fd, target)\n",
        "        os.rename(name, target, src_dir_fd=here.fd, dst_dir_fd=there.fd)\n",
        (_MOVING,),
    ),
    Mutant(
        "the code of a remote rename is believed",
        "paths.py",
        "        if not _arrived(before, here, name, there, target):\n            raise\n",
        "        raise\n",
        (_MOVING,),
    ),
    Mutant(
        "a budget is read and then written",
        "store/travel.py",
        '            "limits": Bound.at(budgets, tx.now).to_json(),\n',
        '            "limits": "[]",\n',
        ("tests/contract/test_stores_budgets.py", "tests/flow/test_budgets.py"),
    ),
    Mutant(
        "a picture is not compared before it is sent",
        "worker/prepare.py",
        "    if hashlib.sha256(content).hexdigest() != reference.sha256:\n",
        "    if False:\n",
        ("tests/flow/test_bad_input.py", "tests/flow/test_spine.py", "tests/flow/test_inputs.py"),
    ),
    Mutant(
        "a journal of the first write is not played back",
        "store/migrations/__init__.py",
        "        roll_back(path)\n",
        "",
        (_POWER,),
    ),
)

MUTANTS = (*SYNCS, *ORDER, *CHECKS)
