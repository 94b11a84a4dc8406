"""Write `lumbar_core/sample/expected.json`: what the self-test must get for the bundled sample.

    python -m training.record_sample_answer

To be run when a pack or the sample changes, after the new answer was looked at.
"""

from __future__ import annotations

import json

from lumbar_core.report.to_text import render_text
from lumbar_core.self_test import RECORDED, answer_of, grade_sample


def main() -> None:
    """Grade the sample, show the answer, write it."""
    _, result = grade_sample()
    print(render_text(result))
    answer = {"schema": "lumbar-sample-answer/1", "findings": answer_of(result)}
    RECORDED.write_text(json.dumps(answer, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
