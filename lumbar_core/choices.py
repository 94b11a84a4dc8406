"""What the user may choose in place of what the model packs say, and how far (docs/decisions/0044)."""

from __future__ import annotations

from dataclasses import dataclass

# A Normal/Mild rarely leaves Severe more than the upper one: beyond it the flag would be off. Below the lower one it
# would be on nearly everything, and not be read.
CHECK_P_SEVERE = (0.01, 0.05)
BORDERLINE_GAP = (0.05, 0.30)


@dataclass(frozen=True, slots=True)
class Choices:
    """None, throughout, for what each pack says.

    operating_point: by which probabilities become grades. check_p_severe: above which probability of Severe a
    Normal/Mild is to be checked. borderline_gap: how far apart two neighbouring grades' probabilities are at most that
    count as close. Raises ValueError for a threshold beyond its bounds.
    """

    operating_point: str | None = None
    check_p_severe: float | None = None
    borderline_gap: float | None = None

    def __post_init__(self) -> None:
        for name, (low, high) in (("check_p_severe", CHECK_P_SEVERE), ("borderline_gap", BORDERLINE_GAP)):
            chosen = getattr(self, name)
            if chosen is not None and not low <= chosen <= high:
                raise ValueError(f"{name}: {chosen} is not between {low} and {high}")

    @property
    def thresholds(self) -> dict[str, float]:
        """The chosen thresholds, by their names in a contract."""
        chosen = {"check_p_severe": self.check_p_severe, "borderline_gap": self.borderline_gap}
        return {name: value for name, value in chosen.items() if value is not None}
