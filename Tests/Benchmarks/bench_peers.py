"""Times a training step of the paper's model (p = 97, batch 512, AdamW), and its evaluation on all
9409 pairs, in PyTorch and JAX, against ours. Run by `make bench-peers`.

The machine's speed drifts, so nothing is timed alone. All programs are started and warmed up, and
then run in turns of a few seconds, A B C A B C .... A ratio is the median over rounds of the ratio
within a round. With one thread all programs are pinned to the same core. Peers get their batches
drawn in advance. Before the timing, each peer takes 20 steps from the same parameters with the same
batches and evaluates: its losses must be those of PyTorch's own model.

Peers:
  eager      the model as the paper writes it (models.py), AdamW as it comes
  torch      PyTorch at its best by hand: the last position only, queries, keys and values once per
             distinct token, softmax over two positions as a sigmoid, fused AdamW
  compiled   the same under torch.compile (needs a C++ compiler)
  jax        the same in JAX: jit, lax.scan over steps

The COMMAND of `--ours 'COMMAND'` prints JSON with "steps_per_second", and optionally with
"evaluations_per_second". {threads} in it is replaced by their number.
"""

import argparse
import json
import math
import os
import pathlib
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

# The model as the paper writes it.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Oracles"))

MODULUS, WIDTH, HEADS, BATCH = 97, 128, 4, 512
RATE, DECAY, BETA1, BETA2, EPSILON = 1e-3, 1.0, 0.9, 0.999, 1e-8
STEPS_PER_CALL = 20  # how many steps a peer takes between two looks at the clock
MEASURES = ["step", "evaluation"]
PEERS = ["eager", "torch", "compiled", "jax"]


# MARK: The shared start: parameters and batches


def write_start(path):
    """Initial parameters and STEPS_PER_CALL batches, for every peer."""
    import torch
    from safetensors.torch import save_file

    from models import Transformer

    torch.manual_seed(42)
    model = Transformer(MODULUS)
    pairs = torch.randint(0, MODULUS, (STEPS_PER_CALL, BATCH, 2))
    tensors = {name: value.clone() for name, value in model.state_dict().items()}
    save_file({**tensors, "pairs": pairs}, path)


# MARK: Peers
#
# Each returns two functions. One takes STEPS_PER_CALL steps and returns their losses; one returns
# the mean loss and the accuracy over all pairs.


def eager_peer(start):
    import torch
    from torch.nn.functional import cross_entropy

    from models import Transformer

    pairs = start.pop("pairs")
    labels = pairs.sum(dim=2) % MODULUS
    every = torch.cartesian_prod(torch.arange(MODULUS), torch.arange(MODULUS))
    every_label = every.sum(dim=1) % MODULUS
    model = Transformer(MODULUS)
    model.load_state_dict(start)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=RATE, betas=(BETA1, BETA2), eps=EPSILON, weight_decay=DECAY)

    def advance():
        losses = []
        for step in range(STEPS_PER_CALL):
            loss = cross_entropy(model(pairs[step]), labels[step])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    @torch.no_grad()
    def evaluate():
        logits = model(every)
        return (cross_entropy(logits, every_label).item(),
                (logits.argmax(1) == every_label).float().mean().item())

    return advance, evaluate


def torch_peer(start, compiled=False):
    import torch
    import torch.nn.functional as F

    pairs = start.pop("pairs")
    first, second = pairs[:, :, 0].contiguous(), pairs[:, :, 1].contiguous()
    labels = (first + second) % MODULUS
    every = torch.cartesian_prod(torch.arange(MODULUS), torch.arange(MODULUS))
    every_first, every_second = every[:, 0].contiguous(), every[:, 1].contiguous()
    every_label = every.sum(dim=1) % MODULUS
    parameters = {name: value.requires_grad_() for name, value in start.items()}
    optimizer = torch.optim.AdamW(
        parameters.values(), lr=RATE, betas=(BETA1, BETA2), eps=EPSILON, weight_decay=DECAY,
        fused=True)
    p, layer = parameters, "tf.layers.0."
    scale = 1 / math.sqrt(WIDTH // HEADS)

    def logits_of(a, b):
        in_weight = p[layer + "self_attn.in_proj_weight"]
        in_bias = p[layer + "self_attn.in_proj_bias"]
        tokens, positions = p["tok.weight"], p["pos.weight"]
        # Once per distinct token: keys and values at position 0; queries too at position 1.
        table0 = F.linear(tokens + positions[0], in_weight[WIDTH:], in_bias[WIDTH:])
        states1 = tokens + positions[1]
        table1 = F.linear(states1, in_weight, in_bias)
        k0, v0 = F.embedding(a, table0).view(len(a), 2, HEADS, -1).unbind(1)
        q, k1, v1 = F.embedding(b, table1).view(len(a), 3, HEADS, -1).unbind(1)
        share = torch.sigmoid((q * (k1 - k0)).sum(-1, keepdim=True) * scale)
        mixed = torch.lerp(v0, v1, share).reshape(-1, WIDTH)
        attention = F.linear(
            mixed, p[layer + "self_attn.out_proj.weight"], p[layer + "self_attn.out_proj.bias"])
        x = F.embedding(b, states1) + attention
        x = F.layer_norm(x, (WIDTH,), p[layer + "norm1.weight"], p[layer + "norm1.bias"])
        hidden = F.gelu(F.linear(x, p[layer + "linear1.weight"], p[layer + "linear1.bias"]))
        x = x + F.linear(hidden, p[layer + "linear2.weight"], p[layer + "linear2.bias"])
        x = F.layer_norm(x, (WIDTH,), p[layer + "norm2.weight"], p[layer + "norm2.bias"])
        x = F.layer_norm(x, (WIDTH,), p["norm.weight"], p["norm.bias"])
        return F.linear(x, p["head.weight"], p["head.bias"])

    def loss_of(a, b, labels):
        return F.cross_entropy(logits_of(a, b), labels)

    def scores_of(a, b, labels):
        logits = logits_of(a, b)
        return F.cross_entropy(logits, labels), (logits.argmax(1) == labels).float().mean()

    if compiled:
        loss_of = torch.compile(loss_of, dynamic=False)
        scores_of = torch.compile(scores_of, dynamic=False)

    def advance():
        losses = []
        for step in range(STEPS_PER_CALL):
            loss = loss_of(first[step], second[step], labels[step])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    @torch.no_grad()
    def evaluate():
        return tuple(score.item() for score in scores_of(every_first, every_second, every_label))

    return advance, evaluate


def jax_peer(start):
    import jax
    import jax.numpy as jnp

    pairs = start.pop("pairs").astype("int32")
    first, second = jnp.asarray(pairs[:, :, 0]), jnp.asarray(pairs[:, :, 1])
    every_first, every_second = (
        part.reshape(-1) for part in jnp.meshgrid(
            jnp.arange(MODULUS), jnp.arange(MODULUS), indexing="ij"))
    parameters = {name: jnp.asarray(value) for name, value in start.items()}
    layer = "tf.layers.0."
    scale = 1 / math.sqrt(WIDTH // HEADS)

    def layer_norm(x, weight, bias):
        mean = x.mean(-1, keepdims=True)
        variance = jnp.square(x - mean).mean(-1, keepdims=True)
        return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * weight + bias

    def logits_of(p, a, b):
        in_weight = p[layer + "self_attn.in_proj_weight"]
        in_bias = p[layer + "self_attn.in_proj_bias"]
        tokens, positions = p["tok.weight"], p["pos.weight"]
        table0 = (tokens + positions[0]) @ in_weight[WIDTH:].T + in_bias[WIDTH:]
        states1 = tokens + positions[1]
        table1 = states1 @ in_weight.T + in_bias
        keys_values = table0[a].reshape(len(a), 2, HEADS, -1)
        k0, v0 = keys_values[:, 0], keys_values[:, 1]
        all_three = table1[b].reshape(len(a), 3, HEADS, -1)
        q, k1, v1 = all_three[:, 0], all_three[:, 1], all_three[:, 2]
        share = jax.nn.sigmoid((q * (k1 - k0)).sum(-1, keepdims=True) * scale)
        mixed = (v0 + share * (v1 - v0)).reshape(-1, WIDTH)
        attention = (mixed @ p[layer + "self_attn.out_proj.weight"].T
                     + p[layer + "self_attn.out_proj.bias"])
        x = states1[b] + attention
        x = layer_norm(x, p[layer + "norm1.weight"], p[layer + "norm1.bias"])
        hidden = jax.nn.gelu(
            x @ p[layer + "linear1.weight"].T + p[layer + "linear1.bias"], approximate=False)
        x = x + hidden @ p[layer + "linear2.weight"].T + p[layer + "linear2.bias"]
        x = layer_norm(x, p[layer + "norm2.weight"], p[layer + "norm2.bias"])
        x = layer_norm(x, p["norm.weight"], p["norm.bias"])
        return x @ p["head.weight"].T + p["head.bias"]

    def scores_of(p, a, b):
        labels, logits = (a + b) % MODULUS, logits_of(p, a, b)
        chosen = jnp.take_along_axis(logits, labels[:, None], axis=1)[:, 0]
        loss = (jax.nn.logsumexp(logits, axis=1) - chosen).mean()
        return loss, (logits.argmax(1) == labels).mean()

    def step_of(state, batch):
        p, m, v, t = state
        loss, gradient = jax.value_and_grad(lambda p: scores_of(p, *batch)[0])(p)
        t = t + 1
        rate, root = RATE / (1 - BETA1**t), jnp.sqrt(1 - BETA2**t)
        m = jax.tree.map(lambda m, g: m + (1 - BETA1) * (g - m), m, gradient)
        v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, v, gradient)
        p = jax.tree.map(
            lambda p, m, v: p * (1 - RATE * DECAY) - rate * m / (jnp.sqrt(v) / root + EPSILON),
            p, m, v)
        return (p, m, v, t), loss

    scan = jax.jit(lambda state: jax.lax.scan(step_of, state, (first, second)), donate_argnums=0)
    scores = jax.jit(lambda p: scores_of(p, every_first, every_second))
    zeros = jax.tree.map(jnp.zeros_like, parameters)
    state = (parameters, zeros, jax.tree.map(jnp.copy, zeros), jnp.float32(0))

    def advance():
        nonlocal state
        state, losses = scan(state)
        return [float(loss) for loss in losses]

    def evaluate():
        return tuple(map(float, scores(state[0])))

    return advance, evaluate


# MARK: The worker's side: one peer in its own process, which sleeps between its turns


def work(name, threads, start_path):
    if name == "jax":
        from safetensors.numpy import load_file

        advance, evaluate = jax_peer(load_file(start_path))
    else:
        import torch
        from safetensors.torch import load_file

        torch.set_num_threads(threads)
        start = load_file(start_path)
        advance, evaluate = (
            eager_peer(start) if name == "eager" else torch_peer(start, name == "compiled"))
    print(json.dumps([*advance(), *evaluate()]), flush=True)
    for line in sys.stdin:
        measure, seconds = line.split()
        call = {"step": advance, "evaluation": evaluate}[measure]
        calls, began = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - began) < float(seconds):
            call()
            calls += 1
        per_call = STEPS_PER_CALL if measure == "step" else 1
        print(calls * per_call / elapsed, flush=True)


# MARK: The master's side


class Peer:
    """A worker process. `scores` are its losses over the first steps, and its evaluation after
    them."""

    def __init__(self, name, threads, core, start_path):
        self.name = name
        xla = (f"--xla_cpu_multi_thread_eigen={str(threads > 1).lower()} "
               f"intra_op_parallelism_threads={threads}")
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "JAX_PLATFORMS": "cpu",
                       "MKL_NUM_THREADS": str(threads), "XLA_FLAGS": xla}
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--worker", name, "--threads", str(threads),
             "--start", start_path],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
            preexec_fn=pin(core))
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"bench_peers: {name} did not start")
        self.scores = json.loads(line)

    def per_second(self, measure, seconds):
        self.process.stdin.write(f"{measure} {seconds}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def pin(core):
    if core is None or not hasattr(os, "sched_setaffinity"):
        return None
    return lambda: os.sched_setaffinity(0, {core})


def ours_per_second(command, core):
    """The speeds that our command printed, by measure."""
    result = subprocess.run(
        shlex.split(command), stdout=subprocess.PIPE, text=True, preexec_fn=pin(core))
    try:
        printed = json.loads(result.stdout)
        return {measure: float(printed[f"{measure}s_per_second"]) for measure in MEASURES
                if measure == "step" or f"{measure}s_per_second" in printed}
    except (ValueError, KeyError, TypeError):
        sys.exit(f"bench_peers: {command} printed no steps_per_second: {result.stdout[-200:]!r}")


def check_scores(peer, reference):
    names = [f"loss at step {step}" for step in range(STEPS_PER_CALL)] + ["mean loss", "accuracy"]
    for what, found, wanted in zip(names, peer.scores, reference.scores, strict=True):
        if abs(found - wanted) > (1e-3 if what == "accuracy" else 1e-4 * abs(wanted)):
            sys.exit(f"bench_peers: the {what} of {peer.name} is {found}, of {reference.name} "
                     f"{wanted}")


def report(measure, threads, speeds, reference):
    """Prints a table of one measure: the speeds by program, one per round."""
    def ratio(a, b):
        return f"{a}/{b} " + format(
            statistics.median(x / y for x, y in zip(speeds[a], speeds[b])), ".2f")

    rounds = len(speeds[reference])
    print(f"{measure}s per second, {threads} thread{'s' if threads > 1 else ''}: "
          f"median of {rounds} rounds, range, ratios within rounds")
    for name, values in speeds.items():
        line = (f"  {name:10}{statistics.median(values):8.1f}  "
                f"({min(values):.1f}-{max(values):.1f})   {ratio(name, reference)}")
        if "ours" in speeds and name != "ours":
            line += "   " + ratio("ours", name)
        print(line, flush=True)


def bench(threads, names, arguments, start_path):
    core = None
    if threads == 1 and hasattr(os, "sched_getaffinity"):
        core = max(os.sched_getaffinity(0))
    peers = [Peer(name, threads, core, start_path) for name in names]
    for peer in peers:
        check_scores(peer, peers[0])
        peer.per_second("step", 1.0)

    speeds = {measure: {name: [] for name in names} for measure in MEASURES}
    for _ in range(arguments.rounds):
        for measure in MEASURES:
            for peer in peers:
                speeds[measure][peer.name].append(peer.per_second(measure, arguments.seconds))
            if measure == "step" and arguments.ours:
                command = arguments.ours.replace("{threads}", str(threads))
                for key, value in ours_per_second(command, core).items():
                    speeds[key].setdefault("ours", []).append(value)
    for peer in peers:
        peer.close()
    for measure in MEASURES:
        report(measure, threads, speeds[measure], names[0])
    return {"threads": threads, "per_second": speeds}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", metavar="COMMAND")
    parser.add_argument("--threads", type=int, action="append", help="default: 1 and 2")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a turn")
    parser.add_argument("--json", type=pathlib.Path, help="also write every round's speeds there")
    parser.add_argument("--worker", choices=PEERS, help=argparse.SUPPRESS)
    parser.add_argument("--start", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        return work(arguments.worker, arguments.threads[0], arguments.start)

    names = list(dict.fromkeys(["eager", *arguments.peers.split(",")]))  # the reference comes first
    if unknown := set(names) - set(PEERS):
        parser.error(f"no peer is called {', '.join(sorted(unknown))}")
    if "compiled" in names and not any(map(shutil.which, ["c++", "g++", "clang++"])):
        print("no C++ compiler: left out torch.compile")
        names.remove("compiled")
    results = []
    with tempfile.TemporaryDirectory() as folder:
        start_path = os.path.join(folder, "start.safetensors")
        write_start(start_path)
        for threads in arguments.threads or [1, 2]:
            results.append(bench(threads, names, arguments, start_path))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
