"""An object whose pickle calls a function when it is loaded, as a malicious checkpoint would."""

from typing import Any


class CallWhenLoaded:
    """Pickles as the call `function(*arguments)`."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call
