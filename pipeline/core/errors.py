"""Errors that a user can act on.

Each message is one sentence with the fault and the remedy; only `apps` prints them.

FaceEditError
├── BadInput        a file or an argument cannot be used
│   └── BadRequest  a request to the enhancer, or a file that it names, cannot be used
├── BadConfig       a configuration key or value is unknown or out of range
├── MissingWeights  a model file is absent, damaged or not the declared one
├── SpaceMismatch   latents, translations and generator belong to different latent spaces
├── RunConflict     a run folder was started with another configuration or other weights
├── CannotWrite     results cannot be written, as on a full disk
├── OutOfMemory     not even one face fits into the memory of the device
└── NoScreen        the editor has no screen or no graphics libraries
"""


class FaceEditError(Exception):
    """Base of all errors whose message is meant for the user."""


class BadInput(FaceEditError):
    """A file or an argument cannot be used."""


class BadRequest(BadInput):
    """A request to the enhancer, an analyser's response, or a file that they name, cannot be used.

    Attributes:
        path: Dotted place of the field, such as args.input_image_1.
        reason: Fault and remedy.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path, self.reason = path, reason

    def as_json(self) -> dict[str, dict[str, str]]:
        """Response to the request, in the form of configs/enhance/error.schema.json."""
        return {"error": {"path": self.path, "message": self.reason}}


class BadConfig(FaceEditError):
    """A configuration key or value is unknown or out of range."""


class MissingWeights(FaceEditError):
    """A model file is absent, damaged or not the declared one."""


class SpaceMismatch(FaceEditError):
    """Latents, translations and generator belong to different latent spaces."""


class RunConflict(FaceEditError):
    """A run folder was started with another configuration or other weights."""


class CannotWrite(FaceEditError):
    """Results cannot be written, as on a full disk: the run ends."""


class OutOfMemory(FaceEditError):
    """Not even one face fits into the memory of the device: the run ends."""


class NoScreen(FaceEditError):
    """The editor has no screen or no graphics libraries."""


FATAL = (MissingWeights, SpaceMismatch, BadConfig, RunConflict, CannotWrite, OutOfMemory)
"""Errors that would affect every item of a batch; any other error concerns one item."""
