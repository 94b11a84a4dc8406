"""One result to the bytes of any kind of file that can be saved."""

from __future__ import annotations

from collections.abc import Callable

from lumbar_core.errors import SavingError
from lumbar_core.report.form import ReportForm
from lumbar_core.report.key_image import number_slices, read_key_pictures
from lumbar_core.report.result import StudyResult
from lumbar_core.report.to_csv import render_csv
from lumbar_core.report.to_json import render_json
from lumbar_core.study import PixelReader, Study

Renderer = Callable[[StudyResult, Study, PixelReader, bool, ReportForm], bytes]
PLAIN = ReportForm()


def render(
    suffix: str,
    result: StudyResult,
    study: Study,
    reader: PixelReader,
    identity: bool = False,
    form: ReportForm = PLAIN,
) -> bytes:
    """The bytes for a file ending in `suffix` (".pdf", ".json", ".csv"); `reader` gives the key images.

    form: how the PDF is to look. Raises SavingError for another ending, or a text that cannot be printed.
    """
    renderer = RENDERERS.get(suffix.lower())
    if renderer is None:
        raise SavingError(
            f"A result cannot be saved as “{suffix}”." if suffix else "The file name has no ending.",
            "End the file name in .pdf, .json or .csv.",
        )
    return renderer(result, study, reader, identity, form)


def _pdf(result: StudyResult, study: Study, reader: PixelReader, identity: bool, form: ReportForm) -> bytes:
    from lumbar_core.report.to_pdf import render_pdf  # brings reportlab, which start-up need not wait for

    form.check()  # before pictures are decoded for nothing
    return render_pdf(result, read_key_pictures(result, study, reader), identity, form, number_slices(study))


RENDERERS: dict[str, Renderer] = {
    ".pdf": _pdf,
    ".json": lambda result, _study, _reader, identity, _form: render_json(result, identity),
    ".csv": lambda result, _study, _reader, _identity, _form: render_csv([result]),
}
