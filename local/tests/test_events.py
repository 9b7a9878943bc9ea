"""A message about an event holds what AWS's would: nothing of what the event has not."""

import unittest
from unittest import mock

from stack import events


class Transformed(unittest.TestCase):
    """What a rule's target gets in place of the event."""

    def test_a_path_that_leads_nowhere_leaves_nothing_behind(self) -> None:
        view = mock.Mock(event_with_detail=lambda: {"detail": {"status": "ABORTED", "cause": None}})
        paths = {"status": "$.detail.status", "cause": "$.detail.cause", "error": "$.detail.error"}
        transformer = {"InputPathsMap": paths, "InputTemplate": '{"a":<status>,"b":<cause>,"c":"<error>"}'}
        self.assertEqual(events.apply_input_transformer(transformer, {}, view), '{"a":"ABORTED","b":,"c":""}')
