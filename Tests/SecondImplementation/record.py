"""SPEC.md, part 2: a run from its first step to its end, and the bytes of its results."""

import hashlib
import json
import math
import struct

import numpy as np

from numerics import shortest_decimal
from training import Run

METRICS = "step,train_loss,train_accuracy,validation_loss,validation_accuracy,squared_norm"
HASHES = "step,parameters_sha256,optimizer_sha256"


def canonical(value):
    """RFC 8785, for the values in a run's records: texts in ASCII, numbers and null."""
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)}:{canonical(value[key])}" for key in sorted(value))
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(canonical, value)) + "]"
    if value is None or isinstance(value, str):
        return json.dumps(value)
    return shortest_decimal(value)


class Record:
    """The results of a run; `perform` takes steps until the run ends, or until `last`.

    Without `measures`, only the states are recorded. Without metrics the run's end is not found.
    """

    def __init__(self, config, measures=True):
        self.config, self.run, self.measures = config, Run(config), measures
        self.run_id = hashlib.sha256(canonical(config).encode()).hexdigest()[:16]
        self.initial_norm = self.run.initial_squared_norm
        self.metrics, self.hashes, self.checkpoints = [], [], {}
        self.stop_reason = None

    def perform(self, last=math.inf):
        c, run = self.config, self.run
        interval = c["checkpoint_interval"]
        while self.stop_reason is None and run.step < last:
            loss = run.advance()
            if not math.isfinite(loss):
                self.stop_reason = "diverged"
                return
            if run.step % c["log_interval"]:
                continue
            self.hashes.append([run.step, *run.hashes()])
            if self.measures:
                values = run.metrics()
                if not all(map(math.isfinite, values)):
                    self.stop_reason = "diverged"
                    self.hashes.pop()
                    return
                self.metrics.append([run.step, *values])
                self.stop_reason = self._reason_to_stop()
            if interval and (run.step % interval == 0 or self.stop_reason):
                self.checkpoints[run.step] = self._checkpoint()

    def _first(self, column, threshold):
        return next((row for row in self.metrics if row[column] >= threshold), None)

    def _reason_to_stop(self):
        c, step = self.config, self.run.step
        grokked = self._first(4, c["stop"]["grokked"])
        if grokked and step > grokked[0] + c["stop"]["steps_after_grokking"]:
            return "grokked"
        return "max-steps" if step + c["log_interval"] >= c["max_steps"] else None

    def outcome(self):
        stop = self.config["stop"]
        memorized, grokked = self._first(2, stop["memorized"]), self._first(4, stop["grokked"])
        return {
            "t_mem": memorized and memorized[0], "v_mem": memorized and memorized[5],
            "t_grok": grokked and grokked[0],
            "delay": grokked[0] - memorized[0] if memorized and grokked else None,
            "v_initial": self.initial_norm, "v_post": self.metrics[-1][5] if self.metrics else None,
            "last_step": self.metrics[-1][0] if self.metrics else -1,
            "stop_reason": self.stop_reason}

    def _checkpoint(self):
        """The bytes of a checkpoint, as in 3.7."""
        parameters, state = self.run.tensors()
        tensors, header, offset = {**parameters, **state}, {}, 0
        for name, tensor in tensors.items():
            end = offset + 4 * tensor.size
            header[name] = {"data_offsets": [offset, end], "dtype": "F32", "shape": tensor.shape}
            offset = end
        header["__metadata__"] = {
            "format": "pt", "regrok.format": "1", "regrok.numerics": str(self.config["numerics"]),
            "regrok.run": self.run_id, "regrok.step": str(self.run.step)}
        text = canonical(header).encode()
        text += b" " * (-len(text) % 8)
        values = [np.ascontiguousarray(tensor, "<f4").tobytes() for tensor in tensors.values()]
        return b"".join([struct.pack("<Q", len(text)), text, *values])

    def files(self):
        """The results by path, as far as the run was performed."""

        def table(header, rows):
            lines = [",".join([str(row[0]), *map(self._cell, row[1:])]) for row in rows]
            return "".join(line + "\n" for line in [header, *lines]).encode()

        files = {
            "config.json": canonical(self.config).encode(),
            "outcome.json": canonical(self.outcome()).encode(),
            "trace/metrics.csv": table(",".join([METRICS, *self.run.columns]), self.metrics),
            "trace/hashes.csv": table(HASHES, self.hashes)}
        for step, content in self.checkpoints.items():
            files[f"checkpoints/step-{step:08d}.safetensors"] = content
        return files

    @staticmethod
    def _cell(value):
        return value if isinstance(value, str) else shortest_decimal(value)
