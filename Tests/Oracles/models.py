"""The paper's models (arXiv 2603.13331) in PyTorch, written as a user of PyTorch would.

Names and shapes of the state_dict are those of a regrok checkpoint.
"""

import torch
from torch import nn


class Transformer(nn.Module):
    """One post-norm encoder layer over the tokens (a, b), read at the last position.

    `embedding` is "shared" (one token table and a position table) or "per-operand" (a table an
    operand, no positions).
    """

    def __init__(self, modulus, width=128, heads=4, feedforward=512, embedding="shared",
                 embedding_scale=1.0):
        super().__init__()
        self.shared = embedding == "shared"
        if self.shared:
            self.tok = nn.Embedding(modulus, width)
            self.pos = nn.Embedding(2, width)
            tables = [self.tok, self.pos]
        elif embedding == "per-operand":
            self.tok_a = nn.Embedding(modulus, width)
            self.tok_b = nn.Embedding(modulus, width)
            tables = [self.tok_a, self.tok_b]
        else:
            raise ValueError(f"no embedding is called {embedding!r}")
        with torch.no_grad():
            for table in tables:
                table.weight.mul_(embedding_scale)
        layer = nn.TransformerEncoderLayer(
            width, nhead=heads, dim_feedforward=feedforward, dropout=0.0, activation="gelu",
            batch_first=True)
        self.tf = nn.TransformerEncoder(layer, num_layers=1, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, modulus)

    def embed(self, pairs):
        """pairs [B, 2] of token numbers → [B, 2, D]."""
        if self.shared:
            return self.tok(pairs) + self.pos(torch.arange(2, device=pairs.device))
        return torch.stack([self.tok_a(pairs[:, 0]), self.tok_b(pairs[:, 1])], dim=1)

    def forward(self, pairs):
        return self.head(self.norm(self.tf(self.embed(pairs))[:, -1]))


class MLP(nn.Module):
    """bits → width → … → width → 2, ReLU between."""

    def __init__(self, bits, width=128, hidden_layers=2):
        super().__init__()
        sizes = [bits] + [width] * hidden_layers + [2]
        self.layers = nn.ModuleList(nn.Linear(m, n) for m, n in zip(sizes, sizes[1:]))

    def forward(self, bits):
        values = bits
        for layer in self.layers[:-1]:
            values = torch.relu(layer(values))
        return self.layers[-1](values)


def model_of(config):
    """The freshly initialised model of a run's config.json (as a dictionary)."""
    task, model = config["task"], config["model"]
    if model["name"] == "transformer":
        return Transformer(
            task["modulus"], model["width"], model["heads"], model["feedforward"],
            model["embedding"], model["embedding_scale"])
    return MLP(task["bits"], model["width"], model["hidden_layers"])


def decay_of(optimizer):
    """The w of an SGD config, for decay w·θ in the gradient."""
    factor = {"lambda": 1, "two-lambda": 2}[optimizer["decay_convention"]]
    return factor * optimizer["weight_decay"]


class Lion(torch.optim.Optimizer):
    """arXiv 2302.06675, algorithm 2."""

    def __init__(self, parameters, lr, betas, weight_decay):
        super().__init__(parameters, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                m = self.state[p].setdefault("exp_avg", torch.zeros_like(p))
                update = (beta1 * m + (1 - beta1) * p.grad).sign()
                p.sub_(group["lr"] * (update + group["weight_decay"] * p))
                m.mul_(beta2).add_(p.grad, alpha=1 - beta2)


def optimizer_of(config, parameters, **options):
    """The PyTorch optimizer of a run's config.json, over all `parameters`."""
    optimizer, parameters = config["optimizer"], list(parameters)
    name, rate = optimizer["name"], optimizer["learning_rate"]
    decay = optimizer["weight_decay"]
    if name in ("adamw", "adam"):
        if optimizer.get("decay_on") == "matrices":
            matrices = [p for p in parameters if p.dim() > 1]
            rest = [p for p in parameters if p.dim() < 2]
            parameters = [{"params": matrices}, {"params": rest, "weight_decay": 0}]
        kind = torch.optim.AdamW if name == "adamw" else torch.optim.Adam
        return kind(
            parameters, lr=rate, betas=(optimizer["beta1"], optimizer["beta2"]),
            eps=optimizer["epsilon"], weight_decay=decay, **options)
    if name == "sgd-momentum":
        return torch.optim.SGD(
            parameters, lr=rate, weight_decay=decay, momentum=optimizer["momentum"],
            nesterov=optimizer["variant"] == "nesterov", **options)
    if name == "lion":
        return Lion(parameters, rate, (optimizer["beta1"], optimizer["beta2"]), decay)
    return torch.optim.SGD(parameters, lr=rate, weight_decay=decay_of(optimizer), **options)
