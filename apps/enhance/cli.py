"""`face-edit enhance`: one request in JSON, answered in JSON; or a server for many."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from pipeline.core.errors import BadConfig, BadRequest, FaceEditError

EPILOG = """\
examples:
  face-edit enhance request.json
  face-edit enhance request.json --analysis analyser_response.json --output-dir results --set blend=0.6
  face-edit enhance --serve --port 8000 --set models=enhancer

A request is {"args": {"input_image_1": "photo.jpg"}}; its schema and those of the analyser's response and of the
answer are in configs/enhance/. The answer is printed and written as JSON; photos are only read. What is wrong with a
request is answered as {"error": {"path": ..., "message": ...}}, and the exit code is 1.
"""


def main(argv: list[str]) -> int:
    """Run the command; 0 when the request was carried out, or the server was stopped."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    if arguments.serve == (arguments.request is not None):
        parser.error("give a REQUEST, or --serve")
    if arguments.serve:
        from apps.enhance.server import Limits, serve
        from pipeline.enhance.documents import with_sets
        from pipeline.enhance.schema import Settings

        limits = Limits(arguments.max_mb, arguments.max_megapixels, arguments.parallel, arguments.waiting)
        return serve(with_sets(Settings(), arguments.set), limits, arguments.host, arguments.port)
    try:
        print(_answer(arguments))
    except FaceEditError as error:
        place = "settings" if isinstance(error, BadConfig) else "settings.models"
        return _refuse(error if isinstance(error, BadRequest) else BadRequest(place, str(error)))
    return 0


def _answer(arguments: argparse.Namespace) -> str:
    from pipeline.enhance.documents import read_request, with_sets
    from pipeline.enhance.pipeline import answer

    request = read_request(arguments.request)
    request = request.model_copy(update={"settings": with_sets(request.settings, arguments.set)})
    target = answer(request, arguments.analysis, arguments.output_dir)
    return target.read_text(encoding="utf-8").rstrip()


def _refuse(error: BadRequest) -> int:
    print(json.dumps(error.as_json(), indent=2), flush=True)
    print(f"face-edit: {error}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="face-edit enhance",
        description="Restore the faces of a photo with ONNX nets, as a request in JSON asks for it.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("request", nargs="?", type=Path, metavar="REQUEST", help="request in JSON")
    parser.add_argument(
        "--analysis", type=Path, metavar="FILE", help="the face analyser's response (default: faces are searched)"
    )
    parser.add_argument("--output-dir", type=Path, metavar="DIR", help="folder for what is written")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a setting, such as blend=0.6, occluder=false or models=enhancer; may be given more than once",
    )
    parser.add_argument("--serve", action="store_true", help="answer over HTTP instead; stops with Ctrl+C or SIGTERM")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen at (default: %(default)s)")
    parser.add_argument("--max-mb", type=float, default=20, help="largest upload, MB (default: %(default)s)")
    parser.add_argument("--max-megapixels", type=float, default=25, help="largest photo (default: %(default)s)")
    parser.add_argument("--parallel", type=int, default=1, help="photos worked on at once (default: %(default)s)")
    parser.add_argument(
        "--waiting", type=int, default=16, help="requests that may wait; more are answered 503 (default: %(default)s)"
    )
    return parser


if __name__ == "__main__":
    from apps.console import run as run_command

    sys.exit(run_command(main))
