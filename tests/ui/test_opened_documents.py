"""Copies for other programs are the user's alone, read only, and gone at the end, at a lock and after a kill (UPL-04)."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

from request_desk.domain.attachments import DocumentFile, MediaType
from request_desk.ui.running.opened_documents import OpenedDocuments

FOUND = DocumentFile("letter.pdf", MediaType.PDF, b"%PDF-")
_KILLED = """
import sys
from pathlib import Path
from request_desk.domain.attachments import DocumentFile, MediaType
from request_desk.ui.running.opened_documents import OpenedDocuments

opened = OpenedDocuments(Path(sys.argv[1]))
print(opened.copy(DocumentFile("letter.pdf", MediaType.PDF, b"x")), flush=True)
sys.stdin.read()
"""


def test_two_documents_of_one_name_do_not_meet_and_both_go(tmp_path: Path) -> None:
    opened = OpenedDocuments(tmp_path / "opened")
    one, other = opened.copy(FOUND), opened.copy(FOUND)
    assert one != other
    for path in (one, other):
        assert stat.S_IMODE(path.stat().st_mode) == 0o400
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    opened.clear()
    assert list((tmp_path / "opened").iterdir()) == []
    assert opened.copy(FOUND).read_bytes() == b"%PDF-"  # and it can go on
    opened.clear()


def test_what_a_killed_window_left_is_removed_and_what_another_one_shows_is_not(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ
    ) as process:
        assert process.stdout is not None
        path = Path(process.stdout.readline().decode().strip())
        mine = OpenedDocuments(tmp_path)
        mine.clear()
        assert path.exists()
        process.send_signal(signal.SIGKILL)
        process.wait()
    mine.clear()
    assert not path.exists()
    assert list(tmp_path.iterdir()) == []
