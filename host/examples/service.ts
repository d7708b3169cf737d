// An HTTP service that classifies images with a model of `hqcnn train`:
//   node build/host/examples/service.js runs/NAME/model.safetensors 3000
//   curl --data-binary @image.png http://127.0.0.1:3000/predict
// It answers {"label": 1, "className": "eosinophil", "probabilities": {"other": 0.1, "eosinophil": 0.9},
// "undecided": false, "unlike": false} (null where a model does not say), of a model of several labels an image
// "labels": [0, 2] and "labelNames" in place of one, and {"error": "…"} with a status of 4xx or 5xx. Not for clinical
// use.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { isIP } from "node:net";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { HqcnnError, loadEngine, loadModel, predict } from "hqcnn";

/** Larger bodies are refused before they are read. */
const MOST_BYTES = 20 * 1024 * 1024;
/** Bodies in memory at once: so many times MOST_BYTES is what uploads can take. */
const MOST_UPLOADS = 4;
/** Requests that wait for that, unread, so that they take no memory; more are told to come back. */
const MOST_WAITING = 100;
/** Images decoded and classified at once, each in a thread of its own: a slow one does not hold up the others. */
const THREADS = 2;
/** Milliseconds for sending a body, and for classifying it: a thread that takes longer is replaced. */
const UPLOAD_TIME = 15_000;
const PREDICT_TIME = 10_000;

/** What the caller can act on, with its HTTP status. */
class RequestError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

type Answer = { body: object } | { status: number; error: string };

/** Lets `limit` callers in at once; the others wait in order. */
class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];
  constructor(limit: number) {
    this.#free = limit;
  }
  get waiting(): number {
    return this.#waiting.length;
  }
  async enter(): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
  leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}

/** The life of a thread: an image in, an answer out. */
async function classifyForever(path: string): Promise<void> {
  const { network, info } = await loadModel(await loadEngine({ threads: 1 }), path);
  parentPort!.on("message", async (image: Uint8Array) => {
    let answer: Answer;
    try {
      const { reliability } = info;
      const [prediction] = await predict(network, [image], { reliability });
      const { label, labels, probs, undecided = null, unlike = null } = prediction;
      const probabilities = Object.fromEntries(info.classNames.map((name, i) => [name, probs[i]]));
      // Labels by themselves: none or several above ½ in place of one class.
      const names = labels?.map((each) => info.classNames[each]);
      const said = labels ? { labels, labelNames: names } : { label, className: info.classNames[label] };
      answer = { body: { ...said, probabilities, undecided, unlike } };
    } catch (error) {
      // What is no image is the caller's mistake; anything else is ours, and not the caller's business.
      if (!(error instanceof HqcnnError)) console.error(error);
      answer =
        error instanceof HqcnnError
          ? { status: 400, error: error.message.replaceAll("\n", " ") }
          : { status: 500, error: "the service failed on this image" };
    }
    parentPort!.postMessage(answer);
  });
  parentPort!.postMessage("ready");
}

/** Threads that classify, replaced when they fail or take too long. */
class Classifiers {
  readonly #path: string;
  readonly #gate = new Gate(THREADS);
  readonly #idle: Promise<Worker>[] = [];

  constructor(path: string) {
    this.#path = path;
    for (let i = 0; i < THREADS; i++) this.#idle.push(this.#start());
  }

