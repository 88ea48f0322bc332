"""Other processes of this machine."""

import os


def is_alive(pid: int) -> bool:
    """Whether a process of this number exists on this machine, whoever's it is."""
    try:
        os.kill(pid, 0)  # signal 0 asks and does nothing
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
