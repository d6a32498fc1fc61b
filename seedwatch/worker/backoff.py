"""How long to wait before something is tried again; pure, the chance is passed in."""

from __future__ import annotations

_FIRST_S = 2.0
_LONGEST_S = 300.0
_LEAST_WAIT_S = 1.0
_MOST_WAIT_S = 3600.0
_UNSAID_WAIT_S = 60.0
_FREE_WAIT_S = 10.0


def retry_delay_s(attempt_count: int, chance: float) -> float:
    """Full jitter: between nothing and a bound that doubles with each attempt.

    `chance` is uniform in [0, 1); a floor of half a second keeps a broken service from a storm.
    """
    bound = min(_LONGEST_S, _FIRST_S * (1 << min(attempt_count, 16)))
    return 0.5 + bound * chance


def limited_wait_s(retry_after_s: float | None, chance: float) -> float:
    """What a 429 asks for, within 1 s and 1 h (fault 53), and up to a tenth more.

    Where it says nothing, per-minute limits are the rule (protocols.md 1.1).
    """
    asked = _UNSAID_WAIT_S if retry_after_s is None else retry_after_s
    bounded = max(_LEAST_WAIT_S, min(_MOST_WAIT_S, asked))
    return bounded * (1 + chance / 10)


def result_wait_s(answered_s: float, chance: float) -> float:
    """How long until a result is fetched again that could not be; a quarter of the time so far.

    Looks are free, but a link that is dead from the start would be asked for until it expires.
    """
    return min(_MOST_WAIT_S, max(_FREE_WAIT_S, answered_s / 4)) * (0.5 + chance / 2)
