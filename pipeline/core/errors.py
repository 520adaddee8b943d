"""The errors a user can act on.

Every message is one sentence that says what is wrong and what to do; only `apps` turns them into text.

FaceEditError
├── BadInput        a file or an argument cannot be used
│   └── BadRequest  a request to the enhancer, or what it names, cannot be used
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
    """A request to the enhancer, an analyser's response, or what they name, cannot be used.

    Attributes:
        path: Dotted place of the field, such as args.input_image_1.
        reason: What is wrong with it and what to do.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path, self.reason = path, reason

    def as_json(self) -> dict[str, dict[str, str]]:
        """The answer to the request, as configs/enhance/error.schema.json describes it."""
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
