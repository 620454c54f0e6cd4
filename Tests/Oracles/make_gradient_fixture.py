"""Writes Tests/LearningTests/Fixtures/torch_<name>.safetensors: losses, gradients and parameters of
three training steps, computed by PyTorch's autograd in binary32 and again in binary64.

    make_gradient_fixture.py           all of them
    make_gradient_fixture.py mlp_sgd   those named

Tensors of a fixture (binary32 unless said):
  initial.<parameter>            the parameters before step 0
  step<s>.inputs                 token pairs or bits, as binary32 numbers, [B, 2] or [B, bits]
  step<s>.labels                 as binary32 numbers, [B]
  step<s>.loss                   binary64, [1]: mean loss of the binary64 trajectory
  step<s>.loss32                 binary64, [1]: the same of the binary32 trajectory
  step<s>.gradient.<parameter>   the gradient of the binary64 trajectory, rounded once
  final.<parameter>              the parameters after step 2 of the binary64 trajectory
  final32.<parameter>            the same of the binary32 trajectory
Metadata, as JSON under "fixture": the config with the keys of config.json, torch's version, and the
largest distance between the two trajectories (relative to the largest value of a tensor). It shows
how far off a correct binary32 program may be.

The key third of every layer's in_proj_bias (elements D ..< 2D) shifts all scores of a query alike,
so its gradient is zero except for rounding, and AdamW divides that noise by its own size. So these
elements of final.* must not be compared, and the distances above leave them out. Nothing depends on
them.
"""

import copy
import json
import pathlib
import sys

import torch
from safetensors.torch import save_file

from models import loss_of, model_of, optimizer_of
from pairs import labels_of, tokens_of

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "LearningTests" / "Fixtures"
STEPS = 3
SEED = 20260313
# With SEED, an element of these has a gradient of some 1e-9 in step 0. Rounding changes it by some
# hundredths, which AdamW turns into hundredths of a whole step.
OTHER_SEEDS = dict.fromkeys(
    ["mlp_muon", "transformer_layers3_off", "transformer_mse"], 20260314)
ADAMW = {"name": "adamw", "learning_rate": 1e-3, "weight_decay": 1, "beta1": 0.9, "beta2": 0.999,
         "epsilon": 1e-8}
SGD = {"name": "sgd", "learning_rate": 1e-1, "weight_decay": 1e-2, "decay_convention": "two-lambda"}
ADAM = {**ADAMW, "name": "adam", "weight_decay": 1e-2}
MOMENTUM = {"name": "sgd-momentum", "learning_rate": 1e-1, "weight_decay": 1e-2, "momentum": 0.9,
            "variant": "classical"}
LION = {"name": "lion", "learning_rate": 1e-3, "weight_decay": 1, "beta1": 0.9, "beta2": 0.99}
MUON = {**ADAMW, "name": "muon", "learning_rate": 0.02, "adamw_learning_rate": 1e-3,
        "momentum": 0.95}


def transformer(embedding="shared", **keys):
    return {"name": "transformer", "embedding": embedding, "width": 32, "heads": 2,
            "feedforward": 64, "embedding_scale": 1, **keys}


def pair_mlp(**keys):
    return {"name": "pair-mlp", "width": 32, "hidden_layers": 2, "input": "embedding",
            "activation": "relu", "bias": "on", **keys}


def modular(operation):
    return {"name": f"modular-{operation}", "modulus": 13}


# As in a record, a key is given only where its value is not the constant of SPEC.md, 2.1.
PARITY = {"name": "sparse-parity", "bits": 10, "relevant_bits": 3}
DIFFERENCE = {"name": "modular-operation", "operation": "x-y", "modulus": 13}
MLP = {"name": "mlp", "width": 32, "hidden_layers": 2}
FIXTURES = {
    "transformer_shared": (modular("addition"), transformer("shared"), ADAMW),
    "transformer_per_operand": (modular("multiplication"), transformer("per-operand"), ADAMW),
    "transformer_sgd": (modular("addition"), transformer("shared"), SGD),
    "mlp": (PARITY, MLP, ADAMW),
    "mlp_sgd": (PARITY, MLP, SGD),
    "mlp_adam": (PARITY, MLP, ADAM),
    "mlp_matrices": (PARITY, MLP, {**ADAMW, "decay_on": "matrices"}),
    "mlp_momentum": (PARITY, MLP, MOMENTUM),
    "mlp_nesterov": (PARITY, MLP, {**MOMENTUM, "variant": "nesterov"}),
    "mlp_lion": (PARITY, MLP, LION),
    "mlp_muon": (PARITY, {**MLP, "hidden_layers": 3}, MUON),
    "transformer_layers2": (modular("addition"), transformer(layers=2), ADAMW),
    "transformer_pre": (modular("addition"), transformer(layers=2, norm="pre"), ADAMW),
    "transformer_pre1": (
        modular("addition"), transformer(norm="pre", activation="relu"), ADAMW),
    "transformer_layers3_off": (
        modular("addition"),
        transformer("per-operand", layers=3, activation="relu", final_norm="off"), ADAMW),
    "transformer_off": (modular("addition"), transformer(final_norm="off"), SGD),
    "transformer_mse": (
        modular("addition"), transformer(), ADAMW,
        {"name": "mean-squared-error", "temperature": 2}),
    "transformer_stablemax": (
        modular("addition"), transformer(), ADAMW, {"name": "stablemax", "temperature": 0.5}),
    "transformer_temperature": (modular("addition"), transformer(), ADAMW, {"temperature": 2}),
    "transformer_decay": (
        modular("addition"), transformer(), {**ADAMW, "decay_on": "all-but-embeddings"}),
    "transformer_muon": (modular("addition"), transformer(layers=2), MUON),
    "pair_mlp": (modular("addition"), pair_mlp(), ADAMW),
    "pair_mlp_one_hot": (
        DIFFERENCE, pair_mlp(input="one-hot", activation="gelu", bias="off"), ADAMW),
    "pair_mlp_mse": (
        modular("addition"), pair_mlp(activation="gelu"), ADAMW, {"name": "mean-squared-error"}),
}


