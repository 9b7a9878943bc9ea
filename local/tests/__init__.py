"""Tests of the local stack: `python -m unittest discover --start-directory local/tests --top-level-directory local`."""
