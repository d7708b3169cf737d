import type { TrainOptions } from "../../training/options.ts";

interface OwnCircuitProps {
  options: Partial<TrainOptions>;
  onOptions: (options: Partial<TrainOptions>) => void;
  /** Shows it where it can be changed; not given: it is a list, or in a file. */
  onEdit?: () => void;
}

/** Says that the options hold a circuit of one's own, and takes it out again. */
export function OwnCircuit({ options, onOptions, onEdit }: OwnCircuitProps) {
  const { circuit, ...others } = options;
  if (circuit === undefined) return null;
  const isOne = typeof circuit === "object" && !Array.isArray(circuit);
  return (
    <div class="row panel" role="note">
      <span>
        {isOne
          ? `Circuit of your own: ${circuit.wires} wires, ${circuit.operations.length} gates, in place of ansatz and embedding.`
          : "Circuits of your own, in place of ansatz and embedding."}
      </span>
      {isOne && onEdit && (
        <button type="button" part="button" onClick={onEdit}>
          Change it
        </button>
      )}
      <button type="button" part="button" onClick={() => onOptions(others)}>
        Do not use it
      </button>
    </div>
  );
}
