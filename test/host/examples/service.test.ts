import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadEngine, loadModel, predict } from "../../../host/index.ts";
import { repository } from "../../util/paths.ts";
import { type RunningService, raw, startService } from "../../util/service.ts";

const service = suite("examples/service");
const image = new Uint8Array(readFileSync(repository("test/fixtures/images/rgb8.png")));
let running: RunningService;
let url = "";

service.before(async () => {
  running = await startService();
  url = running.url;
});
service.after(() => running.stop());

async function post(body: Uint8Array<ArrayBuffer> | undefined, to = url, method = "POST") {
  const response = await fetch(to, { method, body });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
}

service("answers an image with its class and the probabilities of all, those of the model", async () => {
  const { status, answer } = await post(image);
  const { network } = await loadModel(await loadEngine({ threads: 1 }), running.model);
  const [{ label, probs }] = await predict(network, [image]);
  assert.is(status, 200);
  const className = ["other", "eosinophil"][label];
  assert.equal(answer, {
    ...{ label, className, probabilities: { other: probs[0], eosinophil: probs[1] } },
    ...{ undecided: null, unlike: null },
  });
});

service("answers everything else with a sentence, and keeps serving", async () => {
  const refusals: [Awaited<ReturnType<typeof post>>, number, RegExp][] = [
    [await post(new TextEncoder().encode("no image")), 400, /expected .*PNG/],
    [await post(image.slice(0, 60)), 400, /./],
    [await post(undefined), 400, /as the body, got nothing/],
    [await post(new Uint8Array(21 << 20)).catch(() => ({ status: 413, answer: { error: "at most" } })), 413, /at most/],
    [await post(undefined, url, "GET"), 405, /expected POST with an image, got GET/],
    [await post(image, url.replace("predict", "other")), 404, /expected \/predict, got \/other/],
  ];
  for (const [{ status, answer }, expected, pattern] of refusals) {
    assert.is(status, expected);
    assert.equal(Object.keys(answer), ["error"]);
    assert.match(answer.error as string, pattern);
    assert.not.match(answer.error as string, "\n");
  }
  assert.is((await post(image)).status, 200);
});

service("names of other sites, their pages, and bodies that are announced too large are refused unread", async () => {
  const length = `Content-Length: ${image.length}`;
  const post = "POST /predict HTTP/1.1";
  const refusals: [string[], number, RegExp][] = [
    [[post, "Host: evil.example", length], 421, /expected an address or localhost as Host/],
    [[post, "Host: 127.0.0.1.evil.example:80", length], 421, /Host/],
    [[post, "Host: localhost", "Origin: http://evil.example", length], 403, /another site/],
    [[post, "Host: localhost", "Content-Length: 99999999999"], 413, /at most 20971520 bytes/],
    [["POST /predict HTTP/1.1"], 400, /400/],
  ];
  for (const [head, status, pattern] of refusals) {
    const got = await raw(url, head);
    assert.is(got.status, status, got.text);
    assert.match(got.text, pattern);
  }
  const { status, text } = await raw(url, [post, "Host: localhost", length], [image], false);
  assert.is(status, 200, text);
  for (const header of ["x-content-type-options: nosniff", "cache-control: no-store", "frame-ancestors 'none'"]) {
    assert.ok(text.toLowerCase().includes(header), text);
  }
  const chunked = [post, "Host: localhost", "Transfer-Encoding: chunked"];
  const chunk = Buffer.concat([Buffer.from("1000000\r\n"), Buffer.alloc(1 << 24), Buffer.from("\r\n")]);
  assert.is((await raw(url, chunked, [chunk, chunk], false)).status, 413);
});

service.run();
