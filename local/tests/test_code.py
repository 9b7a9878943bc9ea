"""A function's code is a file of this machine, read once for all; processes that nobody needs end."""

import os
import tempfile
import unittest
import zipfile
from pathlib import Path
from unittest import mock

from stack import FILES, code


class Code(unittest.TestCase):
    """A zip by its path."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="starlift-")
        self.addCleanup(folder.cleanup)
        self.zip = Path(folder.name) / "function.zip"
        self.write("first")

    def write(self, content: str) -> None:
        with zipfile.ZipFile(self.zip, "w") as zipped:
            zipped.writestr("bootstrap", content)

    def test_one_copy_serves_every_function(self) -> None:
        self.assertIs(code.fetch_code(FILES, str(self.zip)), code.fetch_code(FILES, str(self.zip)))

    def test_a_file_that_is_written_again_is_read_again(self) -> None:
        before = code.fetch_code(FILES, str(self.zip))
        self.write("second, which is longer")
        self.assertNotEqual(code.fetch_code(FILES, str(self.zip)), before)

    def test_a_file_that_is_not_there_is_no_code(self) -> None:
        self.assertIsNone(code.fetch_code(FILES, str(self.zip.with_name("none.zip"))))

    def test_code_is_unpacked_once_and_again_when_its_folder_is_gone(self) -> None:
        read = code.fetch_code(FILES, str(self.zip))
        folder = Path(code.code_folder(read))
        self.assertEqual((folder / "bootstrap").read_text(), "first")
        with mock.patch.object(code, "_provided_runtime_code_dir", side_effect=AssertionError("unpacked twice")):
            self.assertEqual(code.code_folder(read), str(folder))
        os.remove(folder / "bootstrap")
        os.rmdir(folder)
        self.assertEqual((Path(code.code_folder(read)) / "bootstrap").read_text(), "first")


class Workers(unittest.TestCase):
    """Processes of functions."""

    def test_those_that_are_idle_end_and_those_that_work_go_on(self) -> None:
        idle = mock.Mock(in_use=False, last_used=0.0)
        busy = mock.Mock(in_use=True, last_used=0.0)
        workers = {"a": [idle], "b": [busy]}
        with (
            mock.patch.object(code.lambda_runtime, "_workers", workers),
            mock.patch.object(code.lambda_runtime, "kill_workers") as kill,
        ):
            self.assertEqual(code.end_idle_workers(1.0), 1)
        kill.assert_called_once_with([idle])
        self.assertEqual(workers, {"b": [busy]})
