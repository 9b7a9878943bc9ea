"""The state machine as a whole: its chain, its loop, what it hands on, how it fails and how it goes on."""

import hashlib
import json

from tests.harness import StackTest


class Chain(StackTest):
    """The real definition over fake functions."""

    def test_an_execution_goes_through_every_step_and_succeeds(self) -> None:
        done = self.wait(self.start())
        self.assertEqual(done["status"], "SUCCEEDED", done)
        steps = [event.get("action") or event.get("part") or "ingest" for event in self.events()]
        self.assertEqual(steps[:2], ["begin", "ingest"])
        self.assertEqual(sorted(steps[2:4]), ["dim_staff", "sales_order-1"])
        self.assertEqual(steps[4:], ["load", "export"])

    def test_a_run_is_named_after_start_time_execution_and_round(self) -> None:
        execution = self.start()
        done = self.wait(execution)
        start = done["startDate"].strftime("%Y%m%dT%H%M%SZ")
        expected = f"{start}-{hashlib.sha256(execution.encode()).hexdigest()[:8]}-001"
        self.assertEqual({event["run"] for event in self.events()}, {expected})

    def test_rounds_follow_each_other_while_there_is_more(self) -> None:
        self.behave(rounds=3)
        self.assertEqual(self.wait(self.start())["status"], "SUCCEEDED")
        begun = [event["run"][-3:] for event in self.events() if event.get("action") == "begin"]
        exported = [event["run"][-3:] for event in self.events() if event.get("action") == "export"]
        self.assertEqual((begun, exported), (["001", "002", "003"], ["003"]))

    def test_an_execution_ends_after_a_hundred_rounds(self) -> None:
        self.behave(rounds=1000, parts=[])
        self.assertEqual(self.wait(self.start())["status"], "SUCCEEDED")
        self.assertEqual(len([event for event in self.events() if event.get("action") == "load"]), 100)

    def test_a_run_without_parts_is_loaded_and_exported(self) -> None:
        self.behave(parts=[])
        self.assertEqual(self.wait(self.start())["status"], "SUCCEEDED")
        self.assertEqual([event.get("action") for event in self.events()], ["begin", None, "load", "export"])

    def test_what_a_person_asks_for_reaches_the_first_round_and_the_loads(self) -> None:
        for full, asked in [
            (True, True),
            (["payment"], ["payment"]),
            (["a", "b"], ["a", "b"]),
            ("payment", ["payment"]),
        ]:
            self.behave(rounds=2, parts=[])
            execution = self.start(json.dumps({"full": full, "accept_deletes": True}))
            self.assertEqual(self.wait(execution)["status"], "SUCCEEDED")
            ingested = [event["full"] for event in self.events() if "action" not in event]
            loaded = [event["accept_deletes"] for event in self.events() if event.get("action") == "load"]
            self.assertEqual((ingested, loaded), ([asked, False], [True, True]))

    def test_what_was_to_be_read_in_full_is_asked_again_when_the_run_was_overtaken(self) -> None:
        self.behave(parts=[], superseded=2)
        execution = self.start(json.dumps({"full": ["payment"]}))
        self.assertEqual(self.wait(execution)["status"], "SUCCEEDED")
        ingested = [event["full"] for event in self.events() if "action" not in event]
        self.assertEqual(ingested, [["payment"], ["payment"], ["payment"]])
        self.behave(parts=[], superseded=2)
        self.assertEqual(self.wait(self.start())["status"], "SUCCEEDED")
        self.assertEqual(len([event for event in self.events() if "action" not in event]), 1)

    def test_any_other_input_asks_for_nothing(self) -> None:
        scheduled = {"scheduled": "2026-11-20T12:00:00Z", "parts": ["injected"], "full": False, "accept_deletes": "yes"}
        for given in [scheduled, {}, [], "text", None]:
            self.behave()
            self.assertEqual(self.wait(self.start(json.dumps(given)))["status"], "SUCCEEDED", given)
            self.assertEqual({event.get("part") for event in self.events()}, {None, "dim_staff", "sales_order-1"})
            asked = [(event.get("full"), event.get("accept_deletes")) for event in self.events() if "part" not in event]
            self.assertEqual(asked, [(None, None), (False, None), (None, False), (None, None)], given)

    def test_a_failing_part_fails_the_execution_under_its_own_name(self) -> None:
        self.behave(failures={"sales_order-1": {"error": "Starlift.InvalidData", "times": 1}})
        done = self.wait(self.start())
        self.assertEqual((done["status"], done["error"]), ("FAILED", "Starlift.InvalidData"))
        self.assertEqual(json.loads(done["cause"])["errorMessage"], "as planned")
        self.assertEqual(done["redriveStatus"], "REDRIVABLE")

    def test_a_transient_failure_is_retried(self) -> None:
        self.behave(failures={"load": {"error": "Starlift.Transient", "times": 3}})
        self.assertEqual(self.wait(self.start())["status"], "SUCCEEDED")
        self.assertEqual(len([event for event in self.events() if event.get("action") == "load"]), 4)

    def test_a_contended_failure_is_retried_until_the_attempts_are_used_up(self) -> None:
        self.behave(failures={"begin": {"error": "Starlift.Contended", "times": 99}})
        done = self.wait(self.start())
        self.assertEqual((done["status"], done["error"]), ("FAILED", "Starlift.Contended"))
        self.assertEqual(len(self.events()), 7)

    def test_a_function_that_exits_is_tried_once_more(self) -> None:
        self.behave(failures={"export": {"error": "exit", "times": 1}})
        self.assertEqual(self.wait(self.start())["status"], "SUCCEEDED")
        self.behave(failures={"export": {"error": "exit", "times": 2}})
        done = self.wait(self.start())
        self.assertEqual((done["status"], done["error"]), ("FAILED", "Runtime.ExitError"))

    def test_a_permanent_failure_is_not_retried(self) -> None:
        self.behave(failures={"load": {"error": "Starlift.Denied", "times": 1}})
        self.assertEqual(self.wait(self.start())["error"], "Starlift.Denied")
        self.assertEqual(len([event for event in self.events() if event.get("action") == "load"]), 1)
