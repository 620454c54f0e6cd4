"""Writes TensorBoard's scalars as metrics.csv: python3 from_tensorboard.py LOGDIR > metrics.csv"""
import csv
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

events, rows = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0}).Reload(), {}
names = sorted(events.Tags()["scalars"])
for name in names:
    for point in events.Scalars(name):
        rows.setdefault(point.step, {})[name] = point.value
table = csv.writer(sys.stdout, lineterminator="\n")
table.writerow(["step", *names])
table.writerows([step, *(rows[step].get(name, "") for name in names)] for step in sorted(rows))
