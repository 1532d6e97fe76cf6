"""Threads that need a decoder of one type at the same moment."""

from __future__ import annotations

import subprocess
import sys

MANY_AT_ONCE = """
import sys, threading
import msgspec
from bitbucket_source.decoders import decoder_of, page_decoder_of

sys.setswitchinterval(1e-6)
wrong = []

def nested(number):
    inner = msgspec.defstruct(f"Inner{number}", [("name", str | None, None)])
    outer = msgspec.defstruct(f"Outer{number}", [("inners", list[inner] | None, None)])
    others = ((f"other{index}", int | None, None) for index in range(50))
    return msgspec.defstruct(f"Row{number}", [("outer", outer | None, None), *others])

def decode(kind, together):
    together.wait()
    row = b'{"outer": {"inners": [{"name": "x"}]}}'
    rows = page_decoder_of(kind).decode(b'{"values": [' + row + b']}').values
    for each in (*rows, decoder_of(kind).decode(row)):
        if each.outer.inners[0].name != "x":
            wrong.append(each)

for number in range(60):
    kind, together = nested(number), threading.Barrier(8)
    threads = [threading.Thread(target=decode, args=(kind, together)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print(len(wrong))
"""


def test_many_threads_make_the_decoder_of_one_type_at_once() -> None:
    # in a process of its own: without care it does not fail but crash
    done = subprocess.run([sys.executable, "-c", MANY_AT_ONCE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "0"), done.stderr
