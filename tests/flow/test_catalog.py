"""A catalog of one's own at work: further providers and prices by configuration only."""

from __future__ import annotations

import json
from typing import Any

import pytest
from PIL import Image

from tests.cli.desk import call
from tests.flow.conftest import Studio
from tests.flow.workspace import MODEL, Workspace


def _with_catalog(workspace: Workspace, catalog: dict[str, Any], **account: Any) -> None:
    """Write the catalog, and what the account is to be instead."""
    config = json.loads(workspace.config.read_text())
    config["catalog"] = catalog
    config["accounts"]["sim"].update(account)
    workspace.config.write_text(json.dumps(config))


def test_a_provider_by_configuration_only(studio: Studio) -> None:
    """A name of one's own that speaks like OpenAI: from a dropped picture to the result.

    No code knows the name; the service is asked in OpenAI's words, at the address of the catalog.
    """
    workspace = studio(rule={"model": "gpt-image-1.5", "size": "1024x1024"})
    relay = {
        "like": "openai",
        "base_url": f"{workspace.simulator.url}/openai/v1",
        "models": [{"id": "gpt-image-1.5", "price": {"picture": 0.5, "currency": "CNY"}}],
    }
    config = json.loads(workspace.config.read_text())
    del config["accounts"]["sim"]["base_url"]
    workspace.config.write_text(json.dumps(config))
    _with_catalog(workspace, {"myrelay": relay}, provider="myrelay")
    workspace.drop("rocket.jpg")

    assert workspace.run() == 0

    (row,) = workspace.simulator.ledger()
    assert (row["provider"], row["model"]) == ("openai", "gpt-image-1.5")
    (result,) = workspace.results()
    with Image.open(result) as picture:
        picture.load()
    told = workspace.sidecar(result)
    assert (told["provider"], told["cost"], told["currency"]) == ("myrelay", "0.50", "CNY")
    assert (told["cost_basis"], told["cost_is_estimate"]) == ("config.yaml", True)
    (task,) = json.loads(call("-c", workspace.config, "tasks", "--json").stdout)
    assert (task["provider"], task["cost"], task["cost_basis"]) == ("myrelay", "0.50", "estimate")


def test_a_budget_in_the_currency_of_ones_contract(studio: Studio) -> None:
    """The contract's own price makes a budget in CNY work: what is over it is held."""
    workspace = studio(account={"budget": {"day": 0.5, "currency": "CNY"}})
    price = {"picture": 0.25, "currency": "CNY"}
    _with_catalog(workspace, {"ark": {"models": [{"id": MODEL, "price": price}]}})
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        workspace.drop("rocket.jpg", name)

    assert workspace.run() == 3

    assert len(workspace.simulator.ledger()) == 2
    assert workspace.states() == {"done": 2, "held": 1}


def test_a_price_that_becomes_known_frees_what_was_held(studio: Studio) -> None:
    """held: price-unknown goes on after a restart with the price in the catalog."""
    workspace = studio(account={"budget": {"day": 0.5, "currency": "CNY"}})
    workspace.drop("rocket.jpg")
    assert workspace.run() == 3
    assert workspace.rows("SELECT reason FROM tasks") == [("price-unknown",)]
    price = {"picture": 0.25, "currency": "CNY"}
    _with_catalog(workspace, {"ark": {"models": [{"id": MODEL, "price": price}]}})

    assert workspace.run() == 0

    assert workspace.states() == {"done": 1}


def test_an_endpoint_is_sent_by_its_own_name(studio: Studio) -> None:
    """An endpoint that is like a model is checked and priced like it, and asked for by its id."""
    endpoint = "ep-20260101120000-abcde"
    workspace = studio(rule={"model": endpoint})
    _with_catalog(workspace, {"ark": {"models": [{"id": endpoint, "like": MODEL}]}})
    workspace.drop("rocket.jpg")
    request = json.loads(
        call("-c", workspace.config, "explain", workspace.inbox / "rocket.jpg", "--json").stdout
    )
    assert request["request"]["body"]["model"] == endpoint
    assert (request["tasks"][0]["cost_at_most"], request["warnings"]) == ("0.04", [])


def test_check_knows_a_provider_of_ones_own(studio: Studio) -> None:
    """`check` looks at such an account as at any other, and finds nothing wrong."""
    workspace = studio(rule={"model": "gpt-image-1.5", "size": "1024x1024"})
    url = f"{workspace.simulator.url}/openai/v1"
    relay = {"like": "openai", "base_url": url}
    _with_catalog(workspace, {"myrelay": relay}, provider="myrelay", base_url=url)
    checked = json.loads(call("-c", workspace.config, "check", "--json").stdout)
    (account,) = checked["accounts"]
    assert (account["provider"], account["is_built"]) == ("myrelay", True)
    assert checked["problems"] == []


@pytest.mark.parametrize("currency", ["USD", None])
def test_what_apimart_charged(studio: Studio, currency: str | None) -> None:
    """Its amount is the cost once the operator says in which currency it charges; else null."""
    model = "doubao-seedance-4-5"
    workspace = studio(rule={"model": model, "size": "16:9", "resolution": "2K"})
    url = f"{workspace.simulator.url}/apimart/v1"
    provider = {"charges_in": currency} if currency else {}
    _with_catalog(workspace, {"apimart": provider}, provider="apimart", base_url=url)
    config = json.loads(workspace.config.read_text())
    config["accounts"]["sim"]["poll"] = {"first": "100ms", "every": "100ms"}
    workspace.config.write_text(json.dumps(config))
    workspace.drop("rocket.jpg")

    assert workspace.run() == 0

    (result,) = workspace.results()
    told = workspace.sidecar(result)
    cost = ("0.035", "USD", "charged", False) if currency else (None, None, None, None)
    names = ("cost", "currency", "cost_basis", "cost_is_estimate")
    assert tuple(told[name] for name in names) == cost
    (task,) = json.loads(call("-c", workspace.config, "tasks", "--json").stdout)
    assert (task["cost"], task["cost_basis"]) == (cost[0], cost[2])
