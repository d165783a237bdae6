"""How far a pass through a model came, and which of its modules raised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Attempt:
    """What became of one pass.

    ``outputs`` are those of the pass and None if it raised ``problem``. ``module`` is the innermost
    module that raised, or None. ``completed`` counts the distinct modules that gave a result.
    """

    outputs: Any
    problem: Exception | None
    module: Any
    completed: int

    @property
    def succeeded(self) -> bool:
        """Whether nothing was raised."""
        return self.problem is None


def watch(run: Callable[[], Any]) -> Attempt:
    """Calls ``run``, which passes something through modules; whatever it raises is recorded."""
    from torch.nn.modules.module import (
        register_module_forward_hook,
        register_module_forward_pre_hook,
    )

    entered: list[Any] = []
    completed: set[int] = set()

    def enter(module: Any, _arguments: Any) -> None:
        entered.append(module)

    def leave(module: Any, _arguments: Any, _result: Any) -> None:
        # A module that raised and whose caller went on is still on the stack.
        while entered and entered.pop() is not module:
            pass
        completed.add(id(module))

    hooks = register_module_forward_pre_hook(enter), register_module_forward_hook(leave)
    outputs = problem = None
    try:
        outputs = run()
    except Exception as raised:  # noqa: BLE001 - recorded for the caller
        # Whatever the code of a model raises on inputs that it was not made for.
        problem = raised
    finally:
        for hook in hooks:
            hook.remove()
    return Attempt(outputs, problem, entered[-1] if entered else None, len(completed))
