"""Whatever lies in a user's folder is read as RGB or refused in one sentence."""

import io
import os
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from pipeline.batch.inputs import input_digest
from pipeline.core.errors import BadInput
from pipeline.core.images import list_images, psnr, read_image, resize, write_image

GRADIENT = np.stack(np.meshgrid(np.arange(0, 240, 10), np.arange(0, 160, 10)), -1).astype(np.uint8)
PICTURE = np.dstack([GRADIENT, np.full(GRADIENT.shape[:2], 90, np.uint8)])


def _sentence(error: pytest.ExceptionInfo[BadInput], path: Path) -> str:
    text = str(error.value)
    assert str(path) in text
    assert "\n" not in text
    return text


def test_png_comes_back_exactly_and_jpeg_nearly(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", PICTURE)
    write_image(tmp_path / "a.jpg", PICTURE)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), PICTURE)
    assert np.abs(read_image(tmp_path / "a.jpg").astype(int) - PICTURE).max() <= 6


def test_writing_is_deterministic_and_refuses_other_kinds(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", PICTURE)
    write_image(tmp_path / "b.png", PICTURE)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with pytest.raises(BadInput, match=r"\.png or \.jpg"):
        write_image(tmp_path / "a.gif", PICTURE)
    with pytest.raises(BadInput, match="RGB uint8"):
        write_image(tmp_path / "a.png", PICTURE.astype(np.float32))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int) -> None:
    stored = {
        1: PICTURE,
        2: PICTURE[:, ::-1],
        3: PICTURE[::-1, ::-1],
        4: PICTURE[::-1],
        5: PICTURE.transpose(1, 0, 2),
        6: np.rot90(PICTURE, 1),
        7: PICTURE.transpose(1, 0, 2)[::-1, ::-1],
        8: np.rot90(PICTURE, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(stored)).save(tmp_path / "turned.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "turned.png"), PICTURE)


def test_cmyk(tmp_path: Path) -> None:
    Image.fromarray(PICTURE).convert("CMYK").save(tmp_path / "print.jpg", quality=100, subsampling=0)
    assert np.abs(read_image(tmp_path / "print.jpg").astype(int) - PICTURE).max() <= 10


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bit_grey_is_scaled_not_cut(tmp_path: Path, suffix: str) -> None:
    grey = PICTURE[..., 0]
    Image.fromarray(grey.astype(np.uint16) * 257).save(tmp_path / f"deep.{suffix}")
    np.testing.assert_array_equal(read_image(tmp_path / f"deep.{suffix}"), np.repeat(grey[..., None], 3, 2))


def test_sixteen_bit_grey_that_is_dark_stays_dark(tmp_path: Path) -> None:
    Image.fromarray(np.full((4, 4), 200, np.uint16)).save(tmp_path / "dark.png")
    assert read_image(tmp_path / "dark.png").max() <= 1


def test_sixteen_bit_colour(tmp_path: Path) -> None:
    import cv2

    cv2.imwrite(str(tmp_path / "deep.png"), PICTURE[..., ::-1].astype(np.uint16) * 257)
    assert np.abs(read_image(tmp_path / "deep.png").astype(int) - PICTURE).max() <= 1


def test_grey_and_one_bit(tmp_path: Path) -> None:
    Image.fromarray(PICTURE[..., 0]).save(tmp_path / "grey.png")
    np.testing.assert_array_equal(read_image(tmp_path / "grey.png"), np.repeat(PICTURE[..., :1], 3, 2))
    Image.new("1", (5, 4), 1).save(tmp_path / "bit.png")
    np.testing.assert_array_equal(read_image(tmp_path / "bit.png"), np.full((4, 5, 3), 255))


def test_transparency_lies_on_white(tmp_path: Path) -> None:
    alpha = np.zeros(PICTURE.shape[:2], np.uint8)
    alpha[:, :5] = 255
    Image.fromarray(np.dstack([PICTURE, alpha])).save(tmp_path / "clear.png")
    pixels = read_image(tmp_path / "clear.png")
    np.testing.assert_array_equal(pixels[:, :5], PICTURE[:, :5])
    assert (pixels[:, 5:] == 255).all()


def test_palette_with_a_transparent_colour(tmp_path: Path) -> None:
    image = Image.new("P", (4, 2), 1)
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((0, 0), 0)
    image.save(tmp_path / "palette.png", transparency=0)
    pixels = read_image(tmp_path / "palette.png")
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[1, 1].tolist() == [40, 50, 60]


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp", "tif"])
@pytest.mark.parametrize("kept", [0.02, 0.5, 0.95])
def test_truncated(tmp_path: Path, suffix: str, kept: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    path = tmp_path / f"cut.{suffix}"
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with pytest.raises(BadInput) as error:
        read_image(path)
    _sentence(error, path)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["PNG", "JPEG", "WEBP", "BMP", "TIFF"]),
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_flipped_bytes_give_an_image_or_a_sentence(tmp_path: Path, kind: str, flips: list[tuple[float, int]]) -> None:
    buffer = io.BytesIO()
    Image.fromarray(PICTURE).save(buffer, kind)
    content = bytearray(buffer.getvalue())
    for place, value in flips:
        content[int(place * len(content))] = value
    path = tmp_path / "flipped.png"
    path.write_bytes(content)
    try:
        pixels = read_image(path, max_pixels=1_000_000)
    except BadInput as error:
        assert "\n" not in str(error)
    else:
        assert (pixels.dtype, pixels.ndim, pixels.shape[2]) == (np.uint8, 3, 3)


def _png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [10_001, 60_000, 2**31 - 1])
def test_a_bomb_is_refused_by_its_header(tmp_path: Path, side: int) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(_png(side, side))
    with pytest.raises(BadInput, match="megapixels") as error:
        read_image(path)
    _sentence(error, path)


def test_the_limit_can_be_set(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", PICTURE)
    with pytest.raises(BadInput, match="megapixels"):
        read_image(tmp_path / "a.png", max_pixels=PICTURE.shape[0] * PICTURE.shape[1] - 1)


BODIES = {
    "a bomb": (b"zTXt", b"comment\0\0" + zlib.compress(bytes(200_000_000)), True),
    "an international bomb": (b"iTXt", b"comment\0\1\0\0\0" + zlib.compress(bytes(2_000_000)), True),
    "not packed": (b"zTXt", b"comment\0\0nothing that zlib knows", True),
    "a wrong checksum": (b"tEXt", b"comment\0hello", False),
    "no end of its name": (b"tEXt", b"comment", True),
    "much": (b"tEXt", b"comment\0" + bytes(70_000_000), True),
}


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("name", BODIES)
def test_a_whole_picture_is_read_whatever_its_texts_are(tmp_path: Path, name: str, place: str) -> None:
    kind, body, right = BODIES[name]
    write_image(tmp_path / "a.png", PICTURE)
    whole = (tmp_path / "a.png").read_bytes()
    start = 33 if place == "before" else len(whole) - 12
    text = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body) ^ (not right))
    (tmp_path / "a.png").write_bytes(whole[:start] + text + whole[start:])
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), PICTURE)


