"""The printed page."""

from __future__ import annotations

import base64
import re
import zlib
from dataclasses import replace

import numpy as np
import pytest

from lumbar_core.anatomy import Level, Reason
from lumbar_core.report.key_image import KeyPicture, key_pictures
from lumbar_core.report.pdf_text import runs, text_width, wrap
from lumbar_core.report.result import INTENDED_USE, NOT_LOOKED_FOR, InputInfo, ReaderMark, UnreadableFile
from lumbar_core.report.to_pdf import render_pdf
from lumbar_core.study import InputKind
from tests.core.report.pdf_pages import STREAM, pages
from tests.factories import (
    CANAL,
    FORAMEN,
    RECESS,
    SEVERE,
    a_mixed_result,
    a_picture_result,
    a_result,
    not_assessed,
    study_findings,
)


def shown(text):
    """The letters that are drawn."""
    return "".join(piece for piece, _ in runs(text))


def pictures(result):
    ramp = np.add.outer(np.arange(320), np.arange(320)).astype(np.float32)
    return {key: KeyPicture(ramp**power, 8 + power) for power, key in enumerate(key_pictures(result), start=1)}


def long_result():
    """Every structure not assessed, each for a long reason of its own."""
    reason = "the slice nearest to this level lies {} mm away along the normal of its series, and its own disc " * 3
    return a_result(
        tuple(
            not_assessed(f.condition, f.level, f.side, Reason.OUTSIDE_COVERAGE, reason.format(i, i, i))
            for i, f in enumerate(study_findings())
        )
    )


def test_a_whole_study_fits_one_page():
    result = a_mixed_result()
    (text,) = pages(render_pdf(result, pictures(result)))
    assert "page 1/1" in text
    assert "Reviewed by" in text


def test_the_page_says_what_was_found_how_sure_and_by_what():
    result = a_mixed_result()
    (text,) = pages(render_pdf(result, pictures(result)))
    for words in (
        "UNREVIEWED PROGRAM OUTPUT",
        "Severe canal stenosis at L4/L5, and 3 more severe findings",
        "Spinal canal at L4/L5: severe narrowing (88 %). Traversing root L5.",
        "Levels counted up from the lowest disc",
        "Left recess L5/S1: no axial slice lies within 5 mm of this level.",
        "no slice",
        "Right foramen at L3/L4: two views are two grades apart.",
        ", ".join(NOT_LOOKED_FOR),
        "canal 1.0.0",
        "ab" * 6,
        "operating point argmax",
        INTENDED_USE,
    ):
        assert words in text


def read_as(result, level, grade):
    """The result after a reader's grade for the canal at one level."""
    return result.with_findings(
        tuple(
            replace(f, reader=ReaderMark("changed", grade, f.grade)) if f.key == (CANAL, None, None, level) else f
            for f in result.findings
        )
    )


def test_the_reader_s_grade_is_the_one_that_is_printed():
    result = read_as(a_result(), Level.L4_L5, SEVERE)
    (text,) = pages(render_pdf(result, pictures(result)))
    assert "1 OF 25 FINDINGS REVIEWED BY A READER" in text
    assert "Severe canal stenosis at L4/L5" in text
    assert text.count("Severe") == 4  # headline, cell, legend, and what the reader changed
    assert text.count("Normal/Mild") == 24 + 2  # the other cells, legend, and what the program said
    assert "Changed by the reader Spinal canal at L4/L5: Severe (program: Normal/Mild)." in text
    assert "Spinal canal at L4/L5: severe narrowing (by the reader)." in text


def test_a_reviewed_cell_has_a_tick_that_the_legend_explains():
    (unread,) = pages(render_pdf(a_mixed_result(), {}))
    (read,) = pages(render_pdf(read_as(a_mixed_result(), Level.L4_L5, SEVERE), {}))
    assert "reviewed by the reader" in read
    assert "reviewed by the reader" not in unread


def test_a_headline_of_no_degeneration_carries_its_scope_in_the_same_size():
    result = a_result(study_findings(without=(FORAMEN, RECESS)))
    pdf = render_pdf(result, {})
    (content,) = (
        content
        for stream in STREAM.findall(pdf)
        if b"No degeneration" in (content := zlib.decompress(base64.a85decode(stream.strip().removesuffix(b"~>"))))
    )
    sizes = dict.fromkeys(
        size
        for size, text in re.findall(rb"/F\d+ ([\d.]+) Tf [\d.]+ TL[^(]*\(((?:[^()\\]|\\.)*)\) Tj", content)
        if b"No degeneration" in text or b"recesses not assessed" in text
    )
    assert list(sizes) == [b"15"]


