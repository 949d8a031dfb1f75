"""The pages' scripts and style sheets: read once, served from memory, kept by browsers until they change."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

FOLDER: Final = Path(__file__).parent.parent / "static"

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

_FOR_EVER: Final = "public, max-age=31536000, immutable"


class Assets:
    """Every file that pages refer to.

    Attributes:
        version: Changes whenever any of them does. It is part of their addresses, so that a browser may keep them.
    """

    def __init__(self) -> None:
        self._files = {
            each.relative_to(FOLDER).as_posix(): each.read_bytes()
            for each in sorted(FOLDER.rglob("*"))
            if each.suffix in _TYPES
        }
        digest = hashlib.sha256()
        for name, content in self._files.items():
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)

        self.version = digest.hexdigest()[:12]

    def address_of(self, name: str) -> str:
        """Return where a page finds a file."""
        if name not in self._files:
            raise LookupError(f"there is no static file {name!r} in {FOLDER}")

        return f"/desk/static/{self.version}/{name}"

    def handler(self) -> HTTPRouteHandler:
        """Return the route that serves them; who asks need not be signed in."""
        files = self._files
        current = self.version

        @get("/static/{version:str}/{name:path}", sync_to_thread=False, include_in_schema=False)
        def serve(version: FromPath[str], name: FromPath[Path]) -> Response[bytes]:
            found = files.get(name.as_posix().lstrip("/"))
            if found is None:
                raise NotFoundException("there is no such file")

            # A page of an earlier version gets today's file, and must not keep it under yesterday's address.
            caching = _FOR_EVER if version == current else "no-store"
            return Response(
                found, media_type=_TYPES[name.suffix], headers={"Cache-Control": caching, "Vary": "Accept-Encoding"}
            )

        return serve


ASSETS: Final = Assets()
"""What was installed with this Cordboard."""
