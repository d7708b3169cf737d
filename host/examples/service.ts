// An HTTP service that classifies images with a model of `hqcnn train`:
//   node build/host/examples/service.js runs/NAME/model.safetensors 3000
//   curl --data-binary @image.png http://127.0.0.1:3000/predict
// It answers {"label": 1, "className": "eosinophil", "probabilities": {"other": 0.1, "eosinophil": 0.9}}. Not for
// clinical use.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { HqcnnError, loadEngine, loadModel, predict } from "hqcnn";

/** Larger bodies are refused before they are read to their end. */
const MOST_BYTES = 20 * 1024 * 1024;

/** What the caller did wrong, with its HTTP status. */
class RequestError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const [path = "model.safetensors", port = "3000"] = process.argv.slice(2);
const { network, info } = await loadModel(await loadEngine({ threads: 1 }), path);

async function answer(request: IncomingMessage): Promise<object> {
  if (request.url !== "/predict") throw new RequestError(404, `expected /predict, got ${request.url}`);
  if (request.method !== "POST") throw new RequestError(405, `expected POST with an image, got ${request.method}`);
  const [{ label, probs }] = await predict(network, [await readBody(request)]);
  const probabilities = Object.fromEntries(info.classNames.map((name, i) => [name, probs[i]]));
  return { label, className: info.classNames[label], probabilities };
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new RequestError(413, `expected an image of at most ${MOST_BYTES} bytes, got more`);
    chunks.push(chunk);
  }
  if (size === 0) throw new RequestError(400, "expected a PNG, JPEG, TIFF or DICOM file as the body, got nothing");
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, status: number, body: object): void {
  // An error may come before the body has been read: the connection cannot be used again.
  const headers = { "content-type": "application/json", ...(status === 200 ? {} : { connection: "close" }) };
  response.writeHead(status, headers).end(`${JSON.stringify(body)}\n`);
}

const server = createServer(async (request, response) => {
  try {
    send(response, 200, await answer(request));
  } catch (error) {
    // What is no image is the caller's mistake; anything else is ours, and not the caller's business.
    if (error instanceof RequestError) send(response, error.status, { error: error.message });
    else if (error instanceof HqcnnError) send(response, 400, { error: error.message });
    else {
      console.error(error);
      send(response, 500, { error: "unexpected error in the service" });
    }
  }
});
server.listen(Number(port), "127.0.0.1", () => {
  const address = server.address();
  console.log(`POST an image to http://127.0.0.1:${typeof address === "object" ? address?.port : port}/predict`);
});
