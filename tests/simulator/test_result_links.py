"""Result links expire after a day and are signed as a whole."""

from __future__ import annotations

from seedwatch.simulator import RunningSimulator
from tests.simulator.calls import call, download, generate
from tests.simulator.clock import Clock


def test_links_expire_after_a_day() -> None:
    """A link works for 24 h and is a 403 afterwards; the answer and the ledger use the clock."""
    clock = Clock()
    with RunningSimulator(latency_s=0, clock=clock) as simulator:
        answer = generate(simulator.url).json()
        link = answer["data"][0]["url"]
        assert answer["created"] == 1_800_000_000
        assert "X-Tos-Date=20270115T080000Z" in link
        assert simulator.ledger()[0]["at"] == "2027-01-15T08:00:00.500Z"
        clock.now += 86_399
        assert download(link).status == 200
        clock.now += 2
        assert (download(link).status, download(link).json()["Code"]) == (403, "AccessDenied")
        fresh = generate(simulator.url).members[0]["url"]
        assert (download(link).status, download(fresh).status) == (403, 200)


def test_a_changed_link_is_refused(sim: RunningSimulator) -> None:
    """The signature covers path and query as text: a re-encoded or edited link is a 403."""
    link = generate(sim.url).members[0]["url"]
    for changed in (
        link.replace("%2F", "/"),
        link.replace("Expires=86400", "Expires=99999"),
        link.replace("_0.jpeg", "_1.jpeg"),
        link.partition("?")[0],
        f"{link}&x=1",
    ):
        reply = download(changed)
        assert (reply.status, reply.json()["Code"]) == (403, "SignatureDoesNotMatch")
    assert download(link).status == 200


def test_links_of_an_earlier_run_are_unknown(sim: RunningSimulator) -> None:
    """A well-signed link of a simulator that ended is a 404."""
    with RunningSimulator(latency_s=0) as earlier:
        link = generate(earlier.url).members[0]["url"].replace(earlier.url, sim.url)
    assert (download(link).status, download(link).json()["Code"]) == (404, "NoSuchKey")


def test_results_are_read_only(sim: RunningSimulator) -> None:
    """HEAD tells the length without a body; anything but GET and HEAD is refused."""
    link = generate(sim.url).members[0]["url"]
    path = link.removeprefix(sim.url)
    head, whole = call(sim.url, "HEAD", path), download(link)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.body))
    assert call(sim.url, "DELETE", path).status == 405
