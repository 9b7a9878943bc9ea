"""What is generated replaces what stood between its markers, and nothing else."""

import unittest

from generated import NoMarkers, Place

BEGIN, END = "<!-- begin -->", "<!-- end -->"
PLACE = Place(BEGIN, END)


class Generated(unittest.TestCase):
    """A place in a text."""

    def test_it_replaces_what_is_between_the_markers_and_nothing_else(self) -> None:
        text = f"before\n{BEGIN}\nold\n{END}\nafter\n"
        once = PLACE.replaced(text, "new")
        self.assertEqual(once, f"before\n{BEGIN}\nnew\n{END}\nafter\n")
        self.assertEqual(PLACE.replaced(once, "new"), once)

    def test_a_file_without_markers_is_refused(self) -> None:
        for text in ("", BEGIN, END, f"{END}{BEGIN}"):
            with self.assertRaises(NoMarkers):
                PLACE.replaced(text, "new")
