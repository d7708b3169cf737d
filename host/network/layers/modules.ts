import type { Template } from "../../circuit/templates.ts";

/**
 * One of PyTorch's modules, or what has no counterpart there (Products, Circuit), as data: what summaries, drawings,
 * reports and exports read. `name` is what the module's tensors are called by in front of the last dot.
 */
export type Module =
  | { type: "Conv2d"; name: string; in: number; out: number; kernel: number; pad: number; bias: boolean }
  | { type: "BatchNorm2d"; name: string; features: number }
  | { type: "ReLU" }
  /** Adds what the layer was given. */
  | { type: "AddInput" }
  | { type: "MaxPool2d"; kernel: number }
  | { type: "AdaptiveAvgPool2d"; out: 1 }
  | { type: "Dropout"; p: number }
  | { type: "Flatten" }
  | { type: "Linear"; name: string; in: number; out: number }
  | { type: "Tanh" }
  /** The products of {1, cos, sin} of `in` features. */
  | { type: "Products"; in: number }
  | { type: "Circuit"; name: string; template: Template }
  /** Parts side by side, each on the next `in` features, and `bypass` features that go around them. */
  | { type: "Parallel"; parts: readonly { in: number; modules: readonly Module[] }[]; bypass: number };

/** A module in a few words, as "Conv2d 3×3 padded"; undefined where a table of layers needs none. */
function describeModule(module: Module): string | undefined {
  switch (module.type) {
    case "Conv2d":
      return `Conv2d ${module.kernel}×${module.kernel}${module.pad > 0 ? " padded" : ""}`;
    case "MaxPool2d":
      return `MaxPool2d ${module.kernel}×${module.kernel}`;
    case "AddInput":
      return "plus input";
    case "AdaptiveAvgPool2d":
      return "average over the image";
    case "Dropout":
      return `Dropout ${module.p}`;
    case "Flatten":
      return undefined; // shapes say so
    case "Products":
      return "Products of cos and sin";
    case "Circuit":
      return `Circuit of ${module.template.circuit.operations.length} gates`;
    case "Parallel": {
      const parts = module.parts.map(({ modules }) => describeModules(modules).join(", "));
      return [...parts, ...(module.bypass > 0 ? [`${module.bypass} features around`] : [])].join(" | ");
    }
    default:
      return module.type;
  }
}

/** The modules of a layer in a few words each, for people. */
export function describeModules(modules: readonly Module[]): string[] {
  return modules.flatMap((module) => describeModule(module) ?? []);
}
