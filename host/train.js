// Launches the compiled host/train.ts.
await import("../build/host/train.js").catch((error) => {
  if (error.code !== "ERR_MODULE_NOT_FOUND" || !error.message.includes("build/host/train.js'")) throw error;
  console.error("build/host/train.js is missing: run npm run build");
  process.exitCode = 1;
});
