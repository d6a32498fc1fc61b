"""Switches: the behaviours that no source settles can be chosen, strictly."""

from __future__ import annotations

from typing import Any

import pytest

from seedwatch.simulator import RunningSimulator
from seedwatch.simulator.switches import SWITCHES, Choice, Count, SwitchError, Switches
from tests.simulator.calls import LITE, SMALL, V4_0, V4_5, call, generate, group
from tests.simulator.clock import Clock

_SWITCHES = "/_control/switches"


def _known() -> Switches:
    return Switches({"a.form": Choice(("plain", "odd")), "a.count": Count(3, 0, 10)})


def test_switches_stand_at_their_defaults_until_moved() -> None:
    """The first position of a choice is its default; a reset puts all of them back."""
    switches = _known()
    assert switches.values() == {"a.form": "plain", "a.count": 3}
    switches.move({"a.form": "odd", "a.count": 0})
    assert (switches["a.form"], switches["a.count"]) == ("odd", 0)
    switches.reset()
    assert switches.values() == {"a.form": "plain", "a.count": 3}


REFUSED: list[tuple[Any, str]] = [
    ([], "a JSON object of switches is expected"),
    ({"a.from": "odd"}, "unknown switch 'a.from'; known: a.form, a.count"),
    ({"a.form": "even"}, "a.form: one of plain, odd is expected, not 'even'"),
    ({"a.form": ["odd"]}, "a.form: one of plain, odd is expected"),
    ({"a.form": None}, "a.form: one of plain, odd is expected"),
    ({"a.count": 11}, "a.count: a whole number from 0 to 10 is expected, not 11"),
    ({"a.count": True}, "a.count: a whole number from 0 to 10"),
    ({"a.count": "3"}, "a.count: a whole number from 0 to 10"),
    ({"a.form": "odd", "a.count": -1}, "a.count: a whole number"),
]


@pytest.mark.parametrize(("posted", "message"), REFUSED)
def test_wrong_switches_are_refused_whole(posted: Any, message: str) -> None:
    """Unknown names and values out of range are errors, and then nothing was moved."""
    switches = _known()
    with pytest.raises(SwitchError) as caught:
        switches.move(posted)
    assert message in str(caught.value)
    assert switches.values() == {"a.form": "plain", "a.count": 3}


def test_switches_are_moved_and_shown_over_http(sim: RunningSimulator) -> None:
    """POST answers where all switches stand, GET shows the same, reset brings the defaults."""
    defaults = {name: switch.default for name, switch in SWITCHES.items()}
    assert call(sim.url, "GET", _SWITCHES).json() == defaults
    reply = call(sim.url, "POST", _SWITCHES, b'{"ark.model_echo": "undated"}')
    assert (reply.status, reply.json()) == (200, {**defaults, "ark.model_echo": "undated"})
    assert call(sim.url, "GET", _SWITCHES).json()["ark.model_echo"] == "undated"
    sim.reset()
    assert call(sim.url, "GET", _SWITCHES).json() == defaults


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"ark.model_echo": "maybe"}', b"\xff"])
def test_wrong_posts_are_a_400(sim: RunningSimulator, body: bytes) -> None:
    """What is not JSON, or not a known switch, is refused in words."""
    reply = call(sim.url, "POST", _SWITCHES, body)
    assert reply.status == 400
    assert isinstance(reply.json()["error"], str)
    with pytest.raises(ValueError, match="unknown switch"):
        sim.move_switches({"no.such": "x"})


def test_the_model_may_be_echoed_without_its_date(sim: RunningSimulator) -> None:
    """ark.model_echo: the plain answer drops the date, a stream never does."""
    sim.move_switches({"ark.model_echo": "undated"})
    assert generate(sim.url, model=V4_5, size="2K").json()["model"] == "doubao-seedream-4-5"
    assert b'"model":"doubao-seedream-4-0-250828"' in generate(sim.url, stream=True).body


def test_answers_may_carry_unknown_fields(sim: RunningSimulator) -> None:
    """ark.extra_fields: every object of an answer has one field more than documented."""
    plain = generate(sim.url).json()
    sim.move_switches({"ark.extra_fields": "yes"})
    answer = generate(sim.url).json()
    assert set(answer) - set(plain) == {"simulated_field"}
    assert set(answer["data"][0]) - set(plain["data"][0]) == {"simulated_field"}
    assert set(answer["usage"]) - set(plain["usage"]) == {"simulated_field"}


def test_images_per_minute_may_be_limited() -> None:
    """ark.images_per_minute: pictures count, per key and model; the 429 has no Retry-After."""
    clock = Clock()
    with RunningSimulator(latency_s=0, clock=clock) as simulator:
        simulator.move_switches({"ark.images_per_minute": 5})

        def status(**fields: Any) -> int:
            return generate(simulator.url, **fields).status

        assert status(**group(3)) == 200
        reply = generate(simulator.url, **group(3))
        assert (reply.status, reply.error["code"]) == (429, "ModelAccountIpmRateLimitExceeded")
        assert "retry-after" not in reply.headers
        assert [status(), status(), status()] == [200, 200, 429]
        assert (status(key="other"), status(model=LITE, size="2K")) == (200, 200)
        assert status(size="1x1") == 400
        clock.now += 60
        assert (status(model=V4_0, size=SMALL), len(simulator.ledger())) == (200, 6)
