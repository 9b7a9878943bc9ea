"""The diagram shows every state and every way."""

import unittest

import asl
from diagram import diagram


class Diagram(unittest.TestCase):
    """The diagram of the pipeline."""

    def test_every_state_and_every_way_is_in_it(self) -> None:
        drawing = diagram(asl.read())
        for name, state in asl.states(asl.read()):
            for successor in asl.successors(state) or ["[*]"]:
                self.assertIn(f" {name} --> {successor}", drawing)

    def test_the_loop_says_when_it_is_taken(self) -> None:
        self.assertIn("More --> NameRun: (more or full != false) and round below 100\n", diagram(asl.read()))