def test_the_first_of_several_pictures_is_used_and_that_is_said(tmp_path: Path) -> None:
    first, second = Image.fromarray(PICTURE), Image.fromarray(255 - PICTURE)
    first.save(tmp_path / "a.tif", save_all=True, append_images=[second])
    with pytest.warns(UserWarning, match=r"a\.tif holds several pictures: the first one is used"):
        np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), PICTURE)
    first.save(tmp_path / "phone.jpg", "MPO", save_all=True, append_images=[second])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_image(tmp_path / "phone.jpg")


@pytest.mark.parametrize("content", [b"", b"<html>sign in</html>", bytes(1000), b"\x89PNG\r\n\x1a\n"])
def test_not_an_image(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "page.png"
    path.write_bytes(content)
    with pytest.raises(BadInput) as error:
        read_image(path)
    _sentence(error, path)


@pytest.mark.parametrize("name", ["IMG_0001.HEIC", "renamed.jpg"])
def test_heic_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\0\0\0\x24ftypheic\0\0\0\0mif1heic" + bytes(100))
    with pytest.raises(BadInput, match=r"is a HEIC photo.* save it as JPEG or PNG") as error:
        read_image(path)
    _sentence(error, path)


def test_missing_and_folder(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no image"):
        read_image(tmp_path / "none.png")
    with pytest.raises(BadInput, match="folder"):
        read_image(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are a matter of Unix")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(BadInput, match=r"pipe\.png is a pipe or a device"):
        read_image(tmp_path / "pipe.png")
    assert input_digest(tmp_path / "pipe.png") == ""


def test_list_images_takes_images_in_order(tmp_path: Path) -> None:
    for name in ("b.png", "a.JPG", "c.txt", "d.heic", ".hidden.png"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "folder.png").mkdir()
    assert [path.name for path in list_images(tmp_path)[0]] == ["a.JPG", "b.png", "d.heic"]
    with pytest.raises(BadInput, match="no folder"):
        list_images(tmp_path / "none")


@given(st.integers(1, 60), st.integers(0, 255))
def test_resize_keeps_a_flat_colour(size: int, value: int) -> None:
    assert (resize(np.full((16, 16, 3), value, np.uint8), size) == value).all()


def test_resize_averages_when_shrinking() -> None:
    board = np.indices((8, 8)).sum(0)[..., None].repeat(3, 2) % 2 * 200
    assert (resize(board.astype(np.uint8), 4) == 100).all()
    assert resize(PICTURE, 8).shape == (8, 8, 3)


def flat(value: int) -> np.ndarray:
    return np.full((32, 32, 3), value, np.uint8)


def test_psnr_of_a_known_error() -> None:
    assert psnr(flat(100), flat(110)) == pytest.approx(10 * np.log10(255**2 / 100))
    assert psnr(flat(7), flat(7)) == 60
    one_level = flat(7)
    one_level[0, 0, 0] = 8
    assert psnr(flat(7), one_level) == 60


def test_masked_psnr_looks_at_the_mask_only() -> None:
    result, upper = flat(100), np.zeros((32, 32), bool)
    result[:16], upper[:16] = 160, True
    assert psnr(flat(100), result, upper) == pytest.approx(10 * np.log10(255**2 / 3600))
    assert psnr(flat(100), result, ~upper) == 60
    assert np.isnan(psnr(flat(1), flat(2), np.zeros((32, 32), bool)))


@given(arrays(np.uint8, (12, 12, 3)), arrays(np.uint8, (12, 12, 3)))
def test_psnr_is_symmetric(first: np.ndarray, second: np.ndarray) -> None:
    assert psnr(first, second) == psnr(second, first)
