"""`face-edit project-images`: latents of a folder of crops, their reconstructions and a table of errors."""

import argparse
import sys
from pathlib import Path

from apps.console import ConsoleProgress, add_output_dir, add_settings, chosen_settings, command_parser, run

EPILOG = """\
example:
  face-edit project-images portraits --output-dir run1 --set projection.n_iter=300

writes, for every square crop of the folder,
  projected_latents/NAME.npy   latent, float32 (n_style, dim): (14, 128) for the demo set, (18, 512) for the FFHQ sets
  projected_latents/NAME.json  its latent space and figures: psnr (dB), loss
  reconstructions/NAME.png     what the generator makes of it
with --set projection.tuning.steps=100 also
  projected_latents/NAME.safetensors  what is added to the generator's weights for this portrait
and errors.csv over all of them. Started again, only what is missing or has changed is projected. A run-pipeline in the
same folder takes the latents as they are.
"""


def main(argv: list[str]) -> int:
    """Run the command; 0 when every photo has its latent, 1 when some could not be read."""
    arguments = _parser().parse_args(argv)
    from pipeline.core.names import counted
    from pipeline.models import Models
    from pipeline.project_folder import project_folder

    config = chosen_settings(arguments)
    models = Models(config.models, config.device, config.detector, config.backend, config.backend_of)
    with ConsoleProgress() as progress:
        outcome = project_folder(arguments.input_dir, arguments.output_dir, models, config, progress)
    for name, error in sorted(outcome.failed.items()):
        progress.fail(name, error)
    done, all_ = outcome.total - len(outcome.failed), counted(outcome.total, "portrait")
    progress.note(f"{done} of {all_} projected to {arguments.output_dir}")
    return outcome.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = command_parser("project-images", "Find the latent of every portrait of a folder.", EPILOG)
    parser.add_argument("input_dir", type=Path, metavar="INPUT_DIR", help="folder of square portrait crops")
    add_output_dir(parser)
    add_settings(parser)
    return parser


if __name__ == "__main__":
    sys.exit(run(main))
