"""The printed page."""

from __future__ import annotations

import base64
import re
import zlib
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
from reportlab.pdfbase.ttfonts import TTFontFile

from lumbar_core.anatomy import Level, Reason, Side
from lumbar_core.choices import Choices
from lumbar_core.errors import SavingError
from lumbar_core.report.form import PAPERS, ReportForm
from lumbar_core.report.key_image import KeyPicture, key_of, key_pictures
from lumbar_core.report.language import LANGUAGES
from lumbar_core.report.letters import BOLD, EMBEDDED, font_file, runs
from lumbar_core.report.pdf_images import IMAGE_HEIGHT
from lumbar_core.report.pdf_text import text_width, wrap
from lumbar_core.report.result import INTENDED_USE, NOT_LOOKED_FOR, InputInfo, ReaderMark, UnreadableFile
from lumbar_core.report.to_pdf import render_pdf
from lumbar_core.study import InputKind
from tests.core.report.pdf_pages import STREAM, drawn, extracted, image_boxes, pages
from tests.factories import (
    CANAL,
    FORAMEN,
    MODERATE,
    RECESS,
    SEVERE,
    a_finding,
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


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_whole_study_is_a_page_to_sign_and_a_page_with_every_finding(paper, language):
    result = a_mixed_result()
    first, second = pages(render_pdf(result, pictures(result), form=ReportForm(language, paper)))
    sign, everything = {"en": ("Reviewed by", "All findings"), "de": ("Geprüft von", "Alle Befunde")}[language]
    assert "1/2" in first
    assert sign in first
    assert "2/2" in second
    assert everything in second


@pytest.mark.parametrize(("paper", "box"), [("a4", "595.28 841.89"), ("letter", "612 792")])
def test_the_paper_is_as_wanted(paper, box):
    assert f"/MediaBox [ 0 0 {box} ]".encode() in render_pdf(a_result(), {}, form=ReportForm(paper=paper))


def test_the_first_page_follows_the_order_of_a_clinic_s_report():
    result = a_mixed_result()
    form = ReportForm(header="Clinic of Nowhere\nRoom 1", remark="Walks with a stick.")
    text = pages(render_pdf(result, pictures(result), form=form))[0]
    order = ["Clinic of Nowhere", "Room 1", "UNREVIEWED", "sagittal T1 (18 images)", "L1/L2", "Impression"]
    order += ["Remark", "Counting of levels", "Not assessed", "Not looked for", "Expected error", "Made by"]
    order += ["Reviewed by", INTENDED_USE]
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    impression = text[text.index("Impression") : text.index("Remark")]
    assert impression.index("L4/L5:") < impression.index("L1/L2:")


def test_the_expected_error_is_the_packs_own_measurement():
    text = pages(render_pdf(a_result(study_findings(without=(RECESS,))), {}))[0]
    # Five canals at 90 %; the foramina's pack says nothing.
    assert "About 0.5 of 5 program grades differ from a radiologist's, as measured for these packs: canal 10 %." in text


def test_of_a_lone_axial_slice_no_error_is_promised_and_its_level_is_told_in_a_word():
    sides = [a_finding(RECESS, Level.UNKNOWN, image_side=side, check=True) for side in Side]
    text = " ".join(" ".join(pages(render_pdf(a_result(sides), {}))).split())
    assert "Expected error" not in text
    assert "Recess on the left of the picture unknown Severe" in text


def test_the_table_tells_grade_probabilities_slice_and_whose_word_it_is():
    result = read_as(a_mixed_result(), Level.L4_L5, MODERATE)
    numbers = {key_of(f.location): 7 for f in result.findings if f.location is not None}
    text = pages(render_pdf(result, {}, slices=numbers))[-1]
    assert text.count("7/18") + text.count("7/60") == 24
    assert text.count("not assessed") == 1
    assert "Spinal canal L4/L5 Moderate 1 % 11 % 88 % sagittal T2 7/18 changed by the reader (was" in text
    assert "No axial slice lies within 5" in text
    assert "To check: two views are two grades apart" in " ".join(text.split())
    assert "Exiting root L4" in text


def test_many_sentences_are_cut_short_on_the_first_page_because_the_table_has_them():
    flagged = tuple(
        replace(f, check=True, check_reasons=("the counting of levels is in doubt",)) for f in study_findings()
    )
    first, second = pages(render_pdf(a_result(flagged), {}))
    assert "And 21 more, in the table overleaf." in first
    assert second.count("To check: the counting of") == 25


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("paper", PAPERS)
def test_nothing_overlaps_and_nothing_leaves_the_page(paper, language):
    result = read_as(long_result(), Level.L4_L5, SEVERE)
    form = ReportForm(
        language, paper, "A very long name of a clinic " * 9 + "\nb\nc\nd\ne", "Words of a remark. " * 200
    )
    for lines in drawn(render_pdf(result, pictures(result), True, form)):
        for x, y, width, _ in lines:
            assert 0 < x < x + width < PAPERS[paper][0]
            assert 20 < y < PAPERS[paper][1]
        rows = sorted(lines, key=lambda line: (line[1], line[0]))
        for (x, y, width, left), (next_x, next_y, _, right) in pairwise(rows):
            assert y != next_y or x + width <= next_x + 0.5, (left, right)


def test_what_is_too_long_shows_that_it_was_cut():
    form = ReportForm(header="a\nb\nc\nd\ne", remark="Words of a remark. " * 200)
    text = pages(render_pdf(a_result(), {}, form=form))[0]
    assert "a b c d …" in text
    assert "… [cut: the remark is longer than this report has room for]" in text
    assert "cut:" not in pages(render_pdf(a_result(), {}, form=ReportForm(remark="Short.")))[0]


@pytest.mark.parametrize(
    "form", [ReportForm(header="서울병원 A"), ReportForm(remark="山田 ł"), ReportForm(remark="שלום")]
)
def test_letters_that_the_fonts_lack_are_refused_by_name_never_printed_as_boxes(form):
    with pytest.raises(SavingError, match=r"no letters for “(서울병원|山田|שלום)”"):
        render_pdf(a_result(), {}, form=form)


WORDS = {
    "header": "Городская больница № 5\nΝοσοκομείο Αθηνών · Bệnh viện Chợ Rẫy",  # noqa: RUF001
    "remark": "Боль в ноге. Ισχιαλγία. Đau chân phải. Ból, ťažký. შენიშვნა",
}


def test_header_and_remark_are_found_in_the_page_in_the_letters_they_were_written_in():
    plain, pdf = (render_pdf(a_mixed_result(), {}, form=form) for form in (ReportForm(), ReportForm(**WORDS)))
    first = extracted(pdf)[0].replace("\r\n", "\n")
    assert all(words in first for words in WORDS.values())
    assert len(extracted(pdf)) == len(extracted(plain)) == 2
    assert pdf == render_pdf(a_mixed_result(), {}, form=ReportForm(**WORDS))
    assert pdf.count(b"/FontFile2") == 2, "both weights travel with the page"
    assert b"/FontFile2" not in plain
    assert len(pdf) < 100_000, "of a font only the letters that are used"


def test_what_western_europe_writes_is_accepted():
    ReportForm(header="Ärztehaus „Süd“ – Ñandú, œuvre, 5 €", remark="u\u0308ber\n\t2 Zeilen").check()


def test_the_page_says_what_was_found_how_sure_and_by_what():
    result = a_mixed_result()
    text, table = pages(render_pdf(result, pictures(result)))
    assert "canal 1.0.0: SHA-256 " + "ab" * 32 in table
    for words in (
        "UNREVIEWED PROGRAM OUTPUT",
        "Severe canal stenosis at L4/L5, and 3 more severe findings",
        "L4/L5: severe narrowing of spinal canal",
        "Levels counted up from the lowest disc",
        "Left recess L5/S1: no axial slice lies within 5 mm of this level.",
        "no slice",
        "Right foramen at L3/L4: two views are two grades apart.",
        ", ".join(NOT_LOOKED_FOR),
        "canal 1.0.0",
        "Operating point: argmax.",
        INTENDED_USE,
    ):
        assert words in text


def test_the_page_names_the_packs_of_each_operating_point_where_there_are_several():
    result = a_mixed_result()
    others = (
        replace(result.packs[0], name="foraminal"),
        replace(result.packs[0], name="canal_axial", operating_point="sensitive"),
    )
    text = pages(render_pdf(replace(result, packs=(*result.packs, *others)), {}))[0]
    assert "Operating point: argmax (canal, foraminal), sensitive (canal_axial)." in text


def test_the_page_names_the_thresholds_that_were_chosen_and_no_others():
    said = "Thresholds chosen by the user: "
    check, gap = "to check above 5 % for Severe", "borderline below 30 % apart"
    for chosen, words in (
        (Choices(check_p_severe=0.05), f"{said}{check}."),
        (Choices(borderline_gap=0.3), f"{said}{gap}."),
        (Choices("argmax", 0.05, 0.3), f"{said}{check}; {gap}."),
    ):
        assert words in pages(render_pdf(replace(a_mixed_result(), chosen=chosen), {}))[0]
    for chosen in (Choices(), Choices("sensitive")):
        assert "hreshold" not in pages(render_pdf(replace(a_mixed_result(), chosen=chosen), {}))[0]


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
    text = pages(render_pdf(result, pictures(result)))[0]
    assert "EDITED BY A READER: 0 OF 25 FINDINGS VIEWED, 1 OF 25 REVIEWED, 1 CHANGED" in text
    assert "Severe canal stenosis at L4/L5" in text
    assert text.count("Severe") == 4  # headline, cell, legend, and what the reader changed
    assert text.count("Normal/Mild") == 24 + 2  # the other cells, legend, and what the program said
    assert "Changed by the reader Spinal canal at L4/L5: Severe (program: Normal/Mild)." in text
    assert "L4/L5: severe narrowing of spinal canal." in text


def test_a_reviewed_cell_has_a_tick_that_the_legend_explains():
    unread, _ = pages(render_pdf(a_mixed_result(), {}))
    read, _ = pages(render_pdf(read_as(a_mixed_result(), Level.L4_L5, SEVERE), {}))
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
    text = " ".join(pages(render_pdf(a_mixed_result(input=info), {})))
    assert "DOE" not in text
    assert "Made" not in text.replace("Made by", "")
    assert "P-1" not in text
    assert "1 file given could not be read" in text
    assert "0123456789abcdef" in text


def test_with_identity_name_number_and_date_are_printed():
    text = pages(render_pdf(a_mixed_result(), {}, identity=True))[0]
    assert "Made Up" in text
    assert "ID P-1" in text
    assert "study of 2026-01-01" in text


def test_what_comes_from_a_file_is_printed_as_it_is_and_never_obeyed():
    name = "<b>O'Neil</b> &amp; <img file:///etc/passwd/>"
    result = a_mixed_result()
    result = replace(result, identity=replace(result.identity, patient_name=name))
    text = pages(render_pdf(result, {}, identity=True))[0]
    assert name in text


def test_the_same_input_gives_the_same_bytes():
    result = a_mixed_result()
    assert render_pdf(result, pictures(result)) == render_pdf(result, pictures(result))


def test_a_key_image_says_which_slice_of_its_series_it_is():
    result = a_mixed_result()
    text = pages(render_pdf(result, pictures(result)))[0]
    assert "Sagittal T2, slice 9 of 18" in text
    lone = a_picture_result()
    text = pages(render_pdf(lone, pictures(lone)))[0]
    assert "Sagittal T2" in text
    assert "Sagittal T2, slice" not in text


def test_key_images_are_drawn_where_their_pixels_are_there():
    result = a_mixed_result()
    drawn = pictures(result)
    assert render_pdf(result, drawn).count(b"/Subtype /Image") == len(drawn) == 3
    drawn.popitem()
    assert render_pdf(result, drawn).count(b"/Subtype /Image") == 2
    assert b"/Subtype /Image" not in render_pdf(result, {})


def flagged_because(reason):
    result = a_mixed_result()
    return result.with_findings(tuple(replace(f, check=True, check_reasons=(reason,)) for f in result.findings))


@pytest.mark.parametrize("paper", PAPERS)
def test_key_images_that_have_no_room_on_the_first_page_are_large_on_the_last(paper):
    result = flagged_because("words " * 30)  # so that the table fills its page
    form = ReportForm("de", paper, remark="Words of a remark. " * 100)
    boxes = image_boxes(render_pdf(result, pictures(result), form=form))
    assert not any(boxes[:-1])
    assert len(boxes[-1]) == 3
    width, height = PAPERS[paper]
    for left, bottom, right, top in boxes[-1]:
        assert 0 < left < right < width
        assert 46 < bottom < top < height - 60
        assert top - bottom > 1.2 * IMAGE_HEIGHT
    for one, other in combinations(boxes[-1], 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


@pytest.mark.parametrize("paper", PAPERS)
def test_the_remarks_have_the_room_that_other_columns_leave_so_that_all_findings_and_pictures_fit_a_page(paper):
    result = flagged_because("a reason of as many words as most have")
    form = ReportForm(paper=paper, header="Clinic of Nowhere\nRoom 1\nTelephone", remark="Words of a remark. " * 60)
    pdf = render_pdf(result, pictures(result), form=form)
    assert len(pages(pdf)) == 2
    assert len(image_boxes(pdf)[1]) == 3


def test_the_list_of_packs_is_not_parted_by_the_end_of_a_page():
    packs = tuple(replace(a_mixed_result().packs[0], name=f"pack{number}") for number in range(7))
    for words in range(1, 20):  # so that the table ends higher or lower
        texts = pages(render_pdf(replace(flagged_because("words " * words), packs=packs), {}))
        (last,) = (text for text in texts if "pack0 1.0.0: SHA-256" in text)
        assert "Model packs" in last
        assert "pack6 1.0.0: SHA-256" in last


@pytest.mark.parametrize("result", [a_result(()), a_picture_result(), long_result()])
def test_every_result_can_be_printed(result):
    assert render_pdf(result, pictures(result)).startswith(b"%PDF")


def named(name, language="en"):
    """The report of a patient of that name."""
    result = a_mixed_result()
    result = replace(result, identity=replace(result.identity, patient_name=name))
    return render_pdf(result, {}, identity=True, form=ReportForm(language))


@pytest.mark.parametrize(
    "name",
    [
        "Müller", "Иванов Пётр", "Παπαδόπουλος Ὀδυσσεύς", "Wałęsa Łucja", "Ștefănescu", "Nguyễn Thị Ánh", "Հակոբյան",
        "შევარდნაძე", "山田 太郎", "김 철수", "王小明",
    ],
)  # fmt: skip
def test_a_name_in_another_script_is_printed_and_found(name):
    pdf = named(name)
    assert f"{name} · ID P-1" in extracted(pdf)[0]
    assert shown(name) == name
    assert pdf == named(name)


def test_the_spellings_of_a_name_stand_side_by_side():
    assert (
        "Yamada Tarou / 山田 太郎 / やまだ たろう · ID P-1"
        in extracted(named("Yamada^Tarou=山田^太郎=やまだ^たろう"))[0]
    )
    assert "Doe Jane · ID P-1" in extracted(named("Doe^Jane^^=Doe^Jane"))[0]


@pytest.mark.parametrize("name", ["شمس^الدين", "כהן", "นภา", "नेहा^शर्मा"])
def test_where_letters_cannot_be_shown_the_page_says_so_in_their_place(name):
    assert "[letters that cannot be shown here] · ID P-1" in extracted(named(name))[0]
    assert "[Buchstaben, die hier nicht gezeigt werden können] · ID P-1" in extracted(named(name, "de"))[0]
    assert "Cohen / [letters that cannot be shown here] · ID" in extracted(named(f"Cohen={name}"))[0]


def test_a_word_stays_in_one_font_and_what_surrounds_it_in_another():
    assert [font for _, font in runs("ID 山田 · Müller")] == ["Helvetica", "STSong-Light", "Helvetica"]
    assert {font for _, font in runs("かな漢字")} == {"HeiseiMin-W3"}
    assert runs("ID Wałęsa · 1", BOLD) == [
        ("ID ", "Helvetica-Bold"), ("Wałęsa ", "DejaVuSansCondensed-Bold"), ("· 1", "Helvetica-Bold"),
    ]  # fmt: skip


def test_both_weights_of_the_embedded_font_have_the_same_letters_and_their_licence_beside_them():
    files = [font_file(font) for font in EMBEDDED.values()]
    regular, bold = (set(TTFontFile(file).charToGlyph) for file in files)
    assert regular == bold
    assert "Bitstream Vera" in files[0].with_name("LICENSE").read_text(encoding="utf-8")


def test_control_characters_do_not_reach_the_page():
    assert shown("a\nb\x00c") == "a b c"


def test_lines_are_no_wider_than_their_column_and_lose_no_word():
    text = "every word of a long reason stands " * 4 + "Aunbreakablewordthatiswiderthanthecolumn" * 2
    lines = wrap(text, 120, 8.5)
    assert all(text_width(line, 8.5) <= 120 for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
