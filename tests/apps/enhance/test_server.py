"""The enhancer over HTTP, in this process and in one of its own."""

import base64
import contextlib
import io
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2 as httpx
import jsonschema
import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis.errors import Unsatisfiable
from PIL import Image as pillow

from apps.enhance import admission
from apps.enhance import server as server_module
from apps.enhance.server import Limits, create_app
from pipeline.core.crop import FFHQ_512
from pipeline.core.errors import BadInput
from pipeline.enhance.schema import Settings
from pipeline.photo.metadata import Metadata
from pipeline.photo.photo import Photo, encode_png
from tests.support import enhancer_onnx
from tests.support.icc_profiles import wide_gamut
from tests.support.photos import wall
from tests.support.published import schema

LANDMARKS = {"5": (FFHQ_512 * 120 + [90, 60]).tolist()}
ANALYSIS = json.dumps({"output_image_data": {"landmark_set": LANDMARKS}})
ROOT = Path(__file__).parents[3]


def png(pixels):
    return encode_png(Photo("photo", pixels))


PHOTO = png(wall(320, 240))


class Nobody:
    """A detector that finds nobody."""

    def detect(self, image):
        return []


@pytest.fixture
def weights(tmp_path, monkeypatch):
    monkeypatch.setenv("FACE_EDIT_WEIGHTS", str(tmp_path))
    enhancer_onnx.small_set(tmp_path)
    return tmp_path


@pytest.fixture
def app(weights):
    return create_app(Settings(models="standin"), Limits(megabytes=0.5, megapixels=0.2, waiting=1000), Nobody())


@pytest.fixture
def client(app):
    with TestClient(app, raise_server_exceptions=True) as client:
        yield client


def ask(client, photo=PHOTO, answer="png", **form):
    return client.post(
        f"/enhance?answer={answer}", files={"image": ("x.png", photo)}, data={"analysis": ANALYSIS, **form}
    )


def test_a_photo_comes_back_enhanced_as_png(client):
    answer = ask(client, settings='{"occluder": false}')
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    after = np.asarray(pillow.open(io.BytesIO(answer.content)))
    assert after.shape == (240, 320, 3)
    middle = (slice(120, 140), slice(140, 160))
    assert after[middle].mean() - wall(320, 240)[middle].mean() > 15


def test_alpha_and_profile_come_back_in_either_form(client):
    alpha = np.broadcast_to(np.linspace(40, 255, 320), (240, 320)).astype(np.uint8)  # without an edge: a soft face
    pixels = np.dstack([wall(320, 240), alpha])
    photo = encode_png(Photo("photo", pixels, Metadata(icc=wide_gamut())))
    plain, wrapped = ask(client, photo), ask(client, photo, answer="json").json()
    with pillow.open(io.BytesIO(plain.content)) as file:
        assert file.info["icc_profile"] == wide_gamut()
        assert np.array_equal(np.asarray(file)[..., 3], pixels[..., 3])
        assert (np.asarray(file) != pixels).any()
    assert base64.b64decode(wrapped["temp_vision_frame"]) == plain.content


def test_a_photo_comes_back_as_json_when_that_is_asked_for(client):
    answer = ask(client, answer="json", settings='{"blend": 0.5}')
    jsonschema.validate(answer.json(), schema("response"))
    assert answer.json()["settings"]["blend"] == 0.5


def test_one_face_can_be_asked_for(client):
    answer = ask(client, answer="json", settings='{"face": 1}').json()
    assert (answer["settings"]["face"], answer["faces"][0]["number"]) == (1, 1)
    refusal = ask(client, settings='{"face": 2}')
    assert (refusal.status_code, refusal.json()["error"]["path"]) == (422, "settings.face")


def test_the_detector_is_opened_when_a_photo_comes_without_an_analysis(weights, monkeypatch):
    opened = []
    monkeypatch.setattr(server_module, "open_detector", lambda: opened.append("default") or Nobody())
    with TestClient(create_app(Settings(models="standin"))) as client:
        assert ask(client, analysis="").json()["error"]["path"] == "image"
    assert opened == ["default"]


def test_health_tells_model_provider_and_version(client):
    health = client.get("/health").json()
    assert health["status"] == "ok"
    assert (health["models"], health["model"]) == ("standin", "gfpgan")
    assert health["provider"].endswith("ExecutionProvider")
    assert health["version"]


def test_embedded_nets_are_told_by_health_and_in_every_answer(weights):
    with TestClient(create_app(Settings(), Limits(), Nobody())) as client:
        note = client.get("/health").json()["note"]
        assert "only knows rendered portraits" in note
        answer = ask(client, answer="json", settings='{"occluder": false}')
        assert answer.json()["engine"]["note"] == note
        assert ask(client, settings='{"occluder": false}').headers["x-engine-note"] == note


