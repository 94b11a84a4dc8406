"""Functional groups of a multi-frame file: what holds for one frame (PS3.3 C.7.6.16)."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset

from lumbar_core.reading.dicom.values import element, items


@dataclass(frozen=True, slots=True)
class FrameView:
    """Looks an attribute up in one frame's groups, then in the shared ones, then in the data set itself.

    Classic files have neither group, so the same look-up serves both kinds.
    """

    dataset: Dataset
    per_frame: Dataset | None
    shared: Dataset | None

    def holder(self, group: str, keyword: str) -> Dataset:
        """The data set that holds `keyword`: an item of macro `group` (a sequence keyword), or the top one."""
        for groups in (self.per_frame, self.shared):
            if groups is None:
                continue
            for item in items(groups, group):
                if element(item, keyword) is not None:
                    return item
        return self.dataset


def frame_views(dataset: Dataset, count: int) -> tuple[FrameView, ...]:
    """One view for each of `count` frames."""
    shared = next(iter(items(dataset, "SharedFunctionalGroupsSequence")), None)
    per_frame = items(dataset, "PerFrameFunctionalGroupsSequence")
    return tuple(
        FrameView(dataset, per_frame[index] if index < len(per_frame) else None, shared) for index in range(count)
    )


def frame_view(dataset: Dataset, index: int) -> FrameView:
    """The view of one frame."""
    shared = next(iter(items(dataset, "SharedFunctionalGroupsSequence")), None)
    per_frame = items(dataset, "PerFrameFunctionalGroupsSequence")
    return FrameView(dataset, per_frame[index] if index < len(per_frame) else None, shared)
