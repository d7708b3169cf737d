// The program behind <script type="module" src="…/lab.js">: makes <hqcnn-lab> known.
import { defineLab } from "./element.tsx";

export { HqcnnLab } from "./element.tsx";
export type { LabEvents, LabPrediction } from "./protocol/events.ts";
export type { LabAttributes } from "./types.ts";

defineLab();
