// The API as build/web/hqcnn.js has it: of index.ts, with the package's files where bundlers see them.
import "./platform/webFiles.ts";
import "./platform/webPrograms.ts";

export * from "./index.ts";
