"""One holder for each board: a lock that dies with its process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from urllib.parse import quote

from cordboard.engine.errors import BoardInUse, StoreUnavailable


class Hold:
    """Holds one board of one database.

    It is a lock on a file beside the database, `<database>.<board>.lock`. The system lets go of it when the process
    ends, however it ends. The file stays: whoever removed it could remove one that somebody has just locked.

    Args:
        path: The database.
        board: The board's name.

    Raises:
        BoardInUse: Another process, or another store of this one, holds it.
        StoreUnavailable: The database has a second name, by which somebody could open it unnoticed.
        OSError: The file cannot be made.
    """

    def __init__(self, path: Path, board: str) -> None:
        real = os.path.realpath(path)  # by whatever links the database is called, it is one database
        if Path(real).stat().st_nlink > 1:
            raise StoreUnavailable(
                f"{path}: this database has another name as well (a hard link): nobody could tell that it is in use; "
                "remove that name, or use a copy"
            )

        self._file = os.open(f"{real}.{quote(board, safe='')}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(self._file, 0)
            os.write(self._file, f"{os.getpid()}\n".encode())
        except BlockingIOError as error:
            holder = os.read(self._file, 20).decode().strip() or "unknown"
            os.close(self._file)
            raise BoardInUse(
                f"{path}: board {board!r} is held by process {holder}: stop that one first, or name another board"
            ) from error
        except OSError:
            os.close(self._file)
            raise

    def release(self) -> None:
        """Let go of the board."""
        os.close(self._file)