def batch_of(task, size):
    if task["name"] == "sparse-parity":
        inputs = torch.randint(0, 2, (size, task["bits"]))
        return inputs, inputs[:, :task["relevant_bits"]].sum(dim=1) % 2
    inputs = torch.randint(0, tokens_of(task), (size, 2))
    return inputs, labels_of(task, inputs)


def randomize(model):
    """Moves biases off 0 and gains off 1, because there a missing term would not show."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                parameter.normal_(0, 0.1)
            elif "norm" in name:
                parameter.normal_(1, 0.2)


def train(model, config, batches):
    """Returns the losses and gradients of each step; changes the model in place."""
    loss_function = loss_of(config)
    optimizer = optimizer_of(config, model, foreach=False)
    losses, gradients = [], []
    for inputs, labels in batches:
        dtype = next(model.parameters()).dtype
        logits = model(inputs.to(dtype) if "bits" in config["task"] else inputs)
        loss = loss_function(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        losses.append(loss.item())
        gradients.append({name: p.grad.clone() for name, p in model.named_parameters()})
        optimizer.step()
    return losses, gradients


def distance(name, found, exact):
    """The largest error of a tensor, relative to its largest value."""
    if name.endswith("in_proj_bias"):
        queries, _, values = exact.chunk(3)
        exact = torch.cat([queries, values])
        queries, _, values = found.chunk(3)
        found = torch.cat([queries, values])
    return ((found.double() - exact).abs().max() / exact.abs().max()).item()


def make(name, task, model_config, optimizer, loss_config=None):
    torch.manual_seed(OTHER_SEEDS.get(name, SEED))
    config = {"task": task, "model": model_config, "optimizer": optimizer, "batch": 24}
    if loss_config:
        config["loss"] = loss_config
    model = model_of(config)
    randomize(model)
    exact = copy.deepcopy(model).double()
    batches = [batch_of(task, config["batch"]) for _ in range(STEPS)]

    tensors = {f"initial.{n}": p.detach().clone() for n, p in model.named_parameters()}
    losses32, gradients32 = train(model, config, batches)
    losses, gradients = train(exact, config, batches)
    worst_gradient = 0.0
    for step, (inputs, labels) in enumerate(batches):
        tensors[f"step{step}.inputs"] = inputs.float()
        tensors[f"step{step}.labels"] = labels.float()
        tensors[f"step{step}.loss"] = torch.tensor([losses[step]], dtype=torch.float64)
        tensors[f"step{step}.loss32"] = torch.tensor([losses32[step]], dtype=torch.float64)
        for n, gradient in gradients[step].items():
            tensors[f"step{step}.gradient.{n}"] = gradient.float()
            worst_gradient = max(worst_gradient, distance(n, gradients32[step][n], gradient))
    worst_parameter = 0.0
    for (n, p), (_, q) in zip(exact.named_parameters(), model.named_parameters()):
        tensors[f"final.{n}"] = p.detach().float()
        tensors[f"final32.{n}"] = q.detach().clone()
        worst_parameter = max(worst_parameter, distance(n, q.detach(), p.detach()))

    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"torch_{name}.safetensors"
    # Only one key: the library writes several in an order that changes from run to run.
    save_file(tensors, path, metadata={"fixture": json.dumps({
        "config": config,
        "made_by": f"Tests/Oracles/make_gradient_fixture.py, torch {torch.__version__}",
        "largest_relative_gradient_distance": worst_gradient,
        "largest_relative_parameter_distance": worst_parameter,
    })})
    print(f"{path.name}: {path.stat().st_size} bytes, losses {losses}, gradients of binary32 "
          f"within {worst_gradient:.1e}, parameters within {worst_parameter:.1e}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    for fixture in sys.argv[1:] or FIXTURES:
        make(fixture, *FIXTURES[fixture])
