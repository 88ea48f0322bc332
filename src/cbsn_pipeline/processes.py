"""Other processes of this machine."""

import os
import threading
import time

WATCH_SECONDS = 1.0


def end_with_parent(parent: int) -> None:
    """End this process when the one that started it is gone, kill -9 included.

    Args:
        parent: Its number. Asked of the system, it would be that of another process
            where the parent went while we were still importing.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def is_alive(pid: int) -> bool:
    """Whether a process of this number exists on this machine, whoever's it is."""
    try:
        os.kill(pid, 0)  # signal 0 asks and does nothing
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
