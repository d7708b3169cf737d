// Trains on the embedded sample in Deno and classifies a test image: deno run -A host/examples/deno.ts
// In a project of your own: deno add npm:hqcnn
import { createNetwork, evaluate, loadEngine, openDataset, predict, train } from "hqcnn";

const engine = await loadEngine();
const data = await openDataset("bloodmnist-sample");
const head = { kind: "quantum", wires: 4, layers: 3 } as const;
const network = createNetwork(engine, { channels: 3, classes: 2, head, seed: 0 });
await network.startThreads();

for await (const { epoch, val } of train(network, data, { epochs: 3 })) {
  console.log(`epoch ${epoch}: AUC ${val.auc?.toFixed(3)} on the validation images`);
}

const { metrics } = await evaluate(network, data, "test");
console.log(`test accuracy ${metrics.accuracy.toFixed(3)}, AUC ${metrics.auc?.toFixed(3)}`);

// Any image will do: a file's bytes, a Blob, or pixels as here.
const { images } = await data.split("test");
const [{ label, probs }] = await predict(network, [
  { channels: 3, width: 28, height: 28, pixels: images.slice(0, 28 * 28 * 3) },
]);
console.log(`the first test image: ${data.classNames[label]}, with probability ${probs[label].toFixed(3)}`);
network.close();
