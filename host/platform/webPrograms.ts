// How a page starts the package's worker, in the form that bundlers recognise. For entry points of pages alone: a
// worker that imported this would contain itself, which Vite refuses.
import { webPackage } from "./webPackage.ts";

// The name is the one that webWorker.ts knows its workers by.
webPackage.programs.worker = () =>
  new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "hqcnn" });
