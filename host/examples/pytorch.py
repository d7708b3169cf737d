"""A model file of hqcnn in PyTorch: same names, same layouts, so load_state_dict takes it as it is.

    python pytorch.py MODEL.safetensors IMAGES.npy > OUT.json

IMAGES.npy: uint8 (N, height, width, channels) of the model's size. OUT.json: {"features": FC1's outputs, "logits": …};
logits are null for the heads quantum and series, whose layer between FC1 and FC2 PyTorch does not have: give
HqcnnModule a module of your own for it (for PennyLane's TorchLayer, tensors are quantum.rotations and quantum.weights).
"""

import json
import struct
import sys

import numpy
import torch
from torch import nn


def read_safetensors(path):
    """(state_dict, metadata) of a file; the package safetensors does the same."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] != "F32":
            raise ValueError(f"{name}: expected F32, got {entry['dtype']}")
        begin, end = entry["data_offsets"]
        values = numpy.frombuffer(data[begin:end], dtype="<f4").reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    return tensors, metadata


class BasicBlock(nn.Module):
    """torchvision's block of two 3×3 convolutions and an addition, with as many channels out as in."""

    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x):
        out = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(out)) + x)


THESIS_TRUNK = [
    {"type": "conv", "channels": channels, "pad": pad, "pool": pool}
    for channels, pad, pool in [(16, 0, False), (16, 0, True), (64, 0, False), (64, 0, False), (64, 1, True)]
]


def build_trunk(blocks, channels):
    """The modules of the architecture's list of blocks, by name, and the channels that come out."""
    modules, counts = [], {}

    def named(prefix, module):
        counts[prefix] = counts.get(prefix, 0) + 1
        modules.append((f"{prefix}{counts[prefix]}", module))

    for block in blocks:
        if block["type"] == "conv":
            convolution = nn.Conv2d(channels, block["channels"], 3, padding=block["pad"])
            channels = block["channels"]
            pool = [nn.MaxPool2d(2)] if block["pool"] else []
            named("layer", nn.Sequential(convolution, nn.BatchNorm2d(channels), nn.ReLU(), *pool))
        elif block["type"] == "residual":
            named("layer", BasicBlock(channels))
        elif block["type"] == "maxPool":
            named("pool", nn.MaxPool2d(2))
        elif block["type"] == "averagePool":
            named("average", nn.AdaptiveAvgPool2d(1))
        else:
            raise ValueError(f"trunk: no block of type {block['type']}")
    return modules, channels


class HqcnnModule(nn.Module):
    """The network of an architecture as the model file's metadata gives it."""

    def __init__(self, architecture, between=None):
        super().__init__()
        trunk, channels = build_trunk(architecture.get("trunk", THESIS_TRUNK), architecture["channels"])
        self.blocks = [name for name, _ in trunk]
        for name, module in trunk:
            self.add_module(name, module)
        with torch.no_grad():
            image = torch.zeros(1, architecture["channels"], architecture["height"], architecture["width"])
            features = self.eval().trunk(image).shape[1]
        head, hidden = architecture["head"], architecture["hidden"]
        # Classes in an order have an output between every two.
        outputs = architecture["classes"] - (architecture.get("output") == "cumulative")
        self.kind = head["kind"]
        if self.kind == "logistic":
            self.fc = nn.Linear(features, outputs)
            return
        wires = head["wires"]
        inputs = 2**wires if head.get("embedding") == "amplitude" else wires
        self.fc1 = nn.Linear(features, inputs)
        if self.kind == "dense" and head["width"] > 0:
            width = head["width"]
            self.dense = nn.Sequential(nn.Linear(wires, width), nn.Tanh(), nn.Linear(width, wires), nn.Tanh())
        self.between = between
        self.fc2 = nn.Linear(wires, hidden)
        self.fc3 = nn.Linear(hidden, outputs)

    def trunk(self, x):
        for name in self.blocks:
            x = getattr(self, name)(x)
        return torch.flatten(x, 1)

    def features(self, images):
        """FC1's outputs (logistic: the logits) of uint8 images (N, height, width, channels)."""
        x = self.trunk((images.permute(0, 3, 1, 2).float() / 255 - 0.5) / 0.5)
        return self.fc(x) if self.kind == "logistic" else self.fc1(x)

    def forward(self, images):
        x = self.features(images)
        if self.kind == "logistic":
            return x
        if self.between is not None:
            x = self.between(x)
        elif self.kind == "dense":
            x = self.dense(x) if hasattr(self, "dense") else torch.tanh(x)
        elif self.kind != "none":
            raise ValueError(f"head {self.kind}: give HqcnnModule the module between FC1 and FC2")
        return self.fc3(torch.relu(self.fc2(x)))


def load_model(path, between=None):
    """The module with the file's tensors, in evaluation mode."""
    tensors, metadata = read_safetensors(path)
    module = HqcnnModule(json.loads(metadata["hqcnn"])["architecture"], between)
    missing, unexpected = module.load_state_dict(tensors, strict=False)
    # PyTorch counts batches, which a model file does not; a head that PyTorch lacks leaves its tensors over.
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    unexpected = [name for name in unexpected if not name.startswith(("quantum.", "series."))]
    if missing or unexpected:
        raise ValueError(f"{path}: missing {missing}, unexpected {unexpected}")
    return module.eval()


if __name__ == "__main__":
    model = load_model(sys.argv[1])
    with torch.no_grad():
        pixels = torch.from_numpy(numpy.load(sys.argv[2]))
        classical = model.kind in ("dense", "none", "logistic")
        logits = model(pixels).tolist() if classical else None
        json.dump({"features": model.features(pixels).tolist(), "logits": logits}, sys.stdout)
