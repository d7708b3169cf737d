"""Measures a batch of hqcnn with Qiskit and writes what `hqcnn predict MODEL --results FILE` reads.

    hqcnn circuit runs/first --batch scans/ --out batch.json
    python qiskit_estimator.py batch.json results.json [SHOTS]
    hqcnn predict runs/first --results results.json

Needs qiskit and qiskit-qasm3-import. Without SHOTS the simulation is exact. For a device, put its own Estimator in the place
of the simulator's, and transpile the circuit for it first (observables then need apply_layout).
"""

import json
import sys

import numpy as np
from qiskit import qasm3
from qiskit.primitives import StatevectorEstimator
from qiskit.quantum_info import SparsePauliOp


def main(batch_file, results_file, shots=None):
    with open(batch_file, encoding="utf-8") as file:
        batch = json.load(file)
    circuit = qasm3.loads(batch["qasm"])
    # Qiskit sorts parameters by name; the batch's columns are sorted in the same way.
    names = [parameter.name for parameter in circuit.parameters]
    columns = [batch["parameters"].index(name) for name in names]
    values = np.array(batch["values"])[:, columns]
    observables = [
        [SparsePauliOp.from_sparse_list(terms, num_qubits=batch["num_qubits"])] for terms in batch["observables"]
    ]
    # Precision is the standard error of an expectation value, 1/√shots for a Pauli word at worst.
    estimator = StatevectorEstimator(default_precision=0.0 if shots is None else shots**-0.5, seed=0)
    measured = estimator.run([(circuit, observables, values)]).result()[0].data.evs.T
    print(f"largest difference to the exact values: {np.abs(measured - np.array(batch['expected'])).max():.2e}")
    results = {"format": "hqcnn-results", "version": 1, "model": batch["model"], "images": batch["images"]}
    with open(results_file, "w", encoding="utf-8") as file:
        json.dump({**results, "values": measured.tolist()}, file)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *(int(text) for text in sys.argv[3:4]))
