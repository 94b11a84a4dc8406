"""One training's knobs: a TOML file, checked once."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lumbar_core.anatomy import USED_ON, Condition, Orientation
from training.cells import LABELLED

GONE = ("inner_epochs", "start_from")  # knobs that older checkpoints still name
DECIDED_AFTERWARDS = ("operating_point", "thresholds", "kernel_steps", "beside")
TASKS = ("recognise", "localise", "grade")
NETWORKS = ("small", "slim", "densenet121", "densenet169", "densenet201")  # of a grader; the first unless it is said
SCHEDULES = ("one_cycle", "constant")
CANALS = "rsna_canal"
IMAGENET = "imagenet"  # of `pretrained`: torchvision's own weights, which it downloads
# Knobs that came later: recipes without them keep their digest.
LATER = (
    "mix",
    "teacher_epochs",
    "network",
    "pretrained",
    "frozen_epochs",
    "unfreeze_epochs",
    "schedule",
    "rounded_epochs",
    "grades_of",
    "crops_of",
    "teacher_network",
    "teacher_sides",
)


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training depends on beside its data and the code.

    name:          of the run and of the pack that comes of it.
    task:          one of `TASKS`.
    data:          set below the data folder that gives the labels ("rsna_canal"); with `grades_of`, the pictures alone.
    grades_of:     set whose grades its tiles are taught, by study and level: that of the canal (grade only).
    side:          network input, pixels.
    half_width:    of a crop, in disc distances; of what is cut from axial slices, in millimetres.
    long_side:     of the working grid that crops are cut from (grade on sagittal slices only).
    localiser:     name of the localiser whose points are cut (grade only).
    beside:        recipe whose network sees this one's crops with the room around them (its `crops_of`), and whose
                   answer makes half of their pack's (grade only). Decided after training; empty: none.
    operating_point, thresholds: go into the pack's contract; training does not depend on them.
    kernel_steps:  largest whole step that a trained kernel is rounded to; 0: it stays as it is (grade only). Decided
                   after training too, unless the kernels learn rounded.
    rounded_epochs: the last of a training, in which kernels learn rounded to `kernel_steps` (grade only).
    mix:           share of the crops that are mixed with another (grade only).
    crops_of:      recipe whose crops this one sees with all the room that is kept around them; empty: its own (grade
                   only).
    teacher_epochs: of the networks whose answers for a fold that they did not see are learnt beside the radiologists'
                   grades; 0: there are none (grade only).
    teacher_network: of the teachers, one of `NETWORKS`; empty for the same.
    teacher_sides: how much of a kept crop teachers see, pixels: one teacher each; empty: one, as much as the pupil.
    network:       one of `NETWORKS` (grade only); empty for our small one.
    pretrained:    what the network starts from (grade only): "imagenet", the name of a recipe, or a file (with a suffix
                   or a folder) of torchvision's weights or a checkpoint of ours; empty: from scratch.
    frozen_epochs: in which the classifier alone learns (grade only).
    unfreeze_epochs: thereafter one more block learns every so many epochs, from the end; 0: all at once.
    schedule:      of the learning rate, one of `SCHEDULES`; empty for the first.
    """

    name: str
    task: str
    data: str
    seed: int
    side: int
    epochs: int
    batch: int
    learning_rate: float
    weight_decay: float
    half_width: float = 0.0
    long_side: int = 0
    dropout: float = 0.0
    localiser: str = ""
    operating_point: str = ""
    mix: float = 0.0
    teacher_epochs: int = 0
    kernel_steps: int = 0
    rounded_epochs: int = 0
    grades_of: str = ""
    crops_of: str = ""
    beside: str = ""
    teacher_network: str = ""
    teacher_sides: list[int] = field(default_factory=list)
    network: str = ""
    pretrained: str = ""
    frozen_epochs: int = 0
    unfreeze_epochs: int = 0
    schedule: str = ""
    thresholds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise ValueError(f"task must be one of {TASKS}, got {self.task!r}")
        if min(self.side, self.epochs, self.batch) <= 0 or self.learning_rate <= 0:
            raise ValueError(f"side, epochs, batch and learning_rate must be positive in {self.name!r}")
        if self.network not in ("", *NETWORKS):
            raise ValueError(f"network must be one of {NETWORKS}, got {self.network!r}")
        if self.schedule not in ("", *SCHEDULES):
            raise ValueError(f"schedule must be one of {SCHEDULES}, got {self.schedule!r}")
        if self.task != "grade" and (self.network or self.pretrained or self.frozen_epochs):
            raise ValueError(f"network, pretrained and frozen_epochs are of graders, not of {self.name!r}")
        self._refuse_what_does_not_go_together()

    def _refuse_what_does_not_go_together(self) -> None:
        if self.grades_of and (self.grades_of, self.is_axial, self.task) != (CANALS, True, "grade"):
            raise ValueError(f"grades_of is {CANALS!r}, of graders of axial tiles, not {self.grades_of!r}")
        if self.rounded_epochs and not (self.kernel_steps and self.task == "grade"):
            raise ValueError(f"rounded_epochs are of graders whose kernel_steps are given, not of {self.name!r}")
        if self.stepping_stone and self.teacher_epochs:
            raise ValueError(f"teachers of {self.name!r} would start from networks that saw what they are to speak of")

    @property
    def stepping_stone(self) -> str:
        """The recipe whose network, trained without the same folds, this recipe's starts from; empty for none."""
        named = Path(self.pretrained)
        is_file = bool(named.suffix) or named.name != self.pretrained
        return "" if is_file or self.pretrained == IMAGENET else self.pretrained

    @property
    def is_axial(self) -> bool:
        """Whether the network sees pieces of axial slices."""
        return self.task != "recognise" and USED_ON[LABELLED[self.data]][0] is Orientation.AXIAL

    @property
    def graded(self) -> Condition:
        """What its cells are cells of."""
        return LABELLED[self.grades_of or self.data]

    @property
    def has_sides(self) -> bool:
        """Whether its crops show one side of the patient, on axial slices all in the same way round."""
        return self.graded is not Condition.SPINAL_CANAL_STENOSIS

    @property
    def digest(self) -> str:
        """SHA-256 of what the network depends on, for the pack's contract."""
        knobs = {name: value for name, value in asdict(self).items() if name not in DECIDED_AFTERWARDS}
        knobs["inner_epochs"] = 0  # a knob that is gone
        for later in LATER:
            if not knobs[later]:
                del knobs[later]
        if self.rounded_epochs:
            knobs["kernel_steps"] = self.kernel_steps  # learnt by, and no more decided afterwards
        return hashlib.sha256(json.dumps(knobs, sort_keys=True).encode()).hexdigest()


def stored_config(knobs: dict[str, Any]) -> TrainConfig:
    """The recipe that a checkpoint was trained by."""
    return TrainConfig(**{name: value for name, value in knobs.items() if name not in GONE})


def load_config(path: Path) -> TrainConfig:
    """Read a TOML file. Raises ValueError for an unknown knob or a wrong value."""
    try:
        return TrainConfig(**tomllib.loads(path.read_text(encoding="utf-8")))
    except TypeError as error:
        raise ValueError(f"{path}: {error}") from error
