import os
import signal
import subprocess
import sys
import time

from cbsn_pipeline.processes import is_alive


def test_this_process_and_its_parent_are_alive():
    assert is_alive(os.getpid())
    assert is_alive(os.getppid())


def test_a_process_that_ended_is_not():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()

    assert not is_alive(ended.pid)


def test_a_process_of_somebody_else_is_alive(monkeypatch):
    def refuse(pid, number):
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)

    assert is_alive(1)


PARENT = """
import os, subprocess, sys, time
code = "from cbsn_pipeline.processes import end_with_parent; import sys, time;"
code += "end_with_parent(int(sys.argv[1]));"
code += "print('watching', flush=True); time.sleep(60)"
command = [sys.executable, "-c", code, str(os.getpid())]
child = subprocess.Popen(command, stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""


def test_a_process_ends_with_the_one_that_started_it():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE)
    with parent.stdout:
        child = int(parent.stdout.readline())
    assert is_alive(child)

    parent.send_signal(signal.SIGKILL)
    parent.wait()

    deadline = time.monotonic() + 20
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_alive(child)


def test_a_process_whose_parent_went_before_it_could_look_ends_too():
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    code = "from cbsn_pipeline.processes import end_with_parent; import sys, time;"
    code += "end_with_parent(int(sys.argv[1])); time.sleep(60)"

    done = subprocess.run(
        [sys.executable, "-c", code, str(gone.pid)], check=False, timeout=30
    )

    assert done.returncode == 1
