"""Provisioning twice changes nothing; a change touches only what it concerns; nothing but loopback is touched."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from provisioning.document import InvalidDocument, parse
from tests.harness import LOCAL, StackTest


class Provision(StackTest):
    """The whole stack, over and over."""

    def test_the_first_call_creates_everything(self) -> None:
        self.assertEqual({line.split()[0] for line in self.first_report}, {"created"})

    def test_the_second_call_keeps_everything(self) -> None:
        stack, report = self.provision(self.document())
        self.assertEqual({line.split()[0] for line in report}, {"kept"}, report)
        self.assertEqual(stack, self.stack)

    def test_a_new_zip_updates_only_its_function(self) -> None:
        changed = self.folder / "changed.zip"
        document = self.document()
        changed.write_bytes(Path(document["zips"]["load"]).read_bytes())
        with zipfile.ZipFile(changed, "a") as archive:
            archive.writestr("definition/more.toml", "")
        self.assertEqual(self.updates(document | {"zips": document["zips"] | {"load": str(changed)}}), ["function"])
        self.assertEqual(self.updates(document), ["function"])

    def test_a_changed_setting_updates_the_functions(self) -> None:
        self.assertEqual(self.updates(self.document() | {"memory": 3008}), ["function"] * 3)
        self.assertEqual(self.updates(self.document()), ["function"] * 3)

    def test_a_changed_secret_updates_only_the_secret(self) -> None:
        self.assertEqual(self.updates(self.document() | {"secrets": {"Project": {"host": "elsewhere"}}}), ["secret"])
        self.assertEqual(self.updates(self.document()), ["secret"])

    def test_a_changed_schedule_stays_disabled(self) -> None:
        self.assertEqual(self.updates(self.document() | {"schedule": "rate(1 hour)"}), ["schedule"])
        found = self.session.client("scheduler").get_schedule(Name="starlift-fake")
        self.assertEqual((found["ScheduleExpression"], found["State"]), ("rate(1 hour)", "DISABLED"))
        self.assertEqual(self.updates(self.document()), ["schedule"])

    def test_a_changed_definition_updates_only_the_state_machine(self) -> None:
        document = self.document()
        changed = self.folder / "changed.asl.json"
        definition = json.loads(Path(document["state_machine"]).read_text()) | {"TimeoutSeconds": 60}
        changed.write_text(json.dumps(definition))
        self.assertEqual(self.updates(document | {"state_machine": str(changed)}), ["state"])
        self.assertEqual(self.updates(document), ["state"])

    def updates(self, document: dict) -> list[str]:
        """The kinds of what a call updated."""
        _, report = self.provision(document)
        self.assertNotIn("created", {line.split()[0] for line in report})
        return [line.split()[1] for line in report if line.startswith("updated")]

    def test_only_loopback_is_provisioned(self) -> None:
        for endpoint in ("", "https://s3.amazonaws.com", "http://127.0.0.1.example.com:4599", "http://10.0.0.1:4599"):
            done = subprocess.run(
                [sys.executable, str(LOCAL / "provision.py")],
                input=json.dumps(self.document()),
                env=os.environ | {"AWS_ENDPOINT_URL": endpoint},
                capture_output=True,
                text=True,
            )
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("AWS_ENDPOINT_URL must be http://127.0.0.1:PORT", done.stderr)

    def test_an_unknown_key_is_named_with_the_known_ones(self) -> None:
        with self.assertRaisesRegex(InvalidDocument, "unknown key 'shedule'; known are pipeline, buckets"):
            parse(json.dumps(self.document() | {"shedule": "rate(1 hour)"}))

    def test_a_missing_key_is_named(self) -> None:
        with self.assertRaisesRegex(InvalidDocument, "key 'pipeline' is missing"):
            parse("{}")

    def test_transform_reads_no_secret(self) -> None:
        document = parse(json.dumps(self.document()))
        self.assertEqual(document.secrets_of("transform"), {})
        loader = {"warehouse_secret_arn": "Project", "migrator_secret_arn": "Project"}
        self.assertEqual(document.secrets_of("load"), loader)

    def test_a_reader_of_too_many_secrets_is_refused(self) -> None:
        readers = {"ingest": ["Project", "Project"], "load": ["Project"]}
        with self.assertRaisesRegex(InvalidDocument, "secret_readers.ingest must name one"):
            parse(json.dumps(self.document() | {"secret_readers": readers}))
