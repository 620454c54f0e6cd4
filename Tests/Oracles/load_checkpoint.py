"""Loads a regrok checkpoint into the PyTorch model, scores it, and compares with the trace.

    load_checkpoint.py CHECKPOINT.safetensors CONFIG.json METRICS.csv
    load_checkpoint.py RUN_DIR                                         all checkpoints of a run

Without the optimizer's tensors, names and shapes must be exactly those of the state_dict. The
losses must agree to 1e-5 and the squared norm to 1e-12, relatively. The accuracies must be equal,
except for examples whose two best logits differ by less than binary32 arithmetic can tell apart.
The training and validation sets are those of SPEC.md, from the second implementation. Exit status:
0 if all agree, 1 if not.
"""

import csv
import json
import pathlib
import re
import sys

import torch
from safetensors.torch import load_file

from models import loss_of, model_of

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "SecondImplementation"))
from tasks import Examples  # noqa: E402

TIE = 1e-5  # of the largest logit


@torch.no_grad()
def evaluate(model, loss_function, inputs, labels):
    """Mean loss, accuracy, and how many examples are too close to call."""
    inputs, labels = torch.from_numpy(inputs), torch.from_numpy(labels)
    logits = torch.cat([model(part) for part in inputs.split(2500)])
    loss = loss_function(logits.double(), labels).item()
    correct = (logits.argmax(dim=1) == labels).double().mean().item()
    best, second = logits.topk(2).values.unbind(dim=1)
    return loss, correct, (best - second <= TIE * logits.abs().amax(dim=1)).sum().item()


def config_at(config, step):
    """The config with what the items of `at` have set up to a step, as far as a loss depends on it:
    only the temperature.
    """
    loss = dict(config.get("loss", {}))
    for item in config.get("at", []):
        if item["step"] <= step and "loss.temperature" in item.get("set", {}):
            loss["temperature"] = item["set"]["loss.temperature"]
    return {**config, "loss": loss}


def check(checkpoint, config, examples, metrics):
    """Whether a checkpoint agrees with its row."""
    step = int(re.fullmatch(r"step-(\d+)\.safetensors", checkpoint.name)[1])
    row = {key: float(value) for key, value in metrics[step].items()}
    tensors = load_file(checkpoint)
    model = model_of(config)
    model.load_state_dict(
        {name: value for name, value in tensors.items() if not name.startswith("optimizer.")},
        strict=True)

    loss_function = loss_of(config_at(config, step))
    differences = []

    def compare(name, found, allowed):
        if abs(found - row[name]) > allowed:
            differences.append(f"{name} {found!r}, recorded {row[name]!r}")

    for name, (inputs, labels) in [
            ("train", examples.training), ("validation", examples.validation)]:
        loss, accuracy, ties = evaluate(model, loss_function, inputs, labels)
        recorded = row[f"{name}_loss"]
        compare(f"{name}_loss", loss, 1e-5 * abs(recorded))
        compare(f"{name}_accuracy", accuracy, 1e-12 + ties / len(labels))
    norm = sum(p.double().square().sum().item() for p in model.state_dict().values())
    compare("squared_norm", norm, 1e-12 * norm)
    print(f"step {step}: {'; '.join(differences) or 'agrees'}")
    return not differences


def main(arguments):
    if len(arguments) == 1:
        folder = pathlib.Path(arguments[0])
        checkpoints = sorted((folder / "checkpoints").glob("step-*.safetensors"))
        config, metrics = folder / "config.json", folder / "trace" / "metrics.csv"
    elif len(arguments) == 3:
        checkpoint, config, metrics = map(pathlib.Path, arguments)
        checkpoints = [checkpoint]
    else:
        sys.exit(__doc__)
    torch.set_num_threads(1)
    config = json.loads(config.read_text())
    with open(metrics, newline="") as file:
        rows = {int(row["step"]): row for row in csv.DictReader(file)}
    examples = Examples(config)
    agreed = [check(path, config, examples, rows) for path in checkpoints]
    return 0 if agreed and all(agreed) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
