import { launch } from "./cli/launch.ts";

// node host/train.js … and deno run -A host/train.ts … are hqcnn train ….
await launch(["train"]);
