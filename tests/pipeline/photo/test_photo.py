"""A photo keeps its depth, its channels and what it says about itself; what is no photo gets one sentence."""

import json
import warnings
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from pipeline.core.errors import BadInput
from pipeline.core.images import read_image
from pipeline.photo.metadata import GPS_IFD, OUR_NAMESPACE, SYNTHETIC
from pipeline.photo.photo import Photo, read_photo, write_photo
from tests.support.icc_profiles import wide_gamut

COLOURS = np.random.default_rng(0).integers(0, 256, (12, 20, 3), np.uint8)
DEEP = np.random.default_rng(1).integers(0, 65536, (12, 20, 4), np.uint16)
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
PACKET = (
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
    'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6" exif:GPSLatitude="47,0.0N" dc:source="mine">'
    "<exif:GPSLongitude>8,0.0E</exif:GPSLongitude><dc:format>image/jpeg</dc:format></rdf:Description></rdf:RDF>"
    '</x:xmpmeta><?xpacket end="w"?>'
)


def exif(orientation: int = 1) -> Image.Exif:
    block = Image.Exif()
    block[0x010F], block[0x0112], block[0x8298] = "A camera", orientation, "Somebody"
    block.get_ifd(0x8769)[0x9003] = "2020:01:02 03:04:05"
    block.get_ifd(0x8769).update({0xA002: 12, 0xA003: 20})
    block.get_ifd(GPS_IFD).update({1: "N", 2: (47.0, 0.0, 0.0)})
    return block


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_wide_colours_are_shown_to_nets_as_srgb_and_written_as_they_are(tmp_path: Path, suffix: str) -> None:
    flat = np.full((16, 16, 3), (200, 60, 60), np.uint8)
    Image.fromarray(flat).save(tmp_path / "a.png", icc_profile=wide_gamut())
    photo = read_photo(tmp_path / "a.png")
    np.testing.assert_array_equal(photo.pixels, flat)
    np.testing.assert_array_equal(photo.rgb, read_image(tmp_path / "a.png"))
    assert photo.rgb[0, 0, 0] > 210  # the same red needs more of a smaller gamut's
    assert np.abs(photo.own(photo.rgb).astype(int) - flat).max() <= 1
    write_photo(tmp_path / f"b{suffix}", photo)
    again = read_photo(tmp_path / f"b{suffix}")
    assert again.metadata.icc == wide_gamut()
    assert np.abs(again.pixels.astype(int) - flat).max() <= 1


def there_and_back(photo: Photo, path: Path) -> Photo:
    write_photo(path, photo)
    return read_photo(path)


@pytest.mark.parametrize(
    "pixels",
    [
        COLOURS,
        COLOURS[:, :, 0],
        COLOURS[:, :, :2],
        np.dstack([COLOURS, COLOURS[:, :, 0]]),
        DEEP[:, :, 0],
        DEEP[:, :, :3],
        DEEP,
    ],
    ids=["RGB", "grey", "grey with alpha", "RGBA", "16-bit grey", "16-bit RGB", "16-bit RGBA"],
)
def test_every_kind_comes_back_bit_by_bit(tmp_path: Path, pixels: np.ndarray) -> None:
    path = tmp_path / "a.png"
    if pixels.dtype == np.uint16 and pixels.ndim == 3:
        cv2.imwrite(str(path), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR if pixels.shape[2] == 3 else cv2.COLOR_RGBA2BGRA))
    else:
        Image.fromarray(np.ascontiguousarray(pixels)).save(path)
    photo = read_photo(path)
    again = there_and_back(photo, tmp_path / "b.png")
    for found in (photo, again):
        assert found.pixels.dtype == pixels.dtype
        np.testing.assert_array_equal(found.pixels, pixels)
    assert (photo.rgb.shape, photo.rgb.dtype) == ((12, 20, 3), np.uint8)


