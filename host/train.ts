import { run } from "./cli/run.ts";

// node host/train.js … and deno run -A host/train.ts … are hqcnn train ….
await run(["train"]);
