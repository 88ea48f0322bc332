import signal
import subprocess
import sys
import textwrap

import pytest

from cbsn_pipeline.hooks.last_words import LastWords

PROLOGUE = """
    import os, signal, sys, time
    from cbsn_pipeline.hooks.last_words import LastWords
    words = LastWords(print, "last words")
"""


def run(code, number=None):
    """Run code, send it a signal when it says 'ready'; its status and output."""
    command = [sys.executable, "-c", textwrap.dedent(PROLOGUE) + textwrap.dedent(code)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        output = process.stdout.readline()
        if number is not None:
            assert output == "ready\n"
            process.send_signal(number)
        output += process.stdout.read()
    return process.returncode, output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_with_last_words_and_its_own_status(number):
    code = """
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        words.prepare()
        print("ready", flush=True)
        time.sleep(30)
    """

    assert run(code, number) == (128 + number, "ready\nlast words\n")


def test_an_exception_ends_with_last_words():
    assert run("words.prepare(); sys.exit(3)") == (3, "last words\n")


def test_forgotten_words_are_not_said_and_signals_are_as_before():
    words = LastWords(pytest.fail, "said")
    before = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGHUP)}

    words.prepare()
    words.forget()

    assert {n: signal.getsignal(n) for n in before} == before


def test_a_signal_that_somebody_handles_is_left_to_them():
    def theirs(number, frame):
        pass

    before = signal.signal(signal.SIGTERM, theirs)
    words = LastWords(pytest.fail, "said")
    try:
        words.prepare()
        assert signal.getsignal(signal.SIGTERM) is theirs
        words.forget()
        assert signal.getsignal(signal.SIGTERM) is theirs
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_forked_worker_says_nothing_and_dies_of_its_signal():
    code = """
        words.prepare()
        child = os.fork()
        if child == 0:
            time.sleep(30)
        time.sleep(0.2)
        os.kill(child, signal.SIGTERM)
        print(os.WTERMSIG(os.waitpid(child, 0)[1]), flush=True)
        words.forget()
    """

    assert run(code) == (0, f"{int(signal.SIGTERM)}\n")


def test_in_another_thread_only_the_end_of_the_process_is_watched():
    code = """
        import threading
        thread = threading.Thread(target=words.prepare)
        thread.start(); thread.join()
        print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, flush=True)
    """

    assert run(code) == (0, "True\nlast words\n")