def test_sixteen_bit_tiff(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.tif"), cv2.cvtColor(DEEP[:, :, :3], cv2.COLOR_RGB2BGR))
    np.testing.assert_array_equal(read_photo(tmp_path / "a.tif").pixels, DEEP[:, :, :3])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("deep", [False, True])
def test_orientation_is_applied_once(tmp_path: Path, orientation: int, deep: bool) -> None:
    pixels = DEEP[:, :, :3].copy() if deep else COLOURS
    stored = {
        1: pixels,
        2: pixels[:, ::-1],
        3: pixels[::-1, ::-1],
        4: pixels[::-1],
        5: pixels.swapaxes(0, 1),
        6: np.rot90(pixels, 1),
        7: pixels.swapaxes(0, 1)[::-1, ::-1],
        8: np.rot90(pixels, -1),
    }[orientation]
    path = tmp_path / "a.png"
    if deep:
        write_photo(path, Photo("a", np.ascontiguousarray(stored), recipe={}))
        whole, block = path.read_bytes(), tmp_path / "block.png"
        Image.new("L", (1, 1)).save(block, exif=exif(orientation))
        chunk = block.read_bytes()
        start = chunk.index(b"eXIf") - 4
        end = start + 12 + int.from_bytes(chunk[start : start + 4], "big")
        old = whole.index(b"eXIf") - 4
        old_end = old + 12 + int.from_bytes(whole[old : old + 4], "big")
        path.write_bytes(whole[:old] + chunk[start:end] + whole[old_end:])
    else:
        Image.fromarray(np.ascontiguousarray(stored)).save(path, exif=exif(orientation))
    photo = read_photo(path)
    np.testing.assert_array_equal(photo.pixels, pixels)
    np.testing.assert_array_equal(there_and_back(photo, tmp_path / "b.png").pixels, pixels)


def test_a_tiff_says_nothing_about_how_it_was_stored(tmp_path: Path) -> None:
    Image.fromarray(COLOURS).save(tmp_path / "a.tif", exif=exif(6), compression="tiff_lzw", icc_profile=PROFILE)
    photo = read_photo(tmp_path / "a.tif")
    np.testing.assert_array_equal(photo.pixels, np.rot90(COLOURS, -1))
    write_photo(tmp_path / "b.png", photo)
    with Image.open(tmp_path / "b.png") as file:
        file.load()
        tags = set(file.getexif())
        assert file.info["icc_profile"] == PROFILE
    assert {0x010F, 0x8298} <= tags
    assert not tags & {256, 257, 258, 259, 262, 273, 274, 277, 278, 279, 284, 34675}


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_what_a_photo_says_survives_but_for_the_place(tmp_path: Path, suffix: str) -> None:
    Image.fromarray(COLOURS).save(
        tmp_path / "a.jpg", exif=exif(6), icc_profile=PROFILE, xmp=PACKET.encode(), dpi=(240, 240)
    )
    photo = read_photo(tmp_path / "a.jpg")
    recipe_of_the_edit = {"edits": {"Bp_max": 1.0}, "note": '<a> & "b"'}
    write_photo(tmp_path / f"b.{suffix}", replace(photo, recipe=recipe_of_the_edit))
    with Image.open(tmp_path / f"b.{suffix}") as file:
        file.load()
        block, xmp = file.getexif(), file.info.get("xmp") or file.info["XML:com.adobe.xmp"].encode()
        assert file.info["icc_profile"] == PROFILE
        assert file.info["dpi"] == pytest.approx((240, 240), abs=0.1)
    recipes = [element.get(f"{{{OUR_NAMESPACE}}}Recipe") for element in ElementTree.fromstring(xmp).iter()]
    assert [json.loads(recipe) for recipe in recipes if recipe] == [recipe_of_the_edit]
    assert (block[0x010F], block[0x8298], block.get(0x0112)) == ("A camera", "Somebody", None)
    assert block[0x0131].startswith("gan-face-editing")
    details = block.get_ifd(0x8769)
    assert details[0x9003] == "2020:01:02 03:04:05"
    assert (details[0xA002], details[0xA003]) == (photo.pixels.shape[1], photo.pixels.shape[0])
    assert GPS_IFD not in block
    assert b"GPS" not in xmp
    assert b"tiff:Orientation" not in xmp
    assert b"dc:source" in xmp
    assert SYNTHETIC.encode() in xmp


def test_the_place_stays_when_asked(tmp_path: Path) -> None:
    Image.fromarray(COLOURS).save(tmp_path / "a.jpg", exif=exif(), xmp=PACKET.encode())
    write_photo(tmp_path / "b.jpg", read_photo(tmp_path / "a.jpg"), gps=True)
    with Image.open(tmp_path / "b.jpg") as file:
        assert file.getexif().get_ifd(GPS_IFD)[1] == "N"
        assert b"GPSLatitude" in file.info["xmp"]
        assert 0x0131 not in file.getexif()  # nothing was edited, nothing is marked
        assert SYNTHETIC.encode() not in file.info["xmp"]


def test_an_edit_of_an_edit_has_one_mark(tmp_path: Path) -> None:
    Image.fromarray(COLOURS).save(tmp_path / "a.png")
    write_photo(tmp_path / "b.png", replace(read_photo(tmp_path / "a.png"), recipe={"edit": "first"}))
    write_photo(tmp_path / "c.png", replace(read_photo(tmp_path / "b.png"), recipe={"edit": "second"}))
    with Image.open(tmp_path / "c.png") as file:
        packet = file.info["XML:com.adobe.xmp"]
    assert packet.count(SYNTHETIC) == packet.count("faceedit:Recipe") == 1
    assert "second" in packet


def test_writing_is_deterministic(tmp_path: Path) -> None:
    Image.fromarray(COLOURS).save(tmp_path / "a.jpg", exif=exif(), xmp=PACKET.encode())
    for suffix in ("png", "jpg"):
        files = [tmp_path / f"{name}.{suffix}" for name in "bc"]
        for path in files:
            write_photo(path, replace(read_photo(tmp_path / "a.jpg"), recipe={"b": 1, "a": 2}))
        assert files[0].read_bytes() == files[1].read_bytes()


def test_cmyk_becomes_rgb_without_its_profile(tmp_path: Path) -> None:
    Image.fromarray(COLOURS).convert("CMYK").save(tmp_path / "a.jpg", quality=100, subsampling=0, icc_profile=b"no")
    photo = read_photo(tmp_path / "a.jpg")
    assert photo.pixels.shape == (12, 20, 3)
    assert np.abs(photo.pixels.astype(int) - COLOURS).mean() < 10
    assert photo.metadata.icc is None


def test_palettes_and_bits(tmp_path: Path) -> None:
    image = Image.new("P", (4, 2), 1)
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((0, 0), 0)
    image.save(tmp_path / "a.png", transparency=0)
    pixels = read_photo(tmp_path / "a.png").pixels
    assert pixels.shape == (2, 4, 4)
    assert (pixels[0, 0, 3], pixels[1, 1].tolist()) == (0, [40, 50, 60, 255])
    Image.new("1", (5, 4), 1).save(tmp_path / "b.png")
    assert (read_photo(tmp_path / "b.png").pixels == np.full((4, 5), 255)).all()


def test_transparency_lies_on_white_for_nets() -> None:
    pixels = np.dstack([COLOURS, np.zeros((12, 20), np.uint8)])
    pixels[:, :5, 3] = 255
    seen = Photo("a", pixels).rgb
    np.testing.assert_array_equal(seen[:, :5], COLOURS[:, :5])
    assert (seen[:, 5:] == 255).all()
    assert (Photo("a", np.full((2, 2, 2), 7, np.uint8)).rgb > 245).all()


def test_a_broken_block_says_nothing(tmp_path: Path) -> None:
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", "<broken")
    Image.fromarray(COLOURS).save(tmp_path / "a.png", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", pnginfo=info)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        photo = read_photo(tmp_path / "a.png")
    np.testing.assert_array_equal(photo.pixels, COLOURS)
    np.testing.assert_array_equal(there_and_back(photo, tmp_path / "b.png").pixels, COLOURS)


@pytest.mark.parametrize("content", [b"", b"<html>sign in</html>", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"])
def test_what_is_no_photo_gets_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "page.jpg"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"page\.jpg") as error:
        read_photo(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.95])
def test_truncated_deep_photo(tmp_path: Path, kept: float) -> None:
    path = tmp_path / "cut.png"
    cv2.imwrite(str(path), np.repeat(np.repeat(DEEP[:, :, :3], 8, 0), 8, 1))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with pytest.raises(BadInput, match=r"cut\.png"):
        read_photo(path)


def test_a_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    from tests.pipeline.core.test_images import _png

    path = tmp_path / "bomb.png"
    path.write_bytes(_png(60_000, 60_000))
    with pytest.raises(BadInput, match="megapixels"):
        read_photo(path)


def test_other_formats_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"\.png, which keeps every pixel"):
        write_photo(tmp_path / "a.gif", Photo("a", COLOURS))
