import { useEffect, useState } from "preact/hooks";
import type { CircuitData } from "../../circuit/data.ts";
import { analysisNotes, analysisTable, spectraTable } from "../../report/analysis.ts";
import type { AnalysisRow } from "../../simulator/analysisSweep.ts";
import type { SessionProxy } from "../protocol/messages.ts";

const SAMPLES = 200;

interface AnalysisProps {
  circuit: CircuitData;
  session: SessionProxy;
  onError: (error: unknown) => void;
}

/** What a circuit can do before training, when asked: what hqcnn circuit analyze prints. */
export function Analysis({ circuit, session, onError }: AnalysisProps) {
  const [rows, setRows] = useState<AnalysisRow[] | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => setRows(null), [circuit]); // it was about another one
  const analyze = async () => {
    setBusy(true);
    try {
      setRows(await session.analyzeCircuit(circuit, SAMPLES));
    } catch (error) {
      onError(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <section aria-labelledby="analysis-title">
      <h3 id="analysis-title">Before training</h3>
      <p class="muted small">
        Gradients that vanish cannot be trained; a circuit that reaches few states, or entangles little, can say little.
      </p>
      <button type="button" part="button" aria-disabled={busy} onClick={() => busy || analyze()}>
        Analyze
      </button>
      <p class="status" role="status">
        {busy ? `Running ${SAMPLES} random choices of weights and inputs.` : ""}
      </p>
      {rows && <Found rows={rows} />}
    </section>
  );
}

function Found({ rows }: { rows: AnalysisRow[] }) {
  const [[, , ...names], [, , ...values]] = analysisTable(rows);
  const spectra = spectraTable(rows);
  const { basis, notes } = analysisNotes(rows);
  return (
    <>
      <div class="scroll">
        <table>
          <tbody>
            {names.map((name, i) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{values[i]}</td>
              </tr>
            ))}
            {spectra.map(([input, text]) => (
              <tr key={input}>
                <th scope="row">Fourier magnitudes in {input}, by frequency</th>
                <td>{text}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="muted small">{[basis, ...notes].join(". ")}.</p>
    </>
  );
}
