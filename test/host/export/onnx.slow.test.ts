// The whole test split of BloodMNIST, its eight classes, a circuit of eight wires.
import { suite } from "uvu";
import { openDataset } from "../../../host/api.ts";
import { createNetwork } from "../../../host/network/network.ts";
import { compileBuild } from "../../util/builds.ts";
import { agreesWithOnnx } from "../../util/onnx.ts";
import { needsShared } from "../../util/paths.ts";

const test = suite("export/onnx, slow");
const withData = needsShared(test, "data/bloodmnist.npz");

withData("BloodMNIST, eight wires: ONNX Runtime and the engine agree", async (path) => {
  const { images } = await (await openDataset(path, { task: "multiclass" })).split("test");
  const head = { kind: "quantum", wires: 8, layers: 3 } as const;
  const network = createNetwork(await compileBuild("strict"), { channels: 3, classes: 8, seed: 1, head });
  await agreesWithOnnx(network, images);
});

test.run();
