"""The paper's models (arXiv 2603.13331) and further ones in PyTorch, written as a user of PyTorch
would, with their losses and optimizers.

Names and shapes of the state_dict are those of a regrok checkpoint.
"""

import torch
from torch import nn
from torch.nn import functional

from pairs import tokens_of


class Transformer(nn.Module):
    """Encoder layers over the tokens (a, b), read at the last position.

    `embedding` is "shared" (one token table and a position table) or "per-operand" (a table for
    each operand, no positions). `norm` is "post" or "pre", `activation` "gelu" or "relu"; with
    `final_norm` "off" the head reads the last layer's output as it is.
    """

    def __init__(self, tokens, width=128, heads=4, feedforward=512, embedding="shared",
                 embedding_scale=1.0, layers=1, norm="post", activation="gelu", final_norm="on"):
        super().__init__()
        self.shared = embedding == "shared"
        if self.shared:
            self.tok = nn.Embedding(tokens, width)
            self.pos = nn.Embedding(2, width)
            tables = [self.tok, self.pos]
        elif embedding == "per-operand":
            self.tok_a = nn.Embedding(tokens, width)
            self.tok_b = nn.Embedding(tokens, width)
            tables = [self.tok_a, self.tok_b]
        else:
            raise ValueError(f"no embedding is called {embedding!r}")
        with torch.no_grad():
            for table in tables:
                table.weight.mul_(embedding_scale)

        def new_layer():
            return nn.TransformerEncoderLayer(
                width, nhead=heads, dim_feedforward=feedforward, dropout=0.0,
                activation=activation, batch_first=True, norm_first=norm == "pre")

        self.tf = nn.TransformerEncoder(new_layer(), layers, enable_nested_tensor=False)
        for index in range(1, layers):  # PyTorch makes them copies of the first
            self.tf.layers[index] = new_layer()
        self.norm = nn.LayerNorm(width) if final_norm == "on" else nn.Identity()
        self.head = nn.Linear(width, tokens)

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


class PairMLP(nn.Module):
    """A pair of tokens → 2 · tokens or 2 · width → width → … → width → tokens.

    `input` is "one-hot" (the two tokens' one-hot codes) or "embedding" (their rows of one table).
    """

    def __init__(self, tokens, width=128, hidden_layers=2, input="embedding", activation="relu",
                 bias="on"):
        super().__init__()
        self.tokens = tokens
        self.activation = {"relu": functional.relu, "gelu": functional.gelu}[activation]
        if input == "embedding":
            self.tok = nn.Embedding(tokens, width)
        elif input != "one-hot":
            raise ValueError(f"no input is called {input!r}")
        self.embedded = input == "embedding"
        sizes = [2 * (width if self.embedded else tokens)] + [width] * hidden_layers + [tokens]
        self.layers = nn.ModuleList(
            nn.Linear(m, n, bias=bias == "on") for m, n in zip(sizes, sizes[1:]))

    def embed(self, pairs):
        """pairs [B, 2] of token numbers → [B, 2, D] or [B, 2, V]."""
        if self.embedded:
            return self.tok(pairs)
        return functional.one_hot(pairs, self.tokens).to(self.layers[0].weight.dtype)

    def forward(self, pairs):
        values = self.embed(pairs).flatten(1)
        for layer in self.layers[:-1]:
            values = self.activation(layer(values))
        return self.layers[-1](values)


def model_of(config):
    """The freshly initialised model of a run's config.json (as a dictionary)."""
    task, model = config["task"], dict(config["model"])
    kind = {"transformer": Transformer, "pair-mlp": PairMLP, "mlp": MLP}[model.pop("name")]
    # The other keys of the record have the names of the parameters.
    return kind(task["bits"] if kind is MLP else tokens_of(task), **model)


def stablemax_loss(logits, labels):
    """The mean cross-entropy of arXiv 2501.04697, with s instead of exp."""
    # At a logit of exactly 1 the branch not taken would divide by 0, and its gradient would be 0 ·
    # ∞.
    s = torch.where(logits >= 0, logits + 1, 1 / (1 - logits.clamp(max=0)))
    logs = s.log()
    return (s.sum(dim=1).log() - logs.gather(1, labels[:, None])[:, 0]).mean()


def squared_loss(logits, labels):
    """The mean square, over examples and classes, of the distance from the one-hot label."""
    return functional.mse_loss(logits, functional.one_hot(labels, logits.shape[1]).to(logits.dtype))


