"""Standard output and error that stay usable when nobody reads them: `make predict … | head -1`, `make train >&-`."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress


class Stream(io.FileIO):
    """The descriptor 1 or 2. After the first failed write, what is written is dropped: the work goes on."""

    lost = False
    """Whether something other than the reader's leaving has failed, such as a full disk."""

    def write(self, data, /):
        try:
            return super().write(data)
        except OSError as error:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self.fileno())  # for programs that are started from now on, too
            os.close(null)
            if error.errno != errno.EPIPE:
                self.lost = True
                print(f"error: what is printed cannot be written ({error.strerror}); the work goes on", file=sys.stderr)
            return len(data)


def outlive_readers() -> None:
    """Make `sys.stdout` and `sys.stderr` survive a closed pipe or descriptor; those that a caller replaced stay."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:  # a closed one would be given to the next file
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        if stream is getattr(sys, f"__{name}__"):
            if stream:
                with suppress(OSError):
                    stream.flush()
            raw = io.BufferedWriter(Stream(number, "wb", closefd=False))
            # A terminal may not know the characters of a name.
            fresh = io.TextIOWrapper(raw, getattr(stream, "encoding", "utf-8"), "backslashreplace", line_buffering=True)
            setattr(sys, name, fresh)


def is_lost() -> bool:
    """Whether what was printed could not be written, though somebody would have read it."""
    return any(
        getattr(getattr(getattr(stream, "buffer", None), "raw", None), "lost", False)
        for stream in (sys.stdout, sys.stderr)
    )
