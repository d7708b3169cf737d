// What takes long: uploads that do not come, and many at once.
import { existsSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { inMemory } from "../../util/limits.ts";
import { repository } from "../../util/paths.ts";
import { type RunningService, raw, startService } from "../../util/service.ts";

const service = suite("examples/service, slow");
const image = new Uint8Array(readFileSync(repository("test/fixtures/images/rgb8.png")));
let running: RunningService;
let url = "";

service.before(async () => {
  running = await startService();
  url = running.url;
});
service.after(() => running.stop());

const post = async (body: Uint8Array<ArrayBuffer>) => (await fetch(url, { method: "POST", body })).status;

service("a body that does not come is answered, and does not hold up others", async () => {
  const stuck = raw(
    url,
    ["POST /predict HTTP/1.1", "Host: localhost", "Content-Length: 1000"],
    [Buffer.alloc(10)],
    false,
  );
  assert.is(await post(image), 200);
  const { status, text } = await stuck;
  assert.is(status, 408, text);
  assert.match(text, "expected the image within 15 s, got 10 bytes of it");
});

service("60 uploads of 19 MB at once take about 500 MB, and all are answered", async () => {
  const body = new Uint8Array(19e6);
  const statuses = await Promise.all(Array.from({ length: 60 }, async () => await post(body)));
  assert.equal(statuses, new Array(60).fill(400));
  assert.is(await post(image), 200);
  if (!existsSync("/proc/self/status")) return; // memory is asked of Linux
  const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${running.pid}/status`, "utf8"));
  inMemory("60 uploads", 1000 * Number(found![1]), 500e6);
});

service.run();