def test_long_reasons_go_on_overleaf_with_notice_and_number_on_each_page():
    texts = pages(render_pdf(long_result(), {}))
    assert len(texts) > 1
    for number, text in enumerate(texts, start=1):
        assert INTENDED_USE in text
        assert "UNREVIEWED PROGRAM OUTPUT" in text
        assert f"page {number}/{len(texts)}" in text
    words = " ".join(texts)
    assert all(f"lies {i} mm away" in words for i in range(25))


def test_without_identity_neither_names_nor_file_names_are_printed():
    info = InputInfo("DOE_JANE", InputKind.STUDY, 1, (UnreadableFile("DOE_JANE/1.dcm", "DOE_JANE", "x"),), ())
    (text,) = pages(render_pdf(a_mixed_result(input=info), {}))
    assert "DOE" not in text
    assert "Made" not in text.replace("Made by", "")
    assert "P-1" not in text
    assert "1 of the files given could not be read" in text
    assert "0123456789abcdef" in text


def test_with_identity_name_number_and_date_are_printed():
    (text,) = pages(render_pdf(a_mixed_result(), {}, identity=True))
    assert "Made Up" in text
    assert "ID P-1" in text
    assert "study of 2026-01-01" in text


def test_what_comes_from_a_file_is_printed_as_it_is_and_never_obeyed():
    name = "<b>O'Neil</b> &amp; <img src='file:///etc/passwd'/>"
    result = a_mixed_result()
    result = replace(result, identity=replace(result.identity, patient_name=name))
    (text,) = pages(render_pdf(result, {}, identity=True))
    assert name in text


def test_the_same_input_gives_the_same_bytes():
    result = a_mixed_result()
    assert render_pdf(result, pictures(result)) == render_pdf(result, pictures(result))


def test_a_key_image_says_which_slice_of_its_series_it_is():
    result = a_mixed_result()
    (text,) = pages(render_pdf(result, pictures(result)))
    assert "Sagittal T2, slice 9 of 18" in text
    lone = a_picture_result()
    (text,) = pages(render_pdf(lone, pictures(lone)))
    assert "Sagittal T2" in text
    assert "Sagittal T2, slice" not in text


def test_key_images_are_drawn_where_their_pixels_are_there():
    result = a_mixed_result()
    drawn = pictures(result)
    assert render_pdf(result, drawn).count(b"/Subtype /Image") == len(drawn) == 3
    drawn.popitem()
    assert render_pdf(result, drawn).count(b"/Subtype /Image") == 2
    assert b"/Subtype /Image" not in render_pdf(result, {})


@pytest.mark.parametrize("result", [a_result(()), a_picture_result(), long_result()])
def test_every_result_can_be_printed(result):
    assert render_pdf(result, pictures(result)).startswith(b"%PDF")


@pytest.mark.parametrize("name", ["Müller", "Иванов", "山田 太郎", "김철수", "Παπαδόπουλος", "Wałęsa"])
def test_a_name_in_another_script_is_printed(name):
    result = a_mixed_result()
    pdf = render_pdf(replace(result, identity=replace(result.identity, patient_name=name)), {}, identity=True)
    assert "?" not in shown(name)
    assert len(shown(name)) == len(name)
    assert pdf.startswith(b"%PDF")


def test_a_name_stays_in_one_font_and_what_surrounds_it_in_another():
    assert [font for _, font in runs("ID 山田 · Müller")] == ["Helvetica", "STSong-Light", "Helvetica"]
    assert {font for _, font in runs("かな漢字")} == {"HeiseiMin-W3"}


def test_letters_that_no_font_has_show_as_question_marks_not_as_nothing():
    assert shown("شمس") == "???"


def test_control_characters_do_not_reach_the_page():
    assert shown("a\nb\x00c") == "a b c"


def test_lines_are_no_wider_than_their_column_and_lose_no_word():
    text = "every word of a long reason stands " * 4 + "Aunbreakablewordthatiswiderthanthecolumn" * 2
    lines = wrap(text, 120, 8.5)
    assert all(text_width(line, 8.5) <= 120 for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
