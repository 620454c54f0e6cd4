"""Teaches a two-layer perceptron which points of a square lie inside a circle.

    python3 train.py --config config.json --out results

Python's standard library is enough. So that any machine and any Python gives the same bits, it
computes with + - * / and sqrt alone, which IEEE 754 defines to the last bit: exp, log and cos come
from a C library, and each rounds them in its own way. For the same reason no float is added up by
sum(), which rounds differently since Python 3.12.
"""

import argparse
import csv
import json
import math
import pathlib
import random
import struct
import time


def points(count, draw):
    """Points of the square from -1 to 1, each with +1 inside the circle and -1 outside."""
    drawn = []
    for _ in range(count):
        x, y = 2 * draw.random() - 1, 2 * draw.random() - 1
        drawn.append((x, y, 1.0 if x * x + y * y < 0.5 else -1.0))
    return drawn


def predict(weights, x, y):
    """The output, and what the hidden units say: softsign, z / (1 + |z|), on each side of a line."""
    *units, (output,) = weights
    hidden = []
    for a, b, c, v in units:
        z = a * x + b * y + c
        h = z / (1 + abs(z))
        hidden.append(h)
        output += v * h
    return output, hidden


def gradient(weights, data):
    """The gradient of the mean squared error, in the shape of the weights; and that error."""
    sums, error = [[0.0] * len(row) for row in weights], 0.0
    for x, y, label in data:
        output, hidden = predict(weights, x, y)
        difference = output - label
        error += difference * difference
        sums[-1][0] += 2 * difference
        for h, (_, _, _, v), total in zip(hidden, weights, sums):
            slope = 2 * difference * v * (1 - abs(h)) * (1 - abs(h))
            total[0] += slope * x
            total[1] += slope * y
            total[2] += slope
            total[3] += 2 * difference * h
    return [[value / len(data) for value in row] for row in sums], error / len(data)


def accuracy(weights, data):
    right = 0
    for x, y, label in data:
        right += (predict(weights, x, y)[0] > 0) == (label > 0)
    return right / len(data)


def save(path, weights):
    """A safetensors file: the length of its header, the header in JSON, the numbers."""
    values = [value for row in weights for value in row]
    end = 8 * len(values)
    header = json.dumps({
        "units": {"dtype": "F64", "shape": [len(weights) - 1, 4], "data_offsets": [0, end - 8]},
        "bias": {"dtype": "F64", "shape": [1], "data_offsets": [end - 8, end]}}).encode()
    header += b" " * (-len(header) % 8)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(
        struct.pack("<Q", len(header)) + header + struct.pack(f"<{len(values)}d", *values))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    with open(arguments.config) as file:
        config = json.load(file)

    draw, started = random.Random(config["seed"]), time.monotonic()
    training, validation = points(config["points"], draw), points(config["points"], draw)
    # A row for each hidden unit: its line (a, b, c) and its weight in the output. The bias is last.
    weights = [[2 * draw.random() - 1 for _ in range(4)] for _ in range(config["units"])] + [[0.0]]
    # RMSprop: a step is divided by the root of the mean square of the last gradients.
    squares = [[0.0] * len(row) for row in weights]
    best = {"accuracy": -1.0, "step": 0}

    with open(arguments.out / "metrics.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["step", "loss", "accuracy", "seconds"])
        for step in range(config["steps"] + 1):
            slopes, loss = gradient(weights, training)
            if step % 5 == 0:
                reached = accuracy(weights, validation)
                if reached > best["accuracy"]:
                    best = {"accuracy": reached, "step": step}
                rows.writerow([step, loss, reached, round(time.monotonic() - started, 3)])
            if step == config["steps"]:
                break
            for row, of_row, means in zip(weights, slopes, squares):
                for i, slope in enumerate(of_row):
                    means[i] = 0.9 * means[i] + 0.1 * slope * slope
                    row[i] -= config["lr"] * slope / (math.sqrt(means[i]) + 1e-8)

    save(arguments.out / "checkpoints" / f"step-{step}.safetensors", weights)
    (arguments.out / "outcome.json").write_text(json.dumps({
        "best_accuracy": best["accuracy"], "best_step": best["step"], "last_loss": loss,
        "minutes": (time.monotonic() - started) / 60}))
    print(f"accuracy {best['accuracy']} at step {best['step']}")


if __name__ == "__main__":
    main()
