"""One image with what its header says of its acquisition: the raw material of series and studies."""

from __future__ import annotations

from dataclasses import dataclass, field

from lumbar_core.study import Identity, Instance


@dataclass(frozen=True, slots=True)
class Acquisition:
    """What a header says of how an image was made; None or empty where it says nothing.

    Times in milliseconds. `scanning_sequence` holds DICOM's codes (SE, GR, IR, EP …), `image_type` the values of
    Image Type in capitals. `words` are the free descriptions, which every hospital words in its own way;
    `description` is the series's own.
    """

    repetition_time_ms: float | None = None
    echo_time_ms: float | None = None
    inversion_time_ms: float | None = None
    flip_angle_deg: float | None = None
    scanning_sequence: frozenset[str] = frozenset()
    image_type: tuple[str, ...] = ()
    declared_contrast: str = ""
    fat_suppressed: bool = False
    contrast_agent: bool = False
    diffusion: bool = False
    body_part: str = ""
    description: str = ""
    words: str = ""
    echo_number: int | None = None
    acquisition_number: int | None = None
    temporal_position: int | None = None
    series_number: int | None = None
    screen_capture: bool = False
    burned_in: bool = False

    @property
    def localizer(self) -> bool:
        """Whether it is declared to be a scout."""
        return "LOCALIZER" in self.image_type


@dataclass(frozen=True, slots=True, eq=False)
class ImageRecord:
    """One image before grouping.

    notes: findings about this file alone (turned picture, further pages …); they become notes of its series.
    """

    instance: Instance
    acquisition: Acquisition
    identity: Identity
    picture: bool
    notes: tuple[str, ...] = field(default=())
