"""`face-edit enhance`: one JSON request, answered in JSON, or an HTTP server."""

import argparse
import json
import sys
from pathlib import Path

from apps.console import command_parser
from pipeline.core.errors import BadConfig, BadInput, BadRequest, FaceEditError, MissingWeights

EPILOG = """\
examples:
  face-edit enhance request.json
  face-edit enhance request.json --analysis analyser_response.json --output-dir results --set blend=0.6
  face-edit enhance --serve --port 8000 --set models=enhancer

A request is {"args": {"input_image_1": "photo.jpg"}}; its schema and those of the analyser's response and of the
answer are in configs/enhance/. The answer is printed and written as JSON; photos are only read. What is wrong with a
request is answered as {"error": {"path": ..., "message": ...}}, and the exit code is 1.
"""

_PLACES = {BadConfig: "settings", MissingWeights: "settings.models", BadInput: "args.output_image_data"}
"""What an error that names no place concerns; what is read is named by a BadRequest."""


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
        answer = _answer(arguments)
    except FaceEditError as error:
        refusal = (
            error if isinstance(error, BadRequest) else BadRequest(_PLACES.get(type(error), "request"), str(error))
        )
        print(json.dumps(refusal.as_json(), indent=2), flush=True)
        print(f"face-edit: {refusal}", file=sys.stderr)
        return 1
    print(answer)
    if (note := json.loads(answer)["engine"].get("note")) is not None:
        print(f"face-edit: {note}", file=sys.stderr)
    return 0


def _answer(arguments: argparse.Namespace) -> str:
    from pipeline.enhance.documents import read_request, with_sets
    from pipeline.enhance.pipeline import answer

    request = read_request(arguments.request)
    request = request.model_copy(update={"settings": with_sets(request.settings, arguments.set)})
    return answer(request, arguments.analysis, arguments.output_dir).read_text(encoding="utf-8").rstrip()


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        "enhance", "Restore the faces of a photo with ONNX nets, as a request in JSON asks for it.", EPILOG
    )
    add = parser.add_argument
    add("request", nargs="?", type=Path, metavar="REQUEST", help="request in JSON")
    add("--analysis", type=Path, metavar="FILE", help="the face analyser's response (default: faces are searched)")
    add("--output-dir", type=Path, metavar="DIR", help="folder for what is written")
    add(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a setting, such as blend=0.6, face=2 or models=enhancer; may be given more than once",
    )
    add("--serve", action="store_true", help="answer over HTTP instead; stops with Ctrl+C or SIGTERM")
    add("--host", default="127.0.0.1", help="address to listen at (default: %(default)s)")
    add("--port", type=int, default=8000, help="port to listen at (default: %(default)s)")
    add("--max-mb", type=float, default=20, help="largest upload, MB (default: %(default)s)")
    add("--max-megapixels", type=float, default=25, help="largest photo (default: %(default)s)")
    add("--parallel", type=int, default=1, help="photos worked on at once (default: %(default)s)")
    add("--waiting", type=int, default=16, help="requests that may wait; more are answered 503 (default: %(default)s)")
    return parser
