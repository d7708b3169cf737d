// Trains into a folder and kills itself at a file event. Arguments: the event from 1 (0: none; the number of events is
// printed), data, folder.
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

const [at, data, folder] = [Number(process.argv[2]), process.argv[3], process.argv[4]];
let events = 0;

/** One more thing that happens to a file; the last one of this process if it is the one to be killed at. */
function event(): void {
  if (++events === at) process.kill(process.pid, "SIGKILL");
}

const { open } = fs;
for (const name of ["mkdir", "rename", "link", "rm"] as const) {
  const original = fs[name] as (...args: unknown[]) => Promise<unknown>;
  const watched = (...args: unknown[]) => {
    event();
    return original(...args);
  };
  Object.assign(fs, { [name]: watched });
}
fs.open = async (path, flags, ...rest) => {
  if (flags === "r") return open(path, flags, ...rest);
  event();
  const file = await open(path, flags, ...rest);
  const { writeFile, sync, close } = file;
  file.writeFile = async (bytes) => {
    const all = typeof bytes === "string" ? Buffer.from(bytes) : Buffer.from(bytes as Uint8Array);
    if (events + 1 === at) await file.write(all, 0, all.length >> 1, 0); // killed half-way
    event();
    return writeFile.call(file, bytes);
  };
  file.sync = () => {
    event();
    return sync.call(file);
  };
  file.close = () => {
    event();
    return close.call(file);
  };
  return file;
};
syncBuiltinESMExports();

const { trainForKills } = await import("./kills.ts");
await trainForKills(data, folder);
console.log(events);
