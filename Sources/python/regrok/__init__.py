"""Sealed training runs, read with Python alone, and the program `regrok` if it is installed.

    run = regrok.open("base.tar.zst")
    run.verify()                        # the seal and every digest; raises regrok.Damaged
    run.config["optimizer"]["weight_decay"]
    run.metrics["validation_accuracy"]  # pandas, by step
    run.checkpoint(3800)["head.weight"] # numpy; framework="torch" for PyTorch

    with regrok.Run() as log:           # in a training script that `regrok record` runs
        log.row(step, loss=loss)
"""

from ._bundle import Damaged, Record, Unsupported, open, verify
from ._log import Run
from ._program import Failed, program, replay, run

__all__ = [
    "Damaged",
    "Failed",
    "Record",
    "Run",
    "Unsupported",
    "open",
    "program",
    "replay",
    "run",
    "verify",
]
