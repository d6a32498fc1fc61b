"""An HTTP client for the vendors' libraries that keeps requests instead of sending them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass
class Recorded:
    """The requests a client made; each got `answer`."""

    answer: dict[str, Any] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)

    def client(self) -> httpx.Client:
        """A client to hand to the vendor's library."""
        return httpx.Client(transport=httpx.MockTransport(self._keep))

    def _keep(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        return httpx.Response(200, json=self.answer)

    @property
    def fields(self) -> dict[str, Any]:
        """The JSON body of the only request; null is absent (protocols.md 2.2)."""
        fields: dict[str, Any] = _present(json.loads(self.request.content))
        return fields

    @property
    def request(self) -> httpx.Request:
        """The only request."""
        (request,) = self.requests
        return request


def _present(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _present(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_present(inner) for inner in value]
    return value
