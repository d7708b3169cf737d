// Loaded before a program (--import): sends its own process the signal HQCNN_TEST_SIGNAL as soon as it has written a
// line that matches HQCNN_TEST_AFTER. From outside, a signal may come when the program has long ended.
import { isMainThread } from "node:worker_threads";

const { HQCNN_TEST_SIGNAL: signal, HQCNN_TEST_AFTER: after } = process.env;
if (isMainThread && signal && after) {
  const { stdout } = process;
  const { write } = stdout;
  let text = "";
  let isSent = false;
  stdout.write = ((part: string | Uint8Array, ...rest: []) => {
    const result = write.call(stdout, part, ...rest);
    text += typeof part === "string" ? part : new TextDecoder().decode(part);
    if (!isSent && new RegExp(after, "m").test(text)) {
      isSent = true;
      process.kill(process.pid, signal);
    }
    return result;
  }) as typeof write;
}
