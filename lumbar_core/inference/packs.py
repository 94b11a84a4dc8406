"""Model packs: find, verify, load, install, remove."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from lumbar_core.anatomy import USED_ON, Condition, Orientation
from lumbar_core.errors import LumbarError, ModelError, SavingError
from lumbar_core.inference.contract import Contract, parse_contract
from lumbar_core.inference.network_file import Foreign, check_network
from lumbar_core.inference.session import OnnxModel, default_threads
from lumbar_core.models.digests import DIGESTS

MODEL, CONTRACT, CARD = "model.onnx", "contract.json", "MODEL_CARD.md"
# Which localiser finds the structures that a condition is graded on.
LOCALISERS = {
    Condition.SPINAL_CANAL_STENOSIS: "localise_t2",
    Condition.NEURAL_FORAMINAL_NARROWING: "localise_t1",
    Condition.SUBARTICULAR_STENOSIS: "localise_axial",
}
LARGEST_MODEL_BYTES = 256 * 1024 * 1024


@dataclass(slots=True, eq=False)
class Pack:
    """A verified pack; its network is loaded at first use."""

    folder: Path
    contract: Contract
    device: str = "cpu"
    threads: int | None = None
    _model: OnnxModel | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The pack's name."""
        return self.contract.name

    @property
    def is_users(self) -> bool:
        """Whether the user installed it; else it came with the program."""
        return self.folder.is_relative_to(installed_folder())

    @property
    def model(self) -> OnnxModel:
        """The network. Raises ModelError if the file is not the one that the contract names."""
        if self._model is None:
            self._model = OnnxModel(self.contract, _model_bytes(self.folder, self.contract), self.device, self.threads)
        return self._model

    def stop(self) -> None:
        """End what runs on this pack."""
        if self._model is not None:
            self._model.stop()

    def resume(self) -> None:
        """Allow running again."""
        if self._model is not None:
            self._model.resume()


@dataclass(frozen=True, slots=True, eq=False)
class PackSet:
    """The packs in use, by what they do.

    refused: packs that were found but not taken, as sentences.
    """

    all: tuple[Pack, ...]
    refused: tuple[str, ...] = ()

    @property
    def recogniser(self) -> Pack | None:
        """The network that tells plane and weighting from a picture."""
        return self._first("recognise")

    def localiser(self, name: str) -> Pack | None:
        """A localiser by name ("localise_t2")."""
        return next((pack for pack in self.all if pack.contract.task == "localise" and pack.name == name), None)

    def localiser_for(self, condition: Condition) -> Pack | None:
        """The localiser of the structures that a condition is graded on."""
        return self.localiser(LOCALISERS[condition])

    def grader(self, condition: Condition) -> Pack | None:
        """The network that grades a condition on slices of the plane that tells it first (`USED_ON`)."""
        return self._grader(condition, USED_ON[condition][0])

    def second_grader(self, condition: Condition) -> Pack | None:
        """The network that grades on axial slices what sagittal ones tell first, to be fused with theirs."""
        pack = self._grader(condition, Orientation.AXIAL)
        return pack if pack is not None and pack.contract.adds_to_another else None

    @property
    def provider(self) -> str:
        """What the loaded networks run on: "CUDA", "CPU", or "CUDA and CPU" where one of them fell back."""
        return " and ".join(sorted({model.provider for model in self._loaded}, reverse=True)) or "CPU"

    @property
    def notices(self) -> tuple[str, ...]:
        """Why loaded networks run on the CPU though the runtime knows CUDA; empty where there is nothing to say."""
        return tuple(dict.fromkeys(model.notice for model in self._loaded if model.notice))

    @property
    def _loaded(self) -> list[OnnxModel]:
        return [pack._model for pack in self.all if pack._model is not None]

    @property
    def threads(self) -> int:
        """Threads a network uses."""
        return next((pack.threads for pack in self.all if pack.threads), None) or default_threads()

    def warm_up(self) -> None:
        """Load every network now, ahead of need. Raises ModelError."""
        for pack in self.all:
            _ = pack.model

    def stop(self) -> None:
        """End whatever runs."""
        for pack in self.all:
            pack.stop()

    def resume(self) -> None:
        """Allow running again after `stop`."""
        for pack in self.all:
            pack.resume()

    def _grader(self, condition: Condition, plane: Orientation) -> Pack | None:
        graders = (pack for pack in self.all if pack.contract.task == "grade")
        own = (pack for pack in graders if condition in pack.contract.conditions)
        return next((pack for pack in own if pack.contract.inputs[0].orientation is plane), None)

    def _first(self, task: str) -> Pack | None:
        return next((pack for pack in self.all if pack.contract.task == task), None)


def bundled_folder() -> Path:
    """Where the packs lie that ship with the program."""
    return Path(__file__).resolve().parents[1] / "models"


def installed_folder() -> Path:
    """Where packs lie that the user installed."""
    return Path(platformdirs.user_data_dir("lumbar-mri", appauthor=False)) / "packs"


