"""Trains a run of the paper in PyTorch and prints T_mem, T_grok, V_mem and V_post as JSON.

It serves to compare distributions over seeds with regrok's. A seed stands for other streams here,
so no run equals one of regrok's. Takes a config.json, or a task and the paper's values:

    train_torch.py modular-addition --seed 42
    train_torch.py sparse-parity --bits 30 --csv metrics.csv
    train_torch.py runs/base/config.json --seed 43

The base run takes two to three minutes on one core.
"""

import argparse
import json
import math
import pathlib
import sys

import torch

from models import loss_of, model_of, optimizer_of
from pairs import labels_of, pairs_of

COLUMNS = ["step", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy",
           "squared_norm"]


def paper_config(arguments):
    """The base run of a task, in the keys of config.json."""
    parity = arguments.run == "sparse-parity"
    if parity:
        task = {"bits": 20, "relevant_bits": 3, "train_samples": 25000, "validation_samples": 25000}
        model = {"name": "mlp", "width": 128, "hidden_layers": 2}
    else:
        addition = arguments.run == "modular-addition"
        task = {"modulus": 97 if addition else 53, "train_fraction": 0.5}
        model = {"name": "transformer", "embedding": "shared" if addition else "per-operand",
                 "width": 128, "heads": 4, "feedforward": 512, "embedding_scale": 1}
    return {
        "seed": "42",
        "task": {"name": arguments.run, **task},
        "model": model,
        "optimizer": {"name": "adamw", "learning_rate": 1e-3, "weight_decay": 1, "beta1": 0.9,
                      "beta2": 0.999, "epsilon": 1e-8},
        "batch": 256 if parity else 512,
        "max_steps": 100000 if parity else 50000,
        "log_interval": 200,
        "stop": {"memorized": 0.99, "grokked": 0.95 if parity else 0.99,
                 "steps_after_grokking": 2000},
    }


def data_of(task):
    """Training and validation sets as (inputs, labels), drawn from torch's generator."""
    if task["name"] == "sparse-parity":
        count = task["train_samples"] + task["validation_samples"]
        bits = torch.randint(0, 2, (count, task["bits"]))
        labels = bits[:, :task["relevant_bits"]].sum(dim=1) % 2
        inputs, split = bits.float(), task["train_samples"]
    else:
        inputs = pairs_of(task)
        inputs = inputs[torch.randperm(len(inputs))]
        labels, split = labels_of(task, inputs), math.floor(task["train_fraction"] * len(inputs))
    return (inputs[:split], labels[:split]), (inputs[split:], labels[split:])


@torch.no_grad()
def evaluate(model, loss_function, inputs, labels):
    """Mean loss and accuracy over a whole set."""
    logits = torch.cat([model(part) for part in inputs.split(2500)])
    return loss_function(logits, labels).item(), (logits.argmax(1) == labels).double().mean().item()


def squared_norm(model):
    return sum(p.detach().double().square().sum().item() for p in model.parameters())


def train(config, observe):
    """The outcome of a run, in the keys of outcome.json; `observe` sees each logged row."""
    torch.manual_seed(int(config["seed"]))
    model, loss_function = model_of(config), loss_of(config)
    training, validation = data_of(config["task"])
    optimizer = optimizer_of(config, model, fused=True)
    stop, interval = config["stop"], config["log_interval"]
    outcome = dict.fromkeys(["t_mem", "t_grok", "delay", "v_initial", "v_mem", "v_post"])
    outcome["v_initial"] = squared_norm(model)
    outcome["stop_reason"] = "max-steps"
    for step in range(config["max_steps"]):
        drawn = torch.randint(len(training[0]), (config["batch"],))
        loss = loss_function(model(training[0][drawn]), training[1][drawn])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % interval:
            continue
        row = (step, *evaluate(model, loss_function, *training),
               *evaluate(model, loss_function, *validation), squared_norm(model))
        observe(row)
        outcome["last_step"], outcome["v_post"] = step, row[5]
        if not math.isfinite(row[1] + row[3]):
            outcome["stop_reason"] = "diverged"
            break
        if outcome["t_mem"] is None and row[2] >= stop["memorized"]:
            outcome["t_mem"], outcome["v_mem"] = step, row[5]
        if outcome["t_grok"] is None and row[4] >= stop["grokked"]:
            outcome["t_grok"] = step
        if (outcome["t_grok"] is not None
                and step > outcome["t_grok"] + stop["steps_after_grokking"]):
            outcome["stop_reason"] = "grokked"
            break
    if outcome["t_mem"] is not None and outcome["t_grok"] is not None:
        outcome["delay"] = outcome["t_grok"] - outcome["t_mem"]
    return outcome


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", help="modular-addition, modular-multiplication, sparse-parity or a "
                        "config.json")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--modulus", type=int)
    parser.add_argument("--bits", type=int)
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--weight-decay", type=float)
    parser.add_argument("--log-interval", type=int)
    parser.add_argument("--max-steps", type=int)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--csv", type=pathlib.Path, help="also write the trace there")
    arguments = parser.parse_args()

    if arguments.run in ("modular-addition", "modular-multiplication", "sparse-parity"):
        config = paper_config(arguments)
    else:
        config = json.loads(pathlib.Path(arguments.run).read_text())
    places = {"seed": config, "modulus": config["task"], "bits": config["task"],
              "learning_rate": config["optimizer"], "weight_decay": config["optimizer"],
              "log_interval": config, "max_steps": config}
    for key, place in places.items():
        value = getattr(arguments, key)
        if value is not None:
            if key not in place:
                parser.error(f"{config['task']['name']} has no {key}")
            place[key] = value

    torch.set_num_threads(arguments.threads)
    rows = []

    def observe(row):
        rows.append(row)
        print(*(f"{value:.6g}" for value in row), file=sys.stderr)

    outcome = train(config, observe)
    if arguments.csv:
        lines = [COLUMNS, *rows]
        arguments.csv.write_text("".join(",".join(map(str, line)) + "\n" for line in lines))
    print(json.dumps({"seed": int(config["seed"]), "log_interval": config["log_interval"],
                      **outcome}))


if __name__ == "__main__":
    main()
