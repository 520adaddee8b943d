import numpy as np

from pipeline.core.crop import Crop, apply, corners
from pipeline.photo.paste import own_part


def test_faces_that_overlap_share_the_photo_between_them() -> None:
    crops = [
        Crop(corners(np.array([[x, 0], [x, s], [x + s, s], [x + s, 0]], float)), 300, 300, 64)
        for x, s in ((0, 200), (100, 160))
    ]
    parts = [own_part(crop, crops) for crop in crops]
    for crop, part, other in zip(crops, parts, crops[::-1], strict=True):
        assert part is not None
        assert part[32, 32] == 1
        assert 0.4 < part.mean() < 1
        owned = apply(crop.to_photo(), np.argwhere(part > 0)[:, ::-1])
        centres = [np.mean(one.quad, axis=0) for one in (crop, other)]
        own, others = (
            np.hypot(*(owned - centre).T) / one.side for centre, one in zip(centres, (crop, other), strict=True)
        )
        assert (own <= others).all()
    assert own_part(crops[0], crops[:1]) is None
    assert own_part(crops[0], [crops[0], None]) is None
