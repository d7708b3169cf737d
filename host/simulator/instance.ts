import { type Engine, type Instance, instantiate } from "../engine/load.ts";

const instances = new WeakMap<Engine["module"], Simulator>();

/** An engine instance that runs circuits and nothing else, so that its memory may grow from one run to the next. */
export type Simulator = Instance & { readonly growable: true };

/** One memory for all circuits of an engine: sliders ask many times a second. */
export function simulatorOf(engine: Engine): Simulator {
  const known = instances.get(engine.module);
  if (known) return known;
  const simulator: Simulator = { ...instantiate(engine), growable: true };
  instances.set(engine.module, simulator);
  return simulator;
}
