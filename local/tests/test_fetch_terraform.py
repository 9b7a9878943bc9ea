"""A release of Terraform is used only when it is the one that was published."""

import hashlib
import io
import tempfile
import unittest
import zipfile
from pathlib import Path

from fetch_terraform import Unusable, archive_name, check, unpack


class FetchTerraform(unittest.TestCase):
    """What is fetched, and what is not used."""

    def setUp(self) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as zipped:
            zipped.writestr("terraform", "#!/bin/sh\n")
            zipped.writestr("LICENSE.txt", "")
        self.archive = packed.getvalue()

    def test_an_archive_with_the_published_sum_is_used_and_any_other_is_not(self) -> None:
        name = archive_name("1.11.4", "Linux", "x86_64")
        sums = f"{'0' * 64}  terraform_1.11.4_linux_arm64.zip\n{hashlib.sha256(self.archive).hexdigest()}  {name}\n"
        check(name, self.archive, sums)
        for archive, published in ((self.archive + b"x", sums), (self.archive, sums.replace(name, "another.zip"))):
            with self.assertRaisesRegex(Unusable, f"{name} does not have the SHA-256"):
                check(name, archive, published)

    def test_a_machine_for_which_there_is_none_is_named(self) -> None:
        self.assertEqual(archive_name("1.11.4", "Darwin", "arm64"), "terraform_1.11.4_darwin_arm64.zip")
        with self.assertRaisesRegex(Unusable, "s390x"):
            archive_name("1.11.4", "Linux", "s390x")

    def test_what_is_unpacked_can_be_run(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            unpack(self.archive, Path(folder))
            self.assertEqual([path.name for path in Path(folder).iterdir()], ["terraform"])
            self.assertTrue((Path(folder) / "terraform").stat().st_mode & 0o100)
