"""HTTP server of the enhancer: POST /enhance, GET /health, API description at /docs."""

import asyncio
import base64
import shutil
import signal
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal

from fastapi import Depends, FastAPI, File, Form, Query, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from apps.enhance.admission import AdmissionControl, Refusal, refusal
from pipeline.core.errors import BadInput, BadRequest, FaceEditError, MissingWeights
from pipeline.core.images import open_image
from pipeline.core.names import nearest
from pipeline.core.settings import rule_of
from pipeline.core.version import package_version
from pipeline.enhance import schema
from pipeline.enhance.documents import load, parse, parse_analysis
from pipeline.enhance.inference import Nets
from pipeline.enhance.pipeline import EnhancedPhoto, open_nets, report
from pipeline.enhance.schema import AnalyserResponse, Blending, ErrorResponse, Settings
from pipeline.photo.detector import FaceDetector, open_detector

NOTE_HEADER = "X-Engine-Note"
_DRAIN_SECONDS = 60
_REASONS = {
    400: "the form cannot be read: send multipart/form-data with the fields image, analysis and settings, the latter "
    "two of at most 1 MB each.",
    404: "there is nothing at this address: POST /enhance, GET /health, or read /docs.",
    405: "this address takes another method: POST /enhance, GET /health.",
}
"""Why the framework refuses a request, by status."""


@dataclass(frozen=True)
class Limits:
    """Limits of the server, those of size per photo.

    Attributes:
        parallel: Photos processed at once.
        waiting: Further requests in the queue; the next one is answered 503.
    """

    megabytes: float = 20
    megapixels: float = 25
    parallel: int = 1
    waiting: int = 16

    def __post_init__(self) -> None:
        if min(self.megabytes, self.megapixels, self.parallel) <= 0 or self.waiting < 0:
            raise BadInput("--max-mb, --max-megapixels and --parallel must be above 0, --waiting must not be negative.")


class Health(schema.Document):
    """State of the server and its nets."""

    status: Literal["ok"]
    models: str
    model: str
    provider: str
    version: str
    note: str | None = None


