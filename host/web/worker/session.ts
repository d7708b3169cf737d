// The page's worker: everything that computes. The page holds two of them: one trains, the other answers at once.
import { expose, proxy } from "comlink";
import { loadEngine } from "../../api.ts";
import type { Engine } from "../../engine/load.ts";
import { decodeModel } from "../../network/model.ts";
import "../../platform/webFiles.ts";
import { createBrowserPlatform } from "../../platform/browser.ts";
import { webPackage } from "../../platform/webPackage.ts";
import type { SessionApi } from "../protocol/messages.ts";
import { circuitCalls } from "./circuits.ts";
import { dataCalls } from "./data.ts";
import { openLive } from "./live.ts";
import { createTurn } from "./locks.ts";
import { ModelSession } from "./model.ts";
import type { Place } from "./place.ts";
import { reportCalls } from "./reports.ts";
import { withShipped } from "./shipped.ts";
import { studyCalls } from "./studies.ts";
import { runCalls } from "./training.ts";

// As in platform/webFiles.ts; those who use the API alone need no copy of it.
webPackage.files["sample-run.zip"] = () => new URL("./sample-run.zip", import.meta.url);

declare const HQCNN_VERSION: string;

const platform = withShipped(createBrowserPlatform());
const turn = createTurn();
const { open, ...data } = dataCalls(platform);
const place: Place = { platform, version: HQCNN_VERSION, open };

/** One engine for all networks that answer, compiled while the page asks for the first. */
let compiled: Promise<Engine> | null = null;
function engine(): Promise<Engine> {
  compiled ??= loadEngine({ platform, threads: 1 });
  compiled.catch(() => {
    compiled = null; // it may come the next time
  });
  return compiled;
}

const { runs, ...ofRuns } = runCalls(place, turn);

const session: SessionApi = {
  ...data,
  ...ofRuns,
  runs() {
    void engine().catch(() => {}); // the model of one of them is opened next, which says what went wrong
    return runs();
  },
  ...reportCalls(place),
  ...studyCalls(place, turn),
  ...circuitCalls(platform),
  openLive: async (from) => proxy(await openLive(await engine(), from)),
  async openModel(bytes, name) {
    return proxy(new ModelSession(await decodeModel(await engine(), bytes, name)));
  },
  async inspectModel(bytes, name) {
    const { network, info, notes } = await decodeModel(await engine(), bytes, name, 1);
    network.close();
    return { info, notes };
  },
};

expose(session);
