"""The requests that the vendors' pages print are taken as they stand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seedwatch.simulator import RunningSimulator
from tests.simulator.calls import call, data_uri
from tests.simulator.openai_calls import BLUE

SAMPLES = Path(__file__).parents[1] / "data" / "request-samples.json"
MOUNTS = {"apimart": "/apimart", "ark": "/ark", "dmxapi": "/dmxapi"}


def _samples() -> Iterator[Any]:
    for sample in json.loads(SAMPLES.read_text(encoding="utf-8")):
        if sample["provider"] in MOUNTS:
            for authorization in sample["headers"]["Authorization"]:
                yield pytest.param(sample, authorization, id=f"{sample['name']}: {authorization}")


def _shape(told: Any) -> Any:
    """An answer without its texts."""
    if isinstance(told, dict):
        return {name: _shape(value) for name, value in told.items()}
    return [_shape(entry) for entry in told] if isinstance(told, list) else type(told)


@pytest.mark.parametrize(("sample", "authorization"), list(_samples()))
def test_printed_requests_are_taken(
    sim: RunningSimulator, sample: dict[str, Any], authorization: str
) -> None:
    """Each printed request makes its pictures, with every form of the key that is printed."""
    body = sample["body"]
    if str(body.get("image", "")).startswith("data:"):
        body = {**body, "image": data_uri(BLUE, "jpeg")}
    path = MOUNTS[sample["provider"]] + sample["path"]
    headers = {"Authorization": authorization, "Content-Type": "application/json"}
    reply = call(sim.url, sample["method"], path, json.dumps(body).encode(), headers)
    (row,) = sim.ledger()
    assert reply.status == 200, reply.body
    assert len(reply.members) == row["images_billed"]
    if "answer" in sample:
        assert _shape(reply.json()) == _shape(sample["answer"])
    assert (row["provider"], row["model"]) == (sample["provider"], body["model"])
