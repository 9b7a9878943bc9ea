"""A variable of an input transformer whose path leads nowhere in the event leaves nothing in what the target gets.

ministack alone puts null or "" in its place: a message that is no JSON on AWS would be whole here. What AWS does with a
null is not documented; it is taken for nothing.
"""

from typing import Any

from ministack.services import eventbridge

_apply_input_transformer = eventbridge._apply_input_transformer


def apply_input_transformer(transformer: dict[str, Any], rule: dict[str, Any], view: Any) -> str:
    """What a target gets in place of an event."""
    template = transformer.get("InputTemplate", "")
    for name, path in transformer.get("InputPathsMap", {}).items():
        if _find(view.event_with_detail(), path) is None:
            template = template.replace(f"<{name}>", "")
    return _apply_input_transformer(transformer | {"InputTemplate": template}, rule, view)


def _find(event: Any, path: str) -> Any:
    for name in path.removeprefix("$.").split("."):
        event = event.get(name) if isinstance(event, dict) else None
    return event


def install() -> None:
    """Replaces how the input of a target is put together."""
    eventbridge._apply_input_transformer = apply_input_transformer
