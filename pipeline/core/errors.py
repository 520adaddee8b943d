"""The errors a user can act on.

Every message is one sentence that says what is wrong and what to do; only `apps` turns them into text.

FaceEditError
├── BadInput        a file or an argument cannot be used
├── BadConfig       a configuration key or value is unknown or out of range
├── MissingWeights  a model file is absent, damaged or not the declared one
├── SpaceMismatch   latents, translations and generator belong to different latent spaces
├── RunConflict     a run folder was started with another configuration or other weights
├── CannotWrite     results cannot be written, such as on a full disk
└── OutOfMemory     the device has no memory for the smallest piece of work
"""


class FaceEditError(Exception):
    """Base of all errors whose message is meant for the user."""


class BadInput(FaceEditError):
    """A file or an argument cannot be used."""


class BadConfig(FaceEditError):
    """A configuration key or value is unknown or out of range."""


class MissingWeights(FaceEditError):
    """A model file is absent, damaged or not the declared one."""


class SpaceMismatch(FaceEditError):
    """Latents, translations and generator belong to different latent spaces."""


class RunConflict(FaceEditError):
    """A run folder was started with another configuration or other weights."""


class CannotWrite(FaceEditError):
    """Results cannot be written, such as on a full disk: every other item would fail as well."""


class OutOfMemory(FaceEditError):
    """The device has no memory for the smallest piece of work: every other item would fail as well."""
