import type { Circuit } from "../../circuit/circuit.ts";
import { controlsOf } from "../../circuit/gates.ts";
import { factorOf, type Source, sourcesOf } from "../../circuit/params.ts";

/** What an arrow key changes an angle by, in radians: 0, ±π/2 and ±π are on the way. */
export const ANGLE_STEP = Math.PI / 100;

/** Where a slider for a number ends: at π, or at the first step that holds the number. */
export function sliderLimit(value: number): number {
  if (Math.abs(value) <= Math.PI) return Math.PI;
  return ANGLE_STEP * Math.ceil(Math.abs(value) / ANGLE_STEP);
}

/** The same angle from −π to π. */
export function wrapped(angle: number): number {
  return Math.abs(angle) <= Math.PI ? angle : angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));
}

/**
 * Whether a circuit's outputs are the same when 2π is added to an input or weight: it stands alone in gates without
 * controls, times a whole number.
 */
export function isAngle({ operations }: Circuit, { kind, index }: Source): boolean {
  const has = (source: Source) => source.kind === kind && source.index === index;
  return operations.every(
    (operation) =>
      !operation.params.some((param) => sourcesOf(param).some(has)) ||
      (operation.name !== "AmplitudeEmbedding" &&
        controlsOf(operation).length === 0 &&
        operation.params.every(
          (param) =>
            !sourcesOf(param).some(has) || (sourcesOf(param).length === 1 && Number.isInteger(factorOf(param))),
        )),
  );
}
