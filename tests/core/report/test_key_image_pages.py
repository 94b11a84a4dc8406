"""Key images as pages of their own."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from lumbar_core.report.key_image import KeyPicture, key_pictures
from lumbar_core.report.key_image_pages import render_key_images
from lumbar_core.report.language import LANGUAGES
from tests.core.report.pdf_pages import extracted, image_boxes, text_boxes
from tests.factories import a_mixed_result

RESULT = a_mixed_result()
PICTURES = {
    key: KeyPicture(np.add.outer(np.arange(320), np.arange(320)).astype(np.float32), 12) for key in key_pictures(RESULT)
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_caption_of_a_narrow_picture_does_not_reach_into_the_notice(language):
    pdf = render_key_images(RESULT, PICTURES, language)
    for pictures, texts in zip(image_boxes(pdf), text_boxes(pdf), strict=True):
        ((_, picture_bottom, _, _),) = pictures
        below = [box for box in texts if box[3] <= picture_bottom]
        assert len(below) >= 2, "a caption and a notice"
        for one, other in combinations(below, 2):
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def test_each_page_says_what_it_shows_and_that_nobody_has_reviewed_it():
    texts = extracted(render_key_images(RESULT, PICTURES))
    assert len(texts) == len(PICTURES)
    assert all("slice 12 of" in " ".join(text.split()) for text in texts)
    assert all("unreviewed program output" in " ".join(text.split()) for text in texts)


def test_without_a_picture_there_is_no_page():
    assert render_key_images(RESULT, {}) is None