def test_of_other_nets_nothing_is_told(client):
    assert client.get("/health").json()["note"] is None
    assert "x-engine-note" not in ask(client).headers


@pytest.mark.parametrize(
    ("photo", "form", "status", "place"),
    [
        (b"not an image", {}, 422, "image"),
        (PHOTO[: len(PHOTO) // 2], {}, 422, "image"),
        (b"", {}, 422, "image"),
        (png(np.zeros((500, 500, 3), np.uint8)), {}, 413, "image"),
        (bytes(600_000), {}, 413, "image"),
        (PHOTO, {"analysis": "{"}, 422, "analysis"),
        (PHOTO, {"analysis": '{"output_image_data": 5}'}, 422, "analysis.output_image_data"),
        (PHOTO, {"analysis": ""}, 422, "image"),  # nobody is found in it
        (PHOTO, {"settings": "[]"}, 422, "settings"),
        (PHOTO, {"settings": '{"blend": "much"}'}, 422, "settings.blend"),
        (PHOTO, {"settings": '{"models": "enhancer"}'}, 422, "settings.models"),
        (PHOTO, {"answer": "gif"}, 422, "answer"),
    ],
)
def test_what_is_wrong_is_answered_with_its_status_and_place(client, photo, form, status, place):
    answer = ask(client, photo, **form)
    assert answer.status_code == status
    jsonschema.validate(answer.json(), schema("error"))
    assert answer.json()["error"]["path"] == place
    assert "/tmp" not in answer.json()["error"]["message"]


def test_a_request_that_is_no_form(client):
    assert client.post("/enhance", content=b"x").status_code == 422
    head = {"content-type": "multipart/form-data"}
    answer = client.post("/enhance", content=b"x", headers=head)
    assert answer.status_code == 400
    jsonschema.validate(answer.json(), schema("error"))
    assert client.get("/enhance").status_code == 405


@pytest.mark.parametrize(
    ("parts", "query", "path", "message"),
    [
        ({"data": {"analysis": "{}"}}, "", "image", "it must be given."),
        ({"data": {"image": "x"}}, "", "image", "it must be a file."),
        ({"files": {"image": ("x.png", PHOTO)}}, "?answer=gif", "answer", "it must be 'png' or 'json'."),
        (
            {"files": {"image": ("x.png", PHOTO)}, "data": {"settings": '{"blend": "0.5"}'}},
            "",
            "settings.blend",
            "'0.5' cannot be used: it must be a number.",
        ),
    ],
)
def test_a_wrong_form_is_told_in_plain_words(client, parts, query, path, message):
    assert client.post(f"/enhance{query}", **parts).json() == {"error": {"path": path, "message": message}}


@pytest.mark.parametrize("field", ["image", "analysis", "settings"])
def test_a_field_that_is_given_twice_is_refused(client, field):
    value = ("x.png", PHOTO) if field == "image" else (None, "{}")
    parts = {"image": ("x.png", PHOTO), "analysis": (None, ANALYSIS)} | {field: value}
    answer = client.post("/enhance", files=[*parts.items(), (field, value)])
    assert answer.status_code == 400
    assert answer.json() == {"error": {"path": field, "message": "it is given more than once: send it once."}}


def test_fields_that_nobody_reads_are_refused(client):
    answer = ask(client, setings="{}")
    assert answer.status_code == 422
    assert answer.json()["error"] == {"path": "setings", "message": "there is no such field: did you mean settings?"}
    for query, status in (("anwser=json", 422), ("answer=png&answer=json", 400)):
        answer = client.post(f"/enhance?{query}", files={"image": ("x.png", PHOTO)})
        assert answer.status_code == status
        jsonschema.validate(answer.json(), schema("error"))


def part(head, body=b"x"):
    return b"--b\r\n" + head + b"\r\n\r\n" + body + b"\r\n--b--\r\n"


FORM = "multipart/form-data; boundary=b"
NAMED = b'Content-Disposition: form-data; name="%s"'
MALFORMED = {
    "no boundary": (b"x", "multipart/form-data"),
    "another boundary": (b"--c\r\n\r\nx\r\n--c--", FORM),
    "a part without a name": (part(b"Content-Disposition: form-data"), FORM),
    "a broken header": (part(b"\xff\xfe: \x00"), FORM),
    "cut off": (part(NAMED % b"image")[:50], FORM),
    "too many parts": (b"".join(part(NAMED % b"f%d" % i)[:-6] + b"\r\n" for i in range(1100)) + b"--b--", FORM),
    "a long field": (part(NAMED % b"settings", b"x" * 1_100_000), FORM),
    "bytes that are no text": (part(NAMED % b"settings", b"\xff\xfe"), FORM + "; charset=utf-8"),
    "an unknown charset": (part(NAMED % b"settings", b"\xff\xfe"), FORM + "; charset=x"),
    "nothing": (b"", FORM),
    "JSON": (b'{"image": 1}', "application/json"),
    "broken JSON": (b"{", "application/json"),
    "no file": (b"image=x&settings={}", "application/x-www-form-urlencoded"),
    "fields without names": (b"image=%zz&=&&&", "application/x-www-form-urlencoded"),
    "no type": (b"x", ""),
}
LIBRARIES = (
    "nput",
    "valid ",
    "nvalid",
    "Field",
    "required",
    "Expect",
    "xceeded",
    "Too many",
    "Missing",
    "Not ",
    "pydantic",
)


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_request_is_told_in_our_words(weights, name):
    app = create_app(Settings(models="standin"), Limits(megabytes=2), Nobody())
    content, kind = MALFORMED[name]
    answer = TestClient(app).post("/enhance", content=content, headers={"content-type": kind})
    assert answer.status_code in (400, 422)
    jsonschema.validate(answer.json(), schema("error"))
    message = answer.json()["error"]["message"]
    assert message.endswith((".", "?"))
    assert not [word for word in LIBRARIES if word in message.replace("not valid JSON", "")]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("POST", "/else", 404), ("GET", "/enhance", 405), ("DELETE", "/health", 405), ("X", "/", 404)],
)
def test_another_address_or_method_is_told_in_our_words(client, method, path, status):
    answer = client.request(method, path)
    assert answer.status_code == status
    jsonschema.validate(answer.json(), schema("error"))
    assert "POST /enhance" in answer.json()["error"]["message"]


