import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { createNetwork, loadEngine, saveModel } from "../../host/index.ts";
import { createNodePlatform } from "../../host/platform/node.ts";
import { repository } from "./paths.ts";
import { temporaryFolder } from "./temporary.ts";

export interface RunningService {
  /** Of /predict. */
  url: string;
  pid: number;
  /** Path of its model file. */
  model: string;
  stop(): void;
}

/** Starts host/examples/service.ts with an untrained model. */
export async function startService(): Promise<RunningService> {
  const model = join(temporaryFolder(), "model.safetensors");
  const head = { kind: "quantum", wires: 4, layers: 3 } as const;
  const network = createNetwork(await loadEngine({ threads: 1 }), { channels: 3, classes: 2, head, seed: 3 });
  const bytes = saveModel(network, {
    classNames: ["other", "eosinophil"],
    data: { name: "none", md5: null, task: "binary", protocol: "official", positive: null, splitRatio: 0.8 },
    training: { epoch: 1, seed: 3, val: { loss: 1, accuracy: 0.5, auc: null } },
  });
  await createNodePlatform().writeFile(model, bytes);
  const child = spawn(process.execPath, [repository("build/host/examples/service.js"), model, "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(child.stdout!.setEncoding("utf8"), "data");
  const url = /http:\S+/.exec(line as string)![0];
  return { url, pid: child.pid!, model, stop: () => void child.kill() };
}

/** Status and answer of a request that no client corrects. */
export async function raw(
  url: string,
  head: string[],
  parts: Uint8Array[] = [],
  end = true,
): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).setEncoding("utf8");
  let text = "";
  socket.on("data", (part: string) => {
    text += part;
  });
  socket.on("error", () => {});
  socket.write(`${[...head, "Connection: close"].join("\r\n")}\r\n\r\n`);
  for (const part of parts) socket.write(part);
  if (end) socket.end();
  await new Promise((resolve) => socket.once("close", resolve));
  return { status: Number(text.slice(9, 12)), text };
}
