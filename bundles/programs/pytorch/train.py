"""The paper's model (arXiv 2603.13331) in PyTorch: a one-layer transformer learns to add modulo p.

    python3 train.py --config config.json --out results
"""

import argparse
import csv
import json
import pathlib
import time

import torch
from safetensors.torch import save_file
from torch import nn


class Transformer(nn.Module):
    def __init__(self, modulus, width=128):
        super().__init__()
        self.tok, self.pos = nn.Embedding(modulus, width), nn.Embedding(2, width)
        layer = nn.TransformerEncoderLayer(
            width, nhead=4, dim_feedforward=4 * width, dropout=0.0, activation="gelu",
            batch_first=True)
        self.tf = nn.TransformerEncoder(layer, num_layers=1, enable_nested_tensor=False)
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, modulus)

    def forward(self, pairs):
        return self.head(self.norm(self.tf(self.tok(pairs) + self.pos.weight)[:, -1]))


@torch.no_grad()
def measure(model, pairs, sums):
    logits = model(pairs)
    loss = nn.functional.cross_entropy(logits, sums).item()
    return loss, (logits.argmax(dim=-1) == sums).double().mean().item()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    with open(arguments.config) as file:
        config = json.load(file)

    # What makes it give the same again, as far as PyTorch promises anything.
    torch.manual_seed(config["seed"])
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(config["threads"])

    modulus = config["modulus"]
    pairs = torch.cartesian_prod(torch.arange(modulus), torch.arange(modulus))
    pairs = pairs[torch.randperm(len(pairs))]
    sums = pairs.sum(dim=1) % modulus
    half = len(pairs) // 2
    model = Transformer(modulus)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=config["lr"], weight_decay=config["weight_decay"])

    started = time.monotonic()
    with open(arguments.out / "metrics.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["step", "loss", "train_accuracy", "accuracy", "seconds"])
        for step in range(config["steps"] + 1):
            if step % config["log_interval"] == 0:
                loss, train_accuracy = measure(model, pairs[:half], sums[:half])
                accuracy = measure(model, pairs[half:], sums[half:])[1]
                rows.writerow(
                    [step, loss, train_accuracy, accuracy, round(time.monotonic() - started, 2)])
                file.flush()
            batch = torch.randint(half, (config["batch"],))
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(pairs[batch]), sums[batch]).backward()
            optimizer.step()

    folder = arguments.out / "checkpoints"
    folder.mkdir()
    save_file(model.state_dict(), folder / f"step-{config['steps']}.safetensors")
    (arguments.out / "outcome.json").write_text(
        json.dumps({"accuracy": accuracy, "train_accuracy": train_accuracy}))


if __name__ == "__main__":
    main()
