"""Pages and parts of pages, made from templates."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import jinja2
from litestar import MediaType, Response

from cordboard.daemon.attachments import picture_path
from cordboard.daemon.desk.assets import ASSETS
from cordboard.daemon.desk.wording import (
    CLOSE_REASONS,
    PRESENCE_NOTICES,
    how_opted_out,
    in_short,
    length_of_time,
    phone_number,
    stoppage,
)
from cordboard.daemon.presences import PRESENCES

_FOLDERS: Final = tuple(Path(__file__).parent.parent / each / "templates" for each in ("desk", "phone"))

_NEVER_KEPT: Final = {"Cache-Control": "no-store", "Vary": "HX-Request, Cookie"}


def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDERS),
        autoescape=True,
        auto_reload=False,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["phone_number"] = phone_number
    environment.filters["length_of_time"] = length_of_time
    environment.filters["in_short"] = in_short
    environment.filters["picture_path"] = picture_path
    environment.globals["asset"] = ASSETS.address_of
    environment.globals["version"] = ASSETS.version
    environment.globals["new_key"] = lambda: secrets.token_hex(16)
    environment.globals["presences"] = PRESENCES
    environment.globals["presence_notices"] = PRESENCE_NOTICES
    environment.globals["close_reasons"] = CLOSE_REASONS
    environment.globals["how_opted_out"] = how_opted_out
    environment.globals["stoppage"] = stoppage
    return environment


_TEMPLATES: Final = _templates()


def page(name: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **context: Any) -> Response[str]:
    """Return a page, or a part of one.

    Args:
        name: The template.
        status: The HTTP status.
        headers: More headers.
        context: What the template speaks of.
    """
    return Response(
        _TEMPLATES.get_template(name).render(context),
        media_type=MediaType.HTML,
        status_code=status,
        headers={**_NEVER_KEPT, **(headers or {})},
    )


def nothing() -> Response[None]:
    """Return an answer without content: what has changed, the page hears over its stream."""
    return Response(None, status_code=204, headers=_NEVER_KEPT)
