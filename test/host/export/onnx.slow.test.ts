// The whole test split of BloodMNIST, its eight classes, a circuit of eight wires.
import { suite } from "uvu";
import { openDataset } from "../../../host/api.ts";
import { createNetwork } from "../../../host/network/network.ts";
import { compileBuild } from "../../util/builds.ts";
import { agreesWithOnnx } from "../../util/onnx.ts";
import { shared } from "../../util/paths.ts";

const path = shared("data/bloodmnist.npz");
const test = suite("export/onnx, slow");

test("BloodMNIST, eight wires: ONNX Runtime and the engine agree", async () => {
  if (!path) {
    console.log("skipped: ../shared/data/bloodmnist.npz is missing");
    return;
  }
  const { images } = await (await openDataset(path, { task: "multiclass" })).split("test");
  const head = { kind: "quantum", wires: 8, layers: 3 } as const;
  const network = createNetwork(await compileBuild("strict"), { channels: 3, classes: 8, seed: 1, head });
  await agreesWithOnnx(network, images);
});

test.run();