class Worker:
    """Enhances photos in `limits.parallel` threads."""

    def __init__(self, settings: Settings, limits: Limits, detector: FaceDetector | None = None) -> None:
        self.settings, self.limits, self.nets = settings, limits, open_nets(settings)
        self._detector = detector
        self._threads = ThreadPoolExecutor(limits.parallel, "enhance")

    async def run(self, photo: BinaryIO, analysis: AnalyserResponse | None, blending: Blending) -> EnhancedPhoto:
        """Enhance an uploaded photo.

        Raises:
            BadRequest: The photo or the analysis cannot be used.
            Refusal: 413, the photo has too many pixels.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._work, photo, analysis, blending)

    def _work(self, photo: BinaryIO, analysis: AnalyserResponse | None, blending: Blending) -> EnhancedPhoto:
        with tempfile.TemporaryDirectory(prefix="face-edit-") as folder:
            path = Path(folder) / "image"
            with path.open("wb") as file:
                shutil.copyfileobj(photo, file)
            try:
                self._check_size(path)
                return EnhancedPhoto(path, analysis, self.nets, blending, None if analysis else self.detector)
            except BadRequest as error:
                place = "image" if error.path == "args.input_image_1" else error.path
                raise BadRequest(place, error.reason.replace(str(path), "the upload")) from error

    def _check_size(self, path: Path) -> None:
        try:
            with open_image(path, 10**12) as file:
                pixels = file.width * file.height
        except BadInput as error:
            raise BadRequest("image", str(error)) from error
        if pixels > self.limits.megapixels * 1e6:
            raise Refusal(413, "image", f"the photo is larger than {self.limits.megapixels:g} megapixels: shrink it.")

    @property
    def detector(self) -> FaceDetector:
        """The given detector, else one per thread: detectors are not thread-safe."""
        if self._detector is not None:
            return self._detector
        if not hasattr(_per_thread, "detector"):
            _per_thread.detector = open_detector()
        detector: FaceDetector = _per_thread.detector
        return detector

    def close(self) -> None:
        """Wait for running jobs."""
        self._threads.shutdown(wait=True)


_per_thread = threading.local()


def create_app(settings: Settings | None = None, limits: Limits | None = None, detector: Any = None) -> FastAPI:
    """The application; its nets are opened here, so that missing ones are reported before the first request.

    Args:
        detector: Replaces the detector of model set `faces`; for one thread only.

    Raises:
        BadRequest: The settings name an unknown model set.
        MissingWeights: A net is not installed.
    """
    settings, limits = settings or Settings(), limits or Limits()
    worker = Worker(settings, limits, detector)
    app = FastAPI(title="Face enhancer", version=package_version(), description=__doc__ or "")
    app.state.worker = worker
    places = limits.parallel + limits.waiting
    app.add_middleware(AdmissionControl, max_bytes=int(limits.megabytes * 1e6), places=places)
    _add_errors(app)

    @app.get("/health", response_model=Health)
    async def health() -> dict[str, object]:
        """State of the server and its nets."""
        nets = report(worker.nets)
        shown = ("models", "model", "provider", "version", "note")
        return {"status": "ok"} | {name: getattr(nets, name) for name in shown}

    @app.post(
        "/enhance",
        response_class=Response,
        dependencies=[Depends(_require_known_fields)],
        responses={
            200: {
                "description": "The photo as PNG, or the response with pictures in base64.",
                "headers": {NOTE_HEADER: {"description": "`engine.note`, if any.", "schema": {"type": "string"}}},
                "content": {"image/png": {}, "application/json": {"schema": schema.Response.model_json_schema()}},
            },
            400: {"model": ErrorResponse, "description": "A form that cannot be read, or that gives a field twice"},
            413: {"model": ErrorResponse, "description": "More bytes or pixels than allowed"},
            422: {"model": ErrorResponse, "description": "A field that cannot be used, or that is unknown"},
            503: {
                "model": ErrorResponse,
                "description": "Too many requests are waiting, or the face detector is not installed",
                "headers": {"Retry-After": {"schema": {"type": "integer"}}},
            },
        },
    )
    async def enhance(
        image: Annotated[UploadFile, File(description="The photo.")],
        analysis: Annotated[
            str, Form(description="The face analyser's response, in JSON; else faces are searched.")
        ] = "",
        settings: Annotated[str, Form(description="JSON: blend, mask_blur, mask_padding, occluder, face.")] = "",
        answer: Annotated[Literal["png", "json"], Query(description="Format of the answer.")] = "png",
    ) -> Response:
        """A photo with its faces enhanced."""
        blending = parse(Blending, load(settings, "settings"), "settings") if settings else worker.settings
        found = parse_analysis(load(analysis, "analysis")) if analysis else None
        work = await worker.run(image.file, found, blending)
        content = await asyncio.to_thread(_content, answer, work, worker.nets, blending)
        note = report(worker.nets).note
        headers = None if note is None else {NOTE_HEADER: note.encode("ascii", "replace").decode()}
        return Response(content, 200, headers, "image/png" if answer == "png" else "application/json")

    return app


def _content(answer: str, work: EnhancedPhoto, nets: Nets, blending: Blending) -> bytes:
    if answer == "png":
        return work.frame_png()
    response = schema.Response(
        input_image_1="image",
        temp_vision_frame=base64.b64encode(work.frame_png()).decode("ascii"),
        temp_vision_frame_mask=base64.b64encode(work.mask_png()).decode("ascii"),
        faces=work.reports,
        left_out=work.prepared.left_out,
        settings=Blending(**blending.model_dump(include=set(Blending.model_fields))),
        engine=report(nets),
    )
    return response.model_dump_json(by_alias=True, exclude_none=True).encode()


async def _require_known_fields(request: Request) -> None:
    """Raise Refusal for a field that is unknown or given twice, of which all but one would be dropped."""
    form, query = await request.form(), request.query_params
    for given, known in ((form, ("image", "analysis", "settings")), (query, ("answer",))):
        names = [name for name, _ in given.multi_items()]
        for name in names:
            if name not in known:
                raise Refusal(422, name or "request", f"there is no such field{nearest(name, known)}")
            if names.count(name) > 1:
                raise Refusal(400, name, "it is given more than once: send it once.")


def _add_errors(app: FastAPI) -> None:
    """Answer every error in the form of configs/enhance/error.schema.json, none in the words of a library."""

    @app.exception_handler(BadRequest)
    async def bad_request(_: Request, error: BadRequest) -> Response:
        return refusal(422, error.path, error.reason)

    @app.exception_handler(FaceEditError)
    async def other(_: Request, error: FaceEditError) -> Response:
        missing = isinstance(error, MissingWeights)
        return refusal(503 if missing else 422, "settings.models" if missing else "request", str(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        place = [str(part) for part in first["loc"][1:]] or ["request"]
        # The only value that FastAPI checks itself is the uploaded file.
        reasons = {"missing": "it must be given", "value_error": "it must be a file"}
        return refusal(422, ".".join(place), f"{reasons.get(first['type']) or rule_of(first)}.")

    @app.exception_handler(Refusal)
    async def refused(_: Request, error: Refusal) -> Response:
        return refusal(error.status_code, error.path, error.detail)

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> Response:
        status = error.status_code
        return refusal(status, "request", _REASONS.get(status, "it cannot be answered."), error.headers)

    @app.exception_handler(Exception)
    async def defect(_: Request, error: Exception) -> Response:  # its traceback is logged
        return refusal(500, "request", "it met an error of the server, which is in the server's log.")


def serve(settings: Settings, limits: Limits, host: str, port: int) -> int:
    """Serve until SIGINT or SIGTERM, then finish running requests; returns the exit code.

    Raises:
        BadInput: The server cannot listen at the address.
    """
    import uvicorn

    app = create_app(settings, limits)
    # uvicorn raises the signal again after its shutdown; a stop by signal is a success.
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: None)
    config = uvicorn.Config(
        app, host, port, log_level="warning", timeout_graceful_shutdown=_DRAIN_SECONDS, timeout_keep_alive=5
    )
    server = uvicorn.Server(config)
    nets = report(app.state.worker.nets)
    if nets.note is not None:
        print(f"face-edit: {nets.note}", file=sys.stderr)
    print(f"{nets.file} on {nets.provider} at http://{host}:{port}, described at /docs", flush=True)
    try:
        server.run()
    except SystemExit as error:  # raised where uvicorn cannot start; its reason is on stderr
        raise BadInput(f"Cannot listen at {host}:{port}: choose another --port.") from error
    finally:
        app.state.worker.close()
    return 0
