// The program of a worker as build/web/worker.js has it.
import "./platform/webFiles.ts";
import "./worker.ts";
