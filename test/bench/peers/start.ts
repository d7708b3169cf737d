import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { repository } from "../../util/paths.ts";
import type { Request } from "./peer.ts";

/** The Python that has PyTorch. */
export const python = process.env.HQCNN_PEERS_PYTHON ?? repository("build/peers/bin/python");

export interface Answer {
  images_per_s: number;
  peak_mib: number;
  version: string;
}

/** What circuit_peers.py answers: milliseconds of processor time. */
export interface CircuitRequest {
  peer: string;
  what: "forward" | "gradient" | "jacobian";
  wires: number;
  layers: number;
  seconds: number;
}

/** A process that answers a JSON line with a JSON line. */
export interface Peer {
  ask(request: Request): Promise<Answer | { error: string }>;
  ask(request: CircuitRequest): Promise<{ ms: number } | { error: string }>;
  end(): void;
}

export function start(command: string, args: string[]): Peer {
  const child = spawn(command, args, { cwd: repository(""), stdio: ["pipe", "pipe", "ignore"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let broken: string | undefined;
  child.on("error", (error) => {
    broken = error.message;
  });
  child.stdin.on("error", () => {});
  return {
    async ask(request: Request | CircuitRequest) {
      if (broken) return { error: broken };
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const { value, done } = await lines.next();
      return done ? { error: broken ?? "its process ended" } : JSON.parse(value);
    },
    end: () => void child.kill(),
  };
}