  /** Once the model is loaded. @throws what the model file does */
  async ready(): Promise<void> {
    await Promise.all(this.#idle);
  }

  async classify(image: Uint8Array<ArrayBuffer>): Promise<Answer> {
    await this.#gate.enter();
    let next = this.#idle.pop()!;
    try {
      const worker = await next;
      worker.postMessage(image, [image.buffer]);
      const [answer] = (await once(worker, "message", { signal: AbortSignal.timeout(PREDICT_TIME) })) as [Answer];
      return answer;
    } catch (error) {
      next.then(
        (worker) => worker.terminate(),
        () => {},
      );
      next = this.#start();
      next.catch(() => {}); // the next request that takes it reports it and tries again
      const slow = error instanceof Error && error.name === "AbortError";
      if (!slow) console.error(error);
      const what = slow ? `took longer than ${PREDICT_TIME / 1000} s` : "ended the thread that read it";
      return { status: 422, error: `the image ${what}: send a smaller one` };
    } finally {
      this.#idle.push(next);
      this.#gate.leave();
    }
  }

  async #start(): Promise<Worker> {
    const worker = new Worker(new URL(import.meta.url), { workerData: this.#path });
    await once(worker, "message");
    worker.on("error", () => {}); // the request that was waiting for it reports it
    return worker;
  }
}

/** A page may have any name of its own point to this machine: names are taken only where they can be no such name. */
function isOurs(host: string | undefined): boolean {
  const name = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(host ?? "");
  const bare = (name?.[1] ?? name?.[2] ?? "").toLowerCase();
  return bare === "localhost" || isIP(bare) !== 0;
}

/** What can be refused before the body is read. */
function checkRequest({ headers, method, url }: IncomingMessage): void {
  if (!isOurs(headers.host)) {
    throw new RequestError(421, "expected an address or localhost as Host, got another name");
  }
  const { origin } = headers;
  if (origin !== undefined && origin !== `http://${headers.host}`) {
    throw new RequestError(403, "expected no request of another site's page");
  }
  if (url !== "/predict") throw new RequestError(404, `expected /predict, got ${url?.slice(0, 200)}`);
  if (method !== "POST") throw new RequestError(405, `expected POST with an image, got ${method}`);
  if (Number(headers["content-length"] ?? 0) > MOST_BYTES) throw tooLarge();
}

function tooLarge(): RequestError {
  return new RequestError(413, `expected an image of at most ${MOST_BYTES} bytes, got more`);
}

const uploads = new Gate(MOST_UPLOADS);

async function answer(request: IncomingMessage, response: ServerResponse, classifiers: Classifiers): Promise<Answer> {
  checkRequest(request);
  if (uploads.waiting >= MOST_WAITING) throw new RequestError(503, "too many requests at once: try again in a second");
  await uploads.enter();
  try {
    if (request.headers.expect === "100-continue") response.writeContinue();
    return await classifiers.classify(await readBody(request));
  } finally {
    uploads.leave();
  }
}

/** The whole body; the connection stays open for an answer when there is too much of it, or it comes too slowly. */
async function readBody(request: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve, reject) => {
    timer = setTimeout(() => {
      reject(new RequestError(408, `expected the image within ${UPLOAD_TIME / 1000} s, got ${size} bytes of it`));
    }, UPLOAD_TIME);
    request.on("data", (chunk: Uint8Array<ArrayBuffer>) => {
      size += chunk.length;
      if (size > MOST_BYTES) reject(tooLarge());
      else chunks.push(chunk);
    });
    request.once("end", resolve);
    for (const event of ["error", "close"]) request.once(event, () => reject(new Error("the caller has gone")));
  }).finally(() => {
    clearTimeout(timer);
    request.removeAllListeners("data").pause();
  });
  if (size === 0) throw new RequestError(400, "expected an image file as the body, got nothing");
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

function send(response: ServerResponse, status: number, body: object): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
    // An error may come before the body has been read: the connection cannot be used again.
    ...(status === 200 ? {} : { connection: "close" }),
    ...(status === 503 ? { "retry-after": "1" } : {}),
    ...(status === 405 ? { allow: "POST" } : {}),
  });
  response.end(`${JSON.stringify(body)}\n`);
}

async function main(path = "model.safetensors", port = "3000"): Promise<void> {
  const classifiers = new Classifiers(path);
  await classifiers.ready();
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    try {
      const answered = await answer(request, response, classifiers);
      if ("body" in answered) send(response, 200, answered.body);
      else send(response, answered.status, { error: answered.error });
    } catch (error) {
      if (error instanceof RequestError) send(response, error.status, { error: error.message });
      else if (request.destroyed)
        response.destroy(); // the caller has gone
      else {
        console.error(error);
        send(response, 500, { error: "the service failed" });
      }
    }
  };
  const limits = { headersTimeout: 10_000, requestTimeout: 120_000, connectionsCheckingInterval: 2_000 };
  const server = createServer(limits, handle);
  server.on("checkContinue", handle);
  server.on("clientError", (_, socket) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
  });
  server.maxConnections = 256;
  server.listen(Number(port), "127.0.0.1", () => {
    const address = server.address();
    console.log(`POST an image to http://127.0.0.1:${typeof address === "object" ? address?.port : port}/predict`);
  });
}

if (!isMainThread) await classifyForever(workerData as string);
else {
  await main(...process.argv.slice(2)).catch((error) => {
    console.error(`error: ${error instanceof Error ? error.message : error}`);
    process.exit(1);
  });
}
