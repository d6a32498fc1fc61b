"""Assembles the simulator: one application per provider, shared result files and controls."""

from __future__ import annotations

import json
import logging
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from seedwatch.simulator.apimart import Apimart
from seedwatch.simulator.ark import Ark
from seedwatch.simulator.control import Control
from seedwatch.simulator.dmxapi_images import DmxImages
from seedwatch.simulator.openai_images import OpenAiImages
from seedwatch.simulator.result_files import ResultFiles
from seedwatch.simulator.wire import ClientGoneError, guarded
from seedwatch.simulator.world import World

log: Final = logging.getLogger(__name__)


def build_app(world: World) -> ASGIApp:
    """The whole simulator over one world, as an ASGI application for a BreakableConnection."""
    control = Control(world)
    app = Starlette(
        routes=[
            Mount("/ark/api/v3", app=Ark(world)),
            Mount("/apimart/v1", app=Apimart(world)),
            Mount("/dmxapi/v1", app=DmxImages(world)),
            Mount("/openai/v1", app=OpenAiImages(world)),
            Mount("/files", app=ResultFiles(world)),
            Mount("/_control", app=control),
            Route("/healthz", endpoint=control),
        ],
        exception_handlers={
            HTTPException: _unknown_path,
            ClientGoneError: _nobody_there,
            Exception: _own_fault,
        },
    )
    app.router.redirect_slashes = False
    return guarded(app)


def _unknown_path(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    return _plain_error(status, f"nothing is mounted at {request.url.path}")


def _nobody_there(_: Request, __: Exception) -> Response:
    return Response(status_code=400)


def _own_fault(request: Request, error: Exception) -> Response:
    # The client gets no traceback; whoever runs the simulator does.
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return _plain_error(500, "the simulator failed; its log says why")


def _plain_error(status: int, message: str) -> Response:
    body = json.dumps({"error": {"code": "SimulatorError", "message": message}})
    return Response(body, status, media_type="application/json")
