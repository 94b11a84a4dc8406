"""A page of the PDF report: status above, notice and number below, and how far down it is written."""

from __future__ import annotations

from reportlab.pdfgen.canvas import Canvas

from lumbar_core.report.form import PAPERS, ReportForm
from lumbar_core.report.headline import review_status
from lumbar_core.report.language import _
from lumbar_core.report.letters import BOLD, REGULAR
from lumbar_core.report.pdf_grid import INK, LINE, PAPER
from lumbar_core.report.pdf_text import draw_centred, draw_text, fitted, line_height, text_width, wrap
from lumbar_core.report.result import INTENDED_USE, StudyResult

MARGIN, BOTTOM = 42.0, 58.0  # the footer lies below BOTTOM
BODY = 8.5
_TOP, _STATUS = 36.0, 18.0
_HEADER = (10.0, 8.5)  # sizes of the header's first line and of the others


class Page:
    """A canvas with the height reached on it; starts a further page when a block does not fit."""

    def __init__(self, canvas: Canvas, result: StudyResult, form: ReportForm, header: tuple[str, ...], of: int) -> None:
        self.canvas = canvas
        self.width, self.height = PAPERS[form.paper]
        self.number = 0
        self.y = 0.0
        self._status = review_status(result).upper()
        self._study = result.study_key
        self._of = of
        self._open(header)

    @property
    def inner(self) -> float:
        """The width between the margins."""
        return self.width - 2 * MARGIN

    def room(self, height: float) -> bool:
        """Go on overleaf where less than `height` points are left; returns whether it did."""
        short = self.y - height < BOTTOM
        if short:
            self.turn()
        return short

    def turn(self) -> None:
        """Go on overleaf."""
        self._close()
        self._open(())

    def write(self, text: str, size: float, font: str = REGULAR, indent: float = 0.0) -> None:
        """A paragraph, in the colour that is set."""
        for line in wrap(text, self.inner - indent, size, font):
            self.room(line_height(size))
            self.y -= line_height(size)
            draw_text(self.canvas, MARGIN + indent, self.y, line, size, font)

    def finish(self) -> None:
        """Close the last page and the document."""
        self._close()
        self.canvas.save()

    def _open(self, header: tuple[str, ...]) -> None:
        self.number += 1
        self.y = self.height - _TOP
        self.canvas.setFillColor(INK)
        for number, line in enumerate(header):
            size, font = (_HEADER[0], BOLD) if number == 0 else (_HEADER[1], REGULAR)
            self.y -= line_height(size)
            draw_text(self.canvas, MARGIN, self.y, fitted(line, self.inner, size, font), size, font)
        self.y -= _STATUS + (8.0 if header else 0.0)
        self.canvas.rect(MARGIN, self.y, self.inner, _STATUS, stroke=0, fill=1)
        self.canvas.setFillColor(PAPER)
        size = _fitting(self._status, self.inner - 12.0, 9.0)
        draw_centred(self.canvas, self.width / 2, self.y + 5.5, self._status, size, BOLD)
        self.canvas.setFillColor(INK)

    def _close(self) -> None:
        self.canvas.setStrokeColor(LINE)
        self.canvas.setLineWidth(0.6)
        self.canvas.line(MARGIN, 46, self.width - MARGIN, 46)
        words = _("study {key} · page {number}/{of}")
        number = words.format(key=self._study, number=self.number, of=self._of)
        taken = text_width(number, BODY)
        self.canvas.setFillColor(INK)
        notice = _(INTENDED_USE)
        draw_text(self.canvas, MARGIN, 34, notice, _fitting(notice, self.inner - taken - 10.0, BODY), BOLD)
        draw_text(self.canvas, self.width - MARGIN - taken, 34, number, BODY)
        self.canvas.showPage()


def _fitting(words: str, width: float, size: float) -> float:
    """The size, or the smaller one at which bold words fit the width: they must not be cut."""
    return min(size, size * width / text_width(words, size, BOLD))
