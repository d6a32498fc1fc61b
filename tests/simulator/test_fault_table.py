"""The fault table: which generations a fault acts on, and which faults are refused."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from seedwatch.simulator import RunningSimulator
from seedwatch.simulator.fault_syntax import ARGS, FaultSyntaxError, parse_faults
from seedwatch.simulator.faults import Call, FaultTable
from tests.simulator.calls import call, generate


def _acting(posted: list[dict[str, Any]], prompts: str) -> str:
    """The letters of `prompts`, one call each, on which the first fault acts."""
    table = FaultTable(random.Random(1))
    table.add(parse_faults(posted))
    calls = [Call("ark", "/ark/api/v3/images/generations", letter) for letter in prompts]
    return "".join(call.prompt for call in calls if table.fire(call).fired)


@pytest.mark.parametrize(
    ("when", "times", "acts_on"),
    [
        ({}, None, "abacad"),
        ({}, 2, "ab"),
        ({"prompt_contains": "a"}, None, "aaa"),
        ({"prompt_contains": "a"}, 1, "a"),
        ({"nth": 2}, None, "b"),
        ({"nth": 2, "prompt_contains": "a"}, None, "a"),
        ({"every": 2}, None, "bcd"),
        ({"every": 2, "nth": 3}, None, "d"),
        ({"every": 2}, 1, "b"),
        ({"provider": "ark"}, None, "abacad"),
        ({"provider": "openai"}, None, ""),
        ({"path": "/images/"}, None, "abacad"),
        ({"path": "/dmxapi/"}, None, ""),
        ({"probability": 0}, None, ""),
        ({"probability": 1}, None, "abacad"),
    ],
)
def test_conditions_choose_the_calls(when: dict[str, Any], times: int | None, acts_on: str) -> None:
    """All conditions must hold; nth and every count only calls that match the other conditions."""
    fault = {"when": when, "do": "stall"} | ({} if times is None else {"times": times})
    assert _acting([fault], "abacad") == acts_on


def test_nth_counts_the_survivors_of_chance() -> None:
    """Nth applies after probability: of 1,000 calls at a half, exactly one acts."""
    when = {"probability": 0.5, "nth": 10}
    assert len(_acting([{"when": when, "do": "stall"}], "x" * 1000)) == 1
    half = _acting([{"when": {"probability": 0.5}, "do": "stall"}], "x" * 1000)
    assert 400 < len(half) < 600


def test_counting_starts_when_the_fault_is_posted(sim: RunningSimulator) -> None:
    """Calls before the post do not count for nth, refused calls never do."""
    generate(sim.url)
    sim.post_faults([{"when": {"nth": 2}, "do": "status", "args": {"code": 503}}])
    statuses = [generate(sim.url, size=size).status for size in ("1K", "1x1", "1K", "1K")]
    assert statuses == [200, 400, 503, 200]


def test_faults_of_different_steps_act_together(sim: RunningSimulator) -> None:
    """Of two refusals the one posted first decides; a fault of another step acts as well."""
    sim.post_faults(
        [
            {"do": "status", "args": {"code": 429}, "times": 1},
            {"do": "html_200", "times": 2},
            {"do": "wrong_size", "args": {"size": "50x40"}},
        ]
    )
    assert [generate(sim.url).status for _ in range(3)] == [429, 200, 200]


REFUSED: list[tuple[Any, str]] = [
    ({}, "a JSON list"),
    ([7], "faults[0]: an object"),
    ([{"when": {}}], "faults[0].do: None is not one of status"),
    ([{"do": "explode"}], "'explode' is not one of"),
    ([{"do": ["status"]}], "is not one of"),
    ([{"do": "stall"}, {"do": "stall", "wen": {}}], "faults[1]: unknown key 'wen'"),
    ([{"do": "stall", "when": {"nht": 1}}], "faults[0].when: unknown key 'nht'"),
    ([{"do": "stall", "when": []}], "faults[0].when: an object"),
    ([{"do": "stall", "when": {"nth": 0}}], "faults[0].when.nth: a whole number from 1"),
    ([{"do": "stall", "when": {"nth": True}}], "a whole number from 1"),
    ([{"do": "stall", "when": {"every": 1.5}}], "a whole number from 1"),
    ([{"do": "stall", "when": {"probability": 2}}], "a number from 0 to 1"),
    ([{"do": "stall", "when": {"provider": "acme"}}], "one of ark, dmxapi, apimart"),
    ([{"do": "stall", "when": {"path": 1}}], "a text"),
    ([{"do": "stall", "times": 0}], "faults[0].times: a whole number from 1"),
    ([{"do": "status", "args": {"cod": 500}}], "faults[0].args: unknown key 'cod'"),
    ([{"do": "status", "args": {"code": 99}}], "an HTTP status"),
    ([{"do": "status", "args": {"headers": {"A": "x\r\nB: y"}}}], "an object of header names"),
    ([{"do": "status", "args": {"headers": {"Content-Length": "1"}}}], "an object of header names"),
    ([{"do": "redirect"}], "redirect needs 'to'"),
    ([{"do": "delay", "args": {"seconds": -1}}], "a number of seconds"),
    ([{"do": "wrong_size", "args": {"size": "2K"}}], "WIDTHxHEIGHT"),
    ([{"do": "stall", "args": {"billed": "no"}}], "true or false"),
]


@pytest.mark.parametrize(("posted", "words"), REFUSED)
def test_wrong_faults_are_refused(sim: RunningSimulator, posted: Any, words: str) -> None:
    """A fault with anything unknown in it is a 400 that says where; none of the list is added."""
    reply = call(sim.url, "POST", "/_control/faults", json.dumps(posted).encode())
    assert reply.status == 400
    assert words in reply.json()["error"]
    assert generate(sim.url).status == 200


def test_faults_that_are_not_json_are_refused(sim: RunningSimulator) -> None:
    """A broken body is a 400, too."""
    assert call(sim.url, "POST", "/_control/faults", b"[{").status == 400


@pytest.mark.parametrize("name", sorted(ARGS))
def test_every_name_of_the_contract_is_accepted(name: str) -> None:
    """Each fault of contract.md 5 can be posted, those of asynchronous tasks included."""
    args = {"to": "http://127.0.0.1/"} if name == "redirect" else {}
    (fault,) = parse_faults([{"when": {}, "do": name, "args": args}])
    assert fault.name == name


def test_the_names_are_those_of_the_contract() -> None:
    """No name of contract.md 5 is missing and none was invented."""
    names = """status reset_before_billing reset_after_billing delay stall truncate html_200
        malformed_json empty_data partial_group moderated stream_cut bad_base64 url_expired
        url_403 redirect not_an_image wrong_size oversized task_stuck task_lost task_failed"""
    assert set(ARGS) == set(names.split())


def test_a_refused_list_raises_in_the_client(sim: RunningSimulator) -> None:
    """RunningSimulator.post_faults passes the refusal on as an error."""
    with pytest.raises(ValueError, match="explode"):
        sim.post_faults([{"do": "explode"}])
    with pytest.raises(FaultSyntaxError):
        parse_faults(None)
