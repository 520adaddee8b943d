"""A bad request names the field that is wrong, so that a program can tell without reading the sentence."""

from pipeline.core.errors import BadInput


class BadRequest(BadInput):
    """A request, an analyser's response, or what they name, cannot be used.

    path: dotted place of the field, such as args.input_image_1 · reason: what is wrong with it and what to do
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path, self.reason = path, reason

    def as_json(self) -> dict[str, dict[str, str]]:
        """The answer to the request, as configs/enhance/error.schema.json describes it."""
        return {"error": {"path": self.path, "message": self.reason}}
