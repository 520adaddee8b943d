"""`face-edit` on the toy models, as a process of its own."""

import sys

import pipeline.models
from apps.cli import main
from tests.support.toy_models import ToyModels
from tests.support.toy_run import STEPS

if __name__ == "__main__":
    sys.path.insert(0, str(STEPS))
    pipeline.models.Models = lambda *_: ToyModels()  # type: ignore[assignment,misc]
    sys.exit(main())
