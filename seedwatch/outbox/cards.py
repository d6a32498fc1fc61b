"""The card beside a failed source: what happened, what it cost, what to do; pure."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from seedwatch.logs import one_line
from seedwatch.outbox.sidecar import shown_name
from seedwatch.records import RelPath, SettledJob, name_of
from seedwatch.texts import say, sentences

CARD_SUFFIX = ".error.txt"


def card(job: SettledJob, inbox: Path, outbox: Path) -> bytes:
    """The text of NAME.error.txt, plain sentences, UTF-8."""
    lines = [say("cards.title", name=_shown(name_of(job.source.path))), ""]
    lines += _what_happened(job)
    lines += ["", *_costs(job)]
    counts = Counter(job.states)
    if len(job.states) > 1:
        lines.append(
            say(
                "cards.counts",
                total=len(job.states),
                done=counts["done"],
                failed=counts["failed"],
                cancelled=counts["cancelled"],
            )
        )
    if job.result_count:
        lines.append(say("cards.where", outbox=_shown(str(outbox))))
    lines += ["", say("cards.again", inbox=_shown(str(inbox)))]
    return ("\n".join(lines) + "\n").encode()


def is_card_of(content: bytes, path: RelPath) -> bool:
    """Whether this is a card of ours for that source, in any language."""
    name = _shown(name_of(path))
    titles = [title.format(name=name).encode() for title in sentences()["cards.title"]]
    return content.partition(b"\n")[0] in titles


def _shown(name: str) -> str:
    return one_line(shown_name(name))


def _what_happened(job: SettledJob) -> list[str]:
    told = list(dict.fromkeys(job.failures))
    if not told:
        return [say("cards.why", message=say("cards.cancelled"))]
    lines: list[str] = []
    for failure in told[:20]:
        lines.append(say("cards.why", message=one_line(failure.message)))
        if failure.advice:
            lines.append(say("cards.do", advice=one_line(failure.advice)))
    return lines


def _costs(job: SettledJob) -> list[str]:
    """What is known to have been charged, and what may have been."""
    told: list[str] = []
    if job.uncertain_count:
        told.append(say("cards.cost_unsure", count=job.uncertain_count))
    if job.cost is not None and job.cost.micros:
        told.append(say("cards.cost", cost=job.cost, currency=job.cost.currency))
    elif job.result_count or job.charged_count:
        told.append(say("cards.cost_unknown"))
    return told or [say("cards.cost_none")]
