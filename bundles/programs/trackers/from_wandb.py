"""Writes a W&B run's metrics as metrics.csv: python3 from_wandb.py ENTITY/PROJECT/RUN > metrics.csv"""
import csv
import sys

import wandb

rows = list(wandb.Api().run(sys.argv[1]).scan_history())
numbers = {name for row in rows for name, value in row.items() if isinstance(value, (int, float))}
names = sorted(name for name in numbers if not name.startswith("_"))
table = csv.writer(sys.stdout, lineterminator="\n")
table.writerow(["step", *names])
for row in rows:
    cells = [row.get(name) for name in names]
    table.writerow([row["_step"], *("" if cell is None else cell for cell in cells)])
