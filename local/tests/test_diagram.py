"""The diagram shows every state and every way, and fits between the markers of a file."""

import unittest

import asl
from diagram import BEGIN, END, NoMarkers, diagram, replaced


class Diagram(unittest.TestCase):
    """The diagram of the pipeline."""

    def test_every_state_and_every_way_is_in_it(self) -> None:
        drawing = diagram(asl.read())
        for name, state in asl.states(asl.read()):
            for successor in asl.successors(state) or ["[*]"]:
                self.assertIn(f" {name} --> {successor}", drawing)

    def test_the_loop_says_when_it_is_taken(self) -> None:
        self.assertIn("More --> NameRun: (more or full != false) and round below 100\n", diagram(asl.read()))

    def test_it_replaces_what_is_between_the_markers_and_nothing_else(self) -> None:
        text = f"before\n{BEGIN}\nold\n{END}\nafter\n"
        self.assertEqual(replaced(text, "new"), f"before\n{BEGIN}\nnew\n{END}\nafter\n")
        self.assertEqual(replaced(replaced(text, "new"), "new"), replaced(text, "new"))

    def test_a_file_without_markers_is_refused(self) -> None:
        for text in ("", BEGIN, END, f"{END}{BEGIN}"):
            with self.assertRaises(NoMarkers):
                replaced(text, "new")
