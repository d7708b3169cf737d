// Bundled for browsers. The engine, its workers and the sample are files that no bundler sees: copy
// node_modules/hqcnn/build/web beside the page, and say where it is. From this folder, in a project that has hqcnn and
// esbuild:
//   npx esbuild app.ts --bundle --format=esm --outdir=dist && cp index.html dist && cp -r node_modules/hqcnn/build/web
//   dist/hqcnn
import { createBrowserPlatform, createNetwork, loadEngine, openDataset, train } from "hqcnn";

const platform = createBrowserPlatform({ base: "hqcnn/" });
const news = document.querySelector("#news")!;
const button = document.querySelector("button")!;

button.addEventListener("click", async () => {
  button.disabled = true;
  try {
    const engine = await loadEngine({ platform });
    const data = await openDataset("bloodmnist-sample", { platform });
    const head = { kind: "quantum", wires: 4, layers: 3 } as const;
    const network = createNetwork(engine, { channels: 3, classes: 2, head, seed: 0 });
    await network.startThreads();
    // In the page itself, for shortness: it stands still for each step. A real page trains in a worker, as <hqcnn-lab>
    // does.
    for await (const { epoch, val } of train(network, data, { epochs: 2 })) {
      news.textContent = `epoch ${epoch}: AUC ${val.auc?.toFixed(3)}`;
    }
    news.textContent += `, fingerprint ${network.fingerprint()}`;
    network.close();
  } catch (error) {
    news.textContent = error instanceof Error ? error.message : String(error);
  } finally {
    button.disabled = false;
  }
});
