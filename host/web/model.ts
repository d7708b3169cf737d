import type { Engine } from "../engine/load.ts";
import type { Network } from "../network/hybrid.ts";
import { decodeModel, type ModelInfo } from "../network/model.ts";

/** One loaded model in a session worker: answers questions about images. */
export class ModelSession {
  readonly info: ModelInfo;
  readonly #network: Network;

  constructor(engine: Engine, bytes: Uint8Array, name: string) {
    const { network, info } = decodeModel(engine, bytes, name, 1);
    this.#network = network;
    this.info = info;
  }

  close(): void {
    this.#network.close();
  }
}
