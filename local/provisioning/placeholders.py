"""Terraform's `${name}` in a text that is not Terraform's."""

from string import Template


class _Placeholders(Template):
    """Only `${name}`: a JSONata expression's `$name` is none."""

    pattern = r"\$\{(?P<braced>[a-z_]+)\}|(?P<named>(?!))|(?P<escaped>(?!))|(?P<invalid>(?!))"


def substitute(text: str, values: dict[str, str]) -> str:
    """The text with every placeholder replaced by its value. Raises KeyError where there is none."""
    return _Placeholders(text).substitute(values)