def load_packs(device: str = "auto", threads: int | None = None) -> PackSet:
    """All packs that verify; a user's pack takes the place of a shipped one of the same name."""
    packs: dict[str, Pack] = {}
    refused = []
    pins = _pins()
    for root, digests in ((bundled_folder(), DIGESTS), (installed_folder(), pins)):
        for folder in _pack_folders(root):
            try:
                contract = verify_pack(folder, digests)
            except LumbarError as error:
                refused.append(f"{folder.name}: {error}")
                continue
            packs[contract.name] = Pack(folder, contract, device, threads)
    return PackSet(tuple(packs.values()), tuple(refused))


def load_pack_folders(folders: list[Path], device: str = "cpu", threads: int | None = None) -> PackSet:
    """Packs from given folders, unpinned: for scoring networks of a cross-validation. Raises ModelError."""
    return PackSet(tuple(Pack(folder, verify_pack(folder, None), device, threads) for folder in folders))


def verify_pack(folder: Path, digests: dict[str, str] | None = None) -> Contract:
    """Check a pack's files against its contract, and the contract against pinned digests where given.

    Raises ModelError naming what does not fit. The network itself is not loaded.
    """
    contract = parse_contract(_read(folder / CONTRACT))
    _model_bytes(folder, contract)
    if digests is not None and digests.get(contract.name) != seal(folder):
        raise ModelError(
            f"Model pack {contract.name} is not the one that was shipped or installed.", "Install it again."
        )
    return contract


def install_pack(folder: Path) -> Contract:
    """Copy a pack to the user's packs and pin its digest; an older one of the name is replaced.

    Raises ModelError for what is no pack or does not run, SavingError where it cannot be written.
    """
    contract = verify_pack(folder)
    OnnxModel(contract, _model_bytes(folder, contract), "cpu", 1)
    target = installed_folder() / contract.name
    with _changing_packs():
        there = [folder / name for name in (MODEL, CONTRACT, CARD) if (folder / name).is_file()]
        replace_pack(target, {file.name: file.read_bytes() for file in there})
        _write_pins({**_pins(), contract.name: seal(target)})
    return contract


def replace_pack(target: Path, files: Mapping[str, bytes]) -> None:
    """Put a pack of these files in the place of another, whole: a kill leaves the old one, the new one or none.

    Raises OSError.
    """
    fresh = target.with_name(f".{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name, data in files.items():
        (fresh / name).write_bytes(data)
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)


def remove_pack(name: str) -> None:
    """Delete a pack that the user installed; shipped packs stay. Raises ModelError if there is none, SavingError."""
    if name not in {folder.name for folder in _pack_folders(installed_folder())}:
        raise ModelError(f"No installed model pack is called {name}.", "“packs list” shows those there are.")
    with _changing_packs():
        shutil.rmtree(installed_folder() / name)
        _write_pins({key: value for key, value in _pins().items() if key != name})


@contextmanager
def _changing_packs() -> Iterator[None]:
    """A full disk or a folder that may not be written is said as such."""
    try:
        yield
    except OSError as error:
        raise SavingError(
            f"The model packs below “{installed_folder()}” could not be changed: {error.strerror or error}.",
            "Free some space or make the folder writable, and try again.",
        ) from error


def seal(folder: Path) -> str:
    """SHA-256 by which a pack is pinned."""
    # The contract names the network's digest, so sealing the contract seals both.
    return hashlib.sha256(_read(folder / CONTRACT)).hexdigest()


def _pack_folders(root: Path) -> list[Path]:
    if not root.is_dir():
        return []
    # A folder with a dot is one that was being installed when the program was stopped.
    found = (folder for folder in root.iterdir() if not folder.name.startswith("."))
    return sorted(folder for folder in found if (folder / CONTRACT).is_file())


def _model_bytes(folder: Path, contract: Contract) -> bytes:
    """The network, checked; what runs is made from these bytes and not from the file."""
    model = _read(folder / MODEL)
    if hashlib.sha256(model).hexdigest() != contract.digest:
        raise ModelError(
            f"Model pack {contract.name}: model.onnx is not the file that its contract names.", "Install it again."
        )
    try:
        check_network(model)
    except Foreign as error:
        raise ModelError(
            f"Model pack {contract.name}: its network is not taken, {error}.", "Ask its maker for a plain one."
        ) from error
    return model


def _read(path: Path) -> bytes:
    try:
        if path.is_symlink() or path.stat().st_size > LARGEST_MODEL_BYTES:
            raise ModelError(f"{path.name} of the model pack is a link or too large.", "Install the pack again.")
        return path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"The model pack in {path.parent.name} lacks {path.name} or it cannot be read.", "Install it again."
        ) from error


def _pins() -> dict[str, str]:
    path = installed_folder() / "pins.json"
    try:
        return {str(key): str(value) for key, value in json.loads(path.read_text(encoding="utf-8")).items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _write_pins(pins: dict[str, str]) -> None:
    path = installed_folder() / "pins.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(pins, indent=1), encoding="utf-8")
    fresh.replace(path)  # cut short in place it would unpin every pack
