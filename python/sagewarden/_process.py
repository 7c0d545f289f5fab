"""A process of the command that answers line by line."""

from __future__ import annotations

import collections
import json
import os
import queue
import re
import subprocess
import threading
from typing import Any, Deque, Dict, List, Optional

from ._binary import NoBinary

#: An answer takes a few milliseconds: after this many seconds the process is stuck.
SECONDS = 20.0
#: A pipe takes this many bytes at once, on every system.
AT_ONCE = 16_384
#: Lines of the process's messages that are kept.
MESSAGES = 20


class JudgeError(RuntimeError):
    """A request could not be judged."""


class Ended(JudgeError):
    """The process ended before it answered."""


class LineProcess:
    """A process that was started. It belongs to the process that started it: after a fork, the child starts one of its own."""

    def __init__(self, arguments: List[str], folder: Optional[str]):
        try:
            self._process = subprocess.Popen(
                arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                cwd=folder if folder and os.path.isdir(folder) else None,
            )
        except OSError as error:
            raise NoBinary(f"`{arguments[0]}` cannot be run on this machine: {error}") from error
        self._program = arguments[0]
        self._owner = os.getpid()
        self._answers: "queue.Queue[Optional[str]]" = queue.Queue()
        self._messages: Deque[str] = collections.deque(maxlen=MESSAGES)
        self._reader = _thread(self._read)
        self._listener = _thread(self._listen)
        #: The first line, which says how the process judges.
        try:
            self.head = self._answer()
            if "bundle" not in self.head:
                raise JudgeError(f"`{self._program}` is not the command of this package")
        except BaseException:
            self.close()
            raise

    def is_alive(self) -> bool:
        """Whether it runs and belongs to this process."""
        return self._owner == os.getpid() and self._process.poll() is None

    def ask(self, line: str) -> Dict[str, Any]:
        """The answer to a line. If anything interrupts the question, the process ends: its answer would be taken for that of the next one."""
        try:
            self._write(line + "\n")
            return self._answer()
        except BaseException:
            self.close()
            raise

    def _write(self, text: str) -> None:
        # JSON is written in ASCII here: a byte for each letter.
        if len(text) <= AT_ONCE:
            self._send(text)
            return
        # A process that is stuck does not read, and a long line would be written for ever.
        failed: List[Exception] = []
        writer = _thread(lambda: self._try_to_send(text, failed))
        writer.join(SECONDS)
        if writer.is_alive():
            raise JudgeError(f"the question was not read within {SECONDS:.0f} seconds")
        if failed:
            raise failed[0]

    def _try_to_send(self, text: str, failed: List[Exception]) -> None:
        try:
            self._send(text)
        except (OSError, ValueError, JudgeError) as error:
            failed.append(error)

    def _send(self, text: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(text)
            self._process.stdin.flush()
        except (OSError, ValueError) as error:
            raise Ended(f"the process that judges has ended{self._said()}") from error

    def _answer(self) -> Dict[str, Any]:
        try:
            answer = self._answers.get(timeout=SECONDS)
        except queue.Empty:
            raise JudgeError(f"no verdict came within {SECONDS:.0f} seconds") from None
        if answer is None:
            raise Ended(f"the process that judges has ended{self._said()}")
        try:
            found = json.loads(answer)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise JudgeError(f"`{self._program}` does not answer as this package's command does: {answer[:80].strip()!r}")
        return found

    def _said(self) -> str:
        """What the process said before it ended."""
        self._listener.join(1.0)
        said = re.sub("^error: ", "", "".join(self._messages).strip())
        return f": {said}" if said else ""

    def close(self) -> None:
        """Ends the process, if it is this process's own."""
        if self._owner != os.getpid():
            return
        # It only reads and answers: nothing is lost. The pipes are closed by the threads that use them, once the process has ended.
        self._process.kill()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return
        if self._process.stdin is not None:
            try:
                self._process.stdin.close()
            except (OSError, ValueError):
                pass

    def _read(self) -> None:
        assert self._process.stdout is not None
        try:
            with self._process.stdout as lines:
                for line in lines:
                    self._answers.put(line)
        except (OSError, ValueError):
            pass
        self._answers.put(None)

    def _listen(self) -> None:
        assert self._process.stderr is not None
        try:
            with self._process.stderr as lines:
                self._messages.extend(lines)
        except (OSError, ValueError):
            pass


def _thread(work: Any) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread
