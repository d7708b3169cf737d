"""PyTorch and PennyLane as peers of `npm run bench -- --peers`: README.md beside this file has the protocol.

python torch_peers.py                    answers JSON requests, one a line, until stdin ends
python torch_peers.py export FILE.onnx   writes the evaluation network (dense head, any batch) for onnxruntime-web
"""

import json
import resource
import statistics
import sys
import time
from importlib import metadata
from pathlib import Path

INSTALL = "python3 -m venv build/peers && build/peers/bin/pip install -r test/bench/peers/requirements.txt"
WIRES, LAYERS, CLASSES = 4, 3, 2
WINDOWS = 3  # a request's seconds are measured in about this many pieces; the best one counts
starts = {}  # (peer, task, size, trunk) -> seconds from the first request for it to the end of its warm-up


def conv_block(nn, inputs, outputs, padding=0, pool=False):
    """Convolution, batch norm, ReLU and, where asked, pooling: (N, inputs, H, W) -> (N, outputs, ...)."""
    layers = [nn.Conv2d(inputs, outputs, 3, padding=padding), nn.BatchNorm2d(outputs), nn.ReLU()]
    return layers + [nn.MaxPool2d(2)] if pool else layers


def circuit_layer(device, diff_method):
    """The thesis's circuit as a layer, angles (N, WIRES) -> expectation values (N, WIRES)."""
    import pennylane as qml

    @qml.qnode(qml.device(device, wires=WIRES), interface="torch", diff_method=diff_method)
    def circuit(inputs, rotations, weights):
        qml.AngleEmbedding(inputs, wires=range(WIRES), rotation="X")
        for wire in range(WIRES):
            qml.RY(rotations[wire, 0], wires=wire)
            qml.RZ(rotations[wire, 1], wires=wire)
        for wire in range(WIRES):
            qml.CNOT(wires=[wire, (wire + 1) % WIRES])
        qml.StronglyEntanglingLayers(weights, wires=range(WIRES))
        return [qml.expval(qml.PauliZ(wire)) for wire in range(WIRES)]

    # TorchLayer draws its weights uniformly from [0, 2 pi) and hands the whole batch to the circuit at once.
    return qml.qnn.TorchLayer(circuit, {"rotations": (WIRES, 2), "weights": (LAYERS, WIRES, 3)})


def trunk_of(nn, blocks):
    """The trunk as modules: the thesis's, or the one that a list of blocks describes, as host/examples/pytorch.py has it."""
    if blocks is not None:
        sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "host" / "examples"))
        from pytorch import build_trunk

        return [module for _, module in build_trunk(blocks, 3)[0]]
    return [
        *conv_block(nn, 3, 16),
        *conv_block(nn, 16, 16, pool=True),
        *conv_block(nn, 16, 64),
        *conv_block(nn, 64, 64),
        *conv_block(nn, 64, 64, padding=1, pool=True),
    ]


def network(peer, size=28, blocks=None):
    """The network, images (N, 3, size, size) -> logits (N, CLASSES). What stands between FC1 and FC2 is the peer's."""
    import torch
    from torch import nn

    class OnePerImage(nn.Module):
        def __init__(self, layer):
            super().__init__()
            self.layer = layer

        def forward(self, x):
            return torch.stack([self.layer(angles) for angles in x])

    heads = {
        "torch": lambda: nn.Tanh(),
        "pennylane": lambda: circuit_layer("default.qubit", "backprop"),
        "lightning": lambda: circuit_layer("lightning.qubit", "adjoint"),
        "pennylane-single": lambda: OnePerImage(circuit_layer("default.qubit", "backprop")),
    }
    if peer not in heads:
        raise ValueError(f"unknown peer {peer!r}: expected one of {', '.join(heads)}")
    torch.manual_seed(0)
    trunk = trunk_of(nn, blocks)
    with torch.no_grad():
        features = nn.Sequential(*trunk).eval()(torch.zeros(1, 3, size, size)).numel()
    torch.manual_seed(0)
    return nn.Sequential(
        *trunk,
        nn.Flatten(),
        nn.Linear(features, WIRES),
        heads[peer](),
        nn.Linear(WIRES, 16),
        nn.ReLU(),
        nn.Linear(16, CLASSES),
    )


def stepper(peer, task, batch, size=28, blocks=None):
    """A function that takes one step on one fixed batch and returns its loss, or in inference its logits."""
    import torch

    layout = torch.channels_last if peer == "torch-channels-last" else torch.contiguous_format
    model = network(peer.removesuffix("-channels-last"), size, blocks).train().to(memory_format=layout)
    images = torch.randn(batch, 3, size, size).to(memory_format=layout)
    labels = torch.randint(CLASSES, (batch,))
    if task == "infer":
        model.eval()
        return torch.inference_mode()(lambda: model(images))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step():
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        return loss

    return step


def measure(step, seconds):
    """Steps per second in each window, and how many steps there were in all."""
    rates, steps, total = [], 0, 0.0
    while total < seconds:
        start, count, elapsed = time.perf_counter(), 0, 0.0
        while elapsed < seconds / WINDOWS:
            step()
            count += 1
            elapsed = time.perf_counter() - start
        rates.append(count / elapsed)
        steps += count
        total += elapsed
    return rates, steps


def peak_mib():
    """Largest resident memory so far. Linux hands getrusage's figure down from the parent process, so VmHWM is better."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def versions(peer):
    packages = ["torch"] if peer.startswith("torch") else ["pennylane", "torch"]
    if peer == "lightning":
        packages.insert(0, "pennylane-lightning")
    return ", ".join(f"{name} {metadata.version(name)}" for name in packages)


def answer(request):
    peer, task, batch = request["peer"], request["task"], request["batch"]
    if task not in ("train", "infer"):
        raise ValueError(f'unknown task {task!r}: expected "train" or "infer"')
    start = time.perf_counter()
    import torch

    if torch.get_num_interop_threads() != 1:
        torch.set_num_interop_threads(1)
    torch.set_num_threads(request["threads"])
    # A new network for every request: what a request measures does not depend on the steps before it.
    size, blocks = request.get("size", 28), request.get("trunk")
    step = stepper(peer, task, batch, size, blocks)
    key = (peer, task, size, json.dumps(blocks))
    for _ in range(1 if key in starts else 3):
        step()
    start_s = starts.setdefault(key, time.perf_counter() - start)
    rates, steps = measure(step, request["seconds"])
    return {
        "images_per_s": max(rates) * batch,
        "median_images_per_s": statistics.median(rates) * batch,
        "steps": steps,
        "start_s": start_s,
        "peak_mib": peak_mib(),
        "version": versions(peer),
    }


def serve():
    answers, sys.stdout = sys.stdout, sys.stderr  # what a library prints must not land among the answers
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line))
        except ModuleNotFoundError as error:
            reply = {"error": f"{error.name} is not installed; install it with: {INSTALL}"}
        except Exception as error:
            reply = {"error": " ".join(f"{type(error).__name__}: {error}".split())}
        print(json.dumps(reply), file=answers, flush=True)


def export(path):
    import torch

    images = torch.zeros(64, 3, 28, 28)
    names = {"input_names": ["images"], "output_names": ["logits"], "dynamic_shapes": ({0: torch.export.Dim("batch")},)}
    torch.onnx.export(network("torch").eval(), (images,), path, dynamo=True, external_data=False, **names)


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "export":
        export(sys.argv[2])
    elif len(sys.argv) == 1:
        serve()
    else:
        sys.exit(__doc__)
