// Takes the lock of the folder in its first argument, says so, and holds it until it is killed.
import { createNodePlatform } from "../../host/platform/node.ts";

await createNodePlatform().lock(process.argv[2]);
console.log("locked");
setInterval(() => {}, 1000);
