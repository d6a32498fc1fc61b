"""References by URL: sent as they are, where the provider fetches them itself."""

from __future__ import annotations

import hashlib

import pytest

from tests.flow.conftest import Studio
from tests.flow.workspace import MODEL, Workspace

BRAND = "https://pictures.example.com/brand%20new.png?v=2&w=1"
AT = {
    "ark": ("/ark/api/v3", MODEL, "2K"),
    "dmxapi": ("/dmxapi/v1", MODEL, "2K"),
    "apimart": ("/apimart/v1", "doubao-seedance-4-5", "1:1"),
}


def _workspace(studio: Studio, provider: str) -> Workspace:
    mount, model, size = AT[provider]
    rule = {"model": model, "size": size, "references": [BRAND]}
    account = {"provider": provider, "poll": {"first": "100ms", "every": "100ms"}}
    workspace = studio(rule=rule, account=account)
    workspace.account["base_url"] = workspace.simulator.url + mount
    workspace.configure()
    return workspace


@pytest.mark.parametrize("provider", AT)
def test_a_url_goes_before_the_dropped_picture(studio: Studio, provider: str) -> None:
    """The service gets the very URL first, then the picture; the sidecar names it without query."""
    workspace = _workspace(studio, provider)
    photo = workspace.drop("rocket.jpg")
    digest = hashlib.sha256(photo.read_bytes()).hexdigest()

    assert workspace.run() == 0

    (row,) = workspace.simulator.ledger()
    assert row["refs"] == [hashlib.sha256(BRAND.encode()).hexdigest(), digest]
    (result,) = workspace.results()
    names = [reference["name"] for reference in workspace.sidecar(result)["references"]]
    assert names == ["brand%20new.png", "rocket.jpg"]


def test_a_service_that_takes_files_only_refuses_a_url(studio: Studio) -> None:
    """OpenAI's edits send files: the folder stops, the URL's place is named, nothing is sent."""
    workspace = studio(account={"provider": "openai"})
    workspace.rule |= {"model": "gpt-image-1.5", "size": "auto", "references": [BRAND]}
    workspace.configure()
    workspace.drop("rocket.jpg")
    workspace.run()
    assert workspace.simulator.ledger() == []
    ((state, message),) = workspace.rows("SELECT state, message FROM folders")
    assert state == "rule-error"
    assert "references[0]: gpt-image-1.5 takes files only" in message
