"""Writes an MLflow run's metrics as metrics.csv: python3 from_mlflow.py RUN_ID > metrics.csv"""
import csv
import sys

from mlflow import MlflowClient

client, run, rows = MlflowClient(), sys.argv[1], {}
for name in sorted(client.get_run(run).data.metrics):
    for point in client.get_metric_history(run, name):
        rows.setdefault(point.step, {})[name] = point.value
names = sorted({name for row in rows.values() for name in row})
table = csv.writer(sys.stdout, lineterminator="\n")
table.writerow(["step", *names])
table.writerows([step, *(rows[step].get(name, "") for name in names)] for step in sorted(rows))