def loss_of(config):
    """The mean loss of a config as a function of logits and labels."""
    loss = config.get("loss", {})
    function = {"cross-entropy": functional.cross_entropy, "stablemax": stablemax_loss,
                "mean-squared-error": squared_loss}[loss.get("name", "cross-entropy")]
    temperature = loss.get("temperature", 1)
    return lambda logits, labels: function(logits / temperature, labels)


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


def orthogonalized(matrix):
    """Muon's five Newton-Schulz iterations, which bring singular values near 1, times its factor
    for matrices that are higher than wide."""
    rows, columns = matrix.shape
    norm = matrix.double().square().sum().sqrt() + 1e-7
    x = matrix / norm.to(matrix.dtype)
    x = x.T if rows > columns else x
    for _ in range(5):
        a = x @ x.T
        x = 3.4445 * x + (2.0315 * (a @ a) - 4.7750 * a) @ x
    return (x.T if rows > columns else x) * max(1, rows / columns) ** 0.5


class Muon(torch.optim.Optimizer):
    """K. Jordan et al., https://kellerjordan.github.io/posts/muon/, except for bfloat16: the
    iterations use the parameters' own precision.

    `blocks` of a group is the number of matrices, one below the other, into which its tensors are
    cut.
    """

    def __init__(self, groups, lr, momentum, weight_decay):
        defaults = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay, "blocks": 1}
        super().__init__(groups, defaults)

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            rate, momentum = group["lr"], group["momentum"]
            for p in group["params"]:
                b = self.state[p].setdefault("momentum_buffer", torch.zeros_like(p))
                b.lerp_(p.grad, 1 - momentum)
                update = p.grad.lerp(b, momentum)
                parts = [orthogonalized(part) for part in update.chunk(group["blocks"])]
                p.mul_(1 - rate * group["weight_decay"]).sub_(rate * torch.cat(parts))


class Several:
    """Optimizers of different parameters, used as one."""

    def __init__(self, *optimizers):
        self.optimizers = optimizers

    def zero_grad(self):
        for optimizer in self.optimizers:
            optimizer.zero_grad()

    def step(self):
        for optimizer in self.optimizers:
            optimizer.step()


def is_hidden_matrix(config, name):
    """Whether Muon updates a parameter: the matrix of a layer that is neither first nor last."""
    model = config["model"]
    if model["name"] == "transformer":
        return name.startswith("tf.layers.") and name.endswith(
            ("in_proj_weight", "out_proj.weight", "linear1.weight", "linear2.weight"))
    return name in [f"layers.{index}.weight" for index in range(1, model["hidden_layers"])]


def is_decayed(decay_on, name, parameter):
    """Whether AdamW decays a parameter under a config's `decay_on`."""
    if decay_on == "matrices":
        return parameter.dim() > 1
    if decay_on == "all-but-embeddings":
        return name not in ("tok.weight", "pos.weight", "tok_a.weight", "tok_b.weight")
    return True


def optimizer_of(config, model, **options):
    """The PyTorch optimizer of a run's config.json, over all parameters of its model."""
    optimizer, named = config["optimizer"], list(model.named_parameters())
    parameters = [p for _, p in named]
    name, rate = optimizer["name"], optimizer["learning_rate"]
    decay = optimizer["weight_decay"]
    if name == "muon":
        hidden = [(n, p) for n, p in named if is_hidden_matrix(config, n)]
        rest = [p for n, p in named if not is_hidden_matrix(config, n)]
        in_proj = [p for n, p in hidden if n.endswith("in_proj_weight")]  # q, k and v
        whole = [p for n, p in hidden if not n.endswith("in_proj_weight")]
        muon = Muon([{"params": in_proj, "blocks": 3}, {"params": whole}], rate,
                    optimizer["momentum"], decay)
        adamw = torch.optim.AdamW(
            rest, lr=optimizer["adamw_learning_rate"],
            betas=(optimizer["beta1"], optimizer["beta2"]), eps=optimizer["epsilon"],
            weight_decay=decay, **options)
        return Several(muon, adamw)
    if name in ("adamw", "adam"):
        if "decay_on" in optimizer:
            decays = [is_decayed(optimizer["decay_on"], n, p) for n, p in named]
            parameters = [
                {"params": [p for p, yes in zip(parameters, decays) if yes]},
                {"params": [p for p, yes in zip(parameters, decays) if not yes],
                 "weight_decay": 0}]
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