FAR = json.dumps({"output_image_data": {"landmark_set": {"5": [[1e300, 1], *LANDMARKS["5"][1:]]}}})


@pytest.mark.parametrize(
    ("form", "path"),
    [
        ({"settings": '{"blend": 1e999}'}, "settings"),
        ({"settings": '{"face": ' + "9" * 400 + "}"}, "settings"),
        ({"settings": '{"\\ud800": 1}'}, "settings"),
        ({"analysis": FAR}, "analysis.output_image_data.landmark_set"),
    ],
)
def test_numbers_and_text_that_nothing_can_hold_are_refused(client, form, path):
    answer = ask(client, answer="json", **form)
    assert answer.status_code == 422
    assert answer.json()["error"]["path"].startswith(path)


def test_a_defect_is_answered_without_its_details(weights):
    class Broken:
        def detect(self, image):
            raise RuntimeError("a secret")

    app = create_app(Settings(models="standin"), detector=Broken())
    answer = ask(TestClient(app, raise_server_exceptions=False), analysis="")
    assert answer.status_code == 500
    jsonschema.validate(answer.json(), schema("error"))
    assert "secret" not in answer.text


def test_an_upload_that_does_not_say_its_size_is_cut_off(client):
    sent = 0

    def endless():
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="image"; filename="x"\r\n\r\n'
        for _ in range(100):
            sent += 100_000
            yield bytes(100_000)

    answer = client.post("/enhance", content=endless(), headers={"content-type": "multipart/form-data; boundary=b"})
    assert answer.status_code == 413
    jsonschema.validate(answer.json(), schema("error"))


def test_when_all_places_are_taken_the_next_is_told_to_come_back(weights):
    started, go = threading.Event(), threading.Event()

    class Slow:
        def detect(self, image):
            started.set()
            assert go.wait(60)
            return []

    app = create_app(Settings(models="standin"), Limits(parallel=1, waiting=0), Slow())
    with TestClient(app) as client, ThreadPoolExecutor(1) as others:
        first = others.submit(ask, client, analysis="")
        assert started.wait(60)
        second = ask(client)
        assert client.get("/health").status_code == 200
        go.set()
        assert first.result().status_code == 422
    assert second.status_code == 503
    assert int(second.headers["retry-after"]) == admission.RETRY_SECONDS
    jsonschema.validate(second.json(), schema("error"))


@pytest.mark.parametrize("limits", [{"megabytes": 0}, {"parallel": 0}, {"waiting": -1}])
def test_limits_that_allow_nothing_are_refused(limits):
    with pytest.raises(BadInput, match="above 0"):
        Limits(**limits)


def storm(client, count):
    """Status codes of as many requests at once."""
    with ThreadPoolExecutor(min(count, 50)) as pool:
        return [answer.status_code for answer in pool.map(lambda _: ask(client), range(count))]


def test_many_requests_at_once_are_all_answered(client):
    assert storm(client, 24) == [200] * 24


