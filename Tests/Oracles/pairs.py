"""Tasks of pairs: how many tokens there are, which pairs, and what their labels are."""

import itertools
import math

import torch

OPERATIONS = {
    "x-y": lambda x, y, p: x - y,
    "x/y": lambda x, y, p: x * pow(y, -1, p),
    "x^2+y^2": lambda x, y, p: x**2 + y**2,
    "x^2+xy+y^2": lambda x, y, p: x**2 + x * y + y**2,
    "x^2+xy+y^2+x": lambda x, y, p: x**2 + x * y + y**2 + x,
    "x^3+xy": lambda x, y, p: x**3 + x * y,
    "x^3+xy^2+y": lambda x, y, p: x**3 + x * y**2 + y,
}


def tokens_of(task):
    """The number of tokens, which is also the number of classes."""
    return math.factorial(task["degree"]) if task["name"] == "permutations" else task["modulus"]


def pairs_of(task):
    """All pairs of a task in order, [number of pairs, 2]."""
    first = 1 if task.get("operation") == "x/y" else 0
    tokens = tokens_of(task)
    return torch.cartesian_prod(torch.arange(tokens), torch.arange(first, tokens))


def labels_of(task, pairs):
    """The labels [B] of pairs [B, 2]."""
    if task["name"] == "permutations":
        images = list(itertools.permutations(range(task["degree"])))
        number = {image: index for index, image in enumerate(images)}

        def label(a, b):
            x, y = images[a], images[b]
            product = [x[i] for i in y]  # y acts first
            if task["operation"] == "xyx^-1":
                product = [product[x.index(i)] for i in range(len(x))]
            elif task["operation"] == "xyx":
                product = [product[i] for i in x]
            return number[tuple(product)]
    else:
        p = task["modulus"]
        operation = {
            "modular-addition": lambda x, y, p: x + y,
            "modular-multiplication": lambda x, y, p: x * y,
        }.get(task["name"]) or OPERATIONS[task["operation"]]

        def label(a, b):
            return operation(a, b, p) % p
    return torch.tensor([label(a, b) for a, b in pairs.tolist()])
