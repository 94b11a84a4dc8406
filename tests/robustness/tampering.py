"""R12: packs that somebody altered. Each is refused by name before a session is made of it."""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Callable
from pathlib import Path

from lumbar_core.errors import ModelError
from lumbar_core.inference import session
from lumbar_core.inference.packs import Pack, bundled_folder, seal, verify_pack
from tests.core.fake_packs import write_pack
from tests.core.inference.networks import FOREIGN
from tests.robustness.gate import Check, Gate, Outcome, told

SECONDS = 0.150
Load = Callable[[Path, dict[str, str]], object]
Files = dict[str, bytes]


def load(folder: Path, pins: dict[str, str]) -> object:
    """As the program does: verify against the pins, then make a session."""
    return Pack(folder, verify_pack(folder, pins)).model


def flip(files: Files, chance: random.Random) -> str:
    name = chance.choice(("model.onnx", "model.onnx", "model.onnx", "contract.json"))
    data = bytearray(files[name])
    at, bit = chance.randrange(len(data)), chance.randrange(8)
    data[at] ^= 1 << bit
    files[name] = bytes(data)
    return f"bit {bit} of byte {at} of {name}"


def cut(files: Files, chance: random.Random) -> str:
    name = chance.choice(("model.onnx", "contract.json"))
    files[name] = files[name][: chance.randrange(len(files[name]))]
    return f"{name} cut to {len(files[name])} bytes"


def lengthen(files: Files, chance: random.Random) -> str:
    files["model.onnx"] += chance.randbytes(chance.choice((1, 64)))
    return "bytes behind the network"


def take_away(files: Files, chance: random.Random) -> str:
    name = chance.choice(("model.onnx", "contract.json"))
    del files[name]
    return f"no {name}"


def reseal(files: Files, chance: random.Random) -> str:
    """Another contract with a digest that fits, which the pin does not know."""
    contract = json.loads(files["contract.json"])
    contract["thresholds"] = {name: chance.random() for name in contract["thresholds"]}
    files["contract.json"] = json.dumps(contract).encode()
    return "other thresholds"


def exchange(files: Files, chance: random.Random) -> str:
    """Network and digest of another, whole and harmless, pack."""
    files["model.onnx"] = FOREIGN["functions"](files["model.onnx"]) + bytes([chance.randrange(256)])
    contract = json.loads(files["contract.json"])
    contract["digest"] = hashlib.sha256(files["model.onnx"]).hexdigest()
    files["contract.json"] = json.dumps(contract).encode()
    return "another network with its digest"


CHANGES = (flip, flip, flip, flip, flip, flip, cut, lengthen, take_away, reseal, exchange)


def run(count: int, folder: Path, loads: Load = load) -> Outcome:
    """Tamper with a small pack this often, with a shipped one now and then, and once with each foreign network."""
    small = write_pack(folder / "small")
    shipped = [path.parent for path in sorted(bundled_folder().glob("*/contract.json"))]
    taken, raw, slow, sessions, faults = 0, 0, 0.0, 0, []
    original = session.ort.InferenceSession

    def counted(*arguments: object, **options: object) -> object:
        nonlocal sessions
        sessions += 1
        return original(*arguments, **options)

    session.ort.InferenceSession = counted
    try:
        for number in range(count):
            source = shipped[number % len(shipped)] if shipped and number % 100 == 99 else small
            answer, words, seconds = _attack(source, folder / "tampered", number, loads)
            taken, raw, slow = taken + (answer == "taken"), raw + (answer == "raw"), max(slow, seconds)
            faults += [f"{number}: {source.name}, {words}: {answer}"] if answer != "refused" else []
        for name in FOREIGN:
            answer = _foreign(folder / "foreign", small, name, loads)
            taken, raw = taken + (answer == "taken"), raw + (answer == "raw")
            faults += [f"{name}: {answer}"] if answer != "refused" else []
    finally:
        session.ort.InferenceSession = original
    checks = (
        Check("taken", taken, 0),
        Check("refused without its name", raw, 0),
        Check("sessions made", sessions, 0),
        Check("slowest refusal", round(slow, 3), SECONDS, " processor s"),
    )
    return Outcome(f"{count:,} tampered packs, {len(FOREIGN)} pinned packs of foreign networks", checks, told(faults))


def _attack(source: Path, place: Path, number: int, loads: Load) -> tuple[str, str, float]:
    chance = random.Random(f"12:{number}")
    files = {name: (source / name).read_bytes() for name in ("model.onnx", "contract.json")}
    pins = {json.loads(files["contract.json"])["name"]: seal(source)}
    words = chance.choice(CHANGES)(files, chance)
    place.mkdir(exist_ok=True)
    for name in ("model.onnx", "contract.json"):
        (place / name).unlink(missing_ok=True)
        if name in files and chance.random() < 0.02:
            (place / name).symlink_to(source / name)
            words += f", {name} a link"
        elif name in files:
            (place / name).write_bytes(files[name])
    begun = time.process_time()
    return _answer(place, pins, loads), words, time.process_time() - begun


def _answer(place: Path, pins: dict[str, str], loads: Load) -> str:
    try:
        loads(place, pins)
    except ModelError as error:
        return "refused" if error.finding else "raw"
    except Exception:  # noqa: BLE001 - what is not typed is the offence
        return "raw"
    return "taken"


def _foreign(place: Path, source: Path, name: str, loads: Load) -> str:
    """A pack whose digest and pin are right: only its network is not."""
    place.mkdir(exist_ok=True)
    model = FOREIGN[name]((source / "model.onnx").read_bytes())
    contract = json.loads((source / "contract.json").read_bytes())
    contract["digest"] = hashlib.sha256(model).hexdigest()
    (place / "model.onnx").write_bytes(model)
    (place / "contract.json").write_text(json.dumps(contract), encoding="utf-8")
    return _answer(place, {contract["name"]: seal(place)}, loads)


GATE = Gate("R12", "tampered packs", 300, 10_000, run)