def fuzz(app, examples):
    """Status codes of requests drawn from the app's own description, valid ones and others, all held against it."""
    import schemathesis
    from hypothesis import HealthCheck, Phase, given
    from hypothesis import settings as profile
    from schemathesis import GenerationMode, checks

    described, seen = schemathesis.openapi.from_asgi("/openapi.json", app), []
    wanted = [
        checks.not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
        checks.response_headers_conformance,
    ]
    calm = {"suppress_health_check": list(HealthCheck), "derandomize": True, "database": None, "deadline": None}
    for result in described.get_all_operations():
        for mode in GenerationMode.POSITIVE, GenerationMode.NEGATIVE:

            @profile(max_examples=examples, phases=[Phase.generate], **calm)
            @given(result.ok().as_strategy(generation_mode=mode))
            def each(case):
                seen.append(case.call_and_validate(checks=wanted).status_code)

            with contextlib.suppress(Unsatisfiable):  # GET /health takes nothing that could be wrong
                each()
    return seen


def test_a_few_drawn_requests_keep_to_the_description(app):
    assert set(fuzz(app, 5)) <= {200, 400, 405, 413, 422}


@pytest.mark.full
def test_many_drawn_requests_keep_to_the_description(app):
    seen = fuzz(app, 150)
    assert len(seen) > 200
    assert {200, 422} <= set(seen) <= {200, 400, 405, 413, 422}


class Server:
    """`face-edit enhance --serve` as a process of its own."""

    def __init__(self, weights, *more):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [sys.executable, "-m", "apps.cli", "enhance", "--serve", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [*command, "--set", "models=standin", *more],
            env={**os.environ, "FACE_EDIT_WEIGHTS": str(weights)},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert "http://127.0.0.1" in self.process.stdout.readline()
        while True:  # uvicorn listens a moment after it says so
            with contextlib.suppress(httpx.TransportError):
                self.ask("health")
                return
            assert self.process.poll() is None, self.process.stderr.read()
            time.sleep(0.05)

    def ask(self, path, photo=None):
        url = f"http://127.0.0.1:{self.port}/{path}"
        if photo is None:
            return httpx.get(url, timeout=120)
        return httpx.post(url, files={"image": ("x.png", photo)}, data={"analysis": ANALYSIS}, timeout=300)

    def rss(self):
        """Resident memory, bytes."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize()


@pytest.fixture
def server(weights):
    servers = []

    def start(*more):
        servers.append(Server(weights, *more))
        return servers[-1]

    yield start
    for each in servers:
        if each.process.poll() is None:
            each.process.kill()
        each.process.communicate()


@pytest.mark.full
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_server_finishes_what_it_has_begun(server, how):
    running = server()
    parts = [("image", PHOTO), ("analysis", ANALYSIS.encode())]
    head = '--b\r\nContent-Disposition: form-data; name="{0}"; filename="{0}"\r\n\r\n'
    head_of = {"image": head, "analysis": head.replace('; filename="{0}"', "")}
    body = b"".join(head_of[name].format(name).encode() + part + b"\r\n" for name, part in parts) + b"--b--\r\n"
    with socket.create_connection(("127.0.0.1", running.port)) as line:
        line.sendall(
            b"POST /enhance HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n\r\n" % len(body)
        )
        assert b"100 Continue" in line.recv(1000)  # it has begun, and waits for the body
        running.process.send_signal(how)
        line.sendall(body)
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    assert b" 200 " in answer.splitlines()[0]
    assert b"image/png" in answer
    _, errors = running.process.communicate(timeout=120)
    assert running.process.returncode == 0
    assert "Traceback" not in errors
    with pytest.raises(httpx.TransportError):
        running.ask("health")


@pytest.mark.full
def test_two_hundred_requests_at_once_neither_crash_it_nor_fill_the_memory(server):
    running = server("--waiting", "8", "--max-mb", "8")
    photo = png(wall(1200, 900))
    for _ in range(12):
        assert running.ask("enhance", photo).status_code == 200
    before = running.rss()
    with ThreadPoolExecutor(200) as pool:
        answers = list(pool.map(lambda _: running.ask("enhance", photo).status_code, range(200)))
    assert set(answers) <= {200, 503}
    assert answers.count(200) >= 9
    assert running.ask("enhance", bytes(9_000_000)).status_code == 413
    assert running.ask("health").status_code == 200
    for _ in range(5):
        assert running.ask("enhance", photo).status_code == 200
    assert running.rss() < 2 * before


def test_a_port_that_is_taken_is_told(weights, capsys):
    from apps.cli import main

    before = [signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)]
    try:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            command = ["enhance", "--serve", "--set", "models=standin", "--port", str(taken.getsockname()[1])]
            assert main(command) == 1
    finally:
        for name, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
            signal.signal(name, handler)
    assert "choose another --port" in capsys.readouterr().err
