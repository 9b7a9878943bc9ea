"""What policies are told of the way by which a request came."""

import contextvars
import unittest

from ministack.core import iam_evaluator

from stack import transport


class Transport(unittest.TestCase):
    """Requests in plain text."""

    def test_loopback_counts_as_tls_and_no_other_way_does(self) -> None:
        for source, is_secure in (("127.0.0.1", True), ("192.0.2.1", False)):
            context = contextvars.copy_context()
            context.run(transport.pin_request_origin, source, False)
            self.assertEqual(context[iam_evaluator._request_origin], (source, is_secure))
