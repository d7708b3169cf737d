import type { Circuit } from "../circuit/circuit.ts";
import type { Amplitudes } from "./simulate.ts";

/**
 * (⟨X⟩, ⟨Y⟩, ⟨Z⟩) of a wire's reduced state: length 1 for a pure state, shorter the more the wire is entangled with the
 * others.
 */
export type Bloch = readonly [x: number, y: number, z: number];

/** ⟨X⟩ = 2 Re ρ10, ⟨Y⟩ = 2 Im ρ10, ⟨Z⟩ = ρ00 − ρ11 with the reduced density matrix ρ of every wire. */
export function blochVectors({ numWires }: Circuit, { re, im }: Amplitudes): Bloch[] {
  return Array.from({ length: numWires }, (_, wire): Bloch => {
    const bit = 1 << (numWires - 1 - wire);
    let [x, y, z] = [0, 0, 0];
    for (let i = 0; i < re.length; i++) {
      if (i & bit) continue;
      const j = i | bit;
      x += 2 * (re[i] * re[j] + im[i] * im[j]);
      y += 2 * (re[i] * im[j] - im[i] * re[j]);
      z += re[i] * re[i] + im[i] * im[i] - re[j] * re[j] - im[j] * im[j];
    }
    return [x, y, z];
  });
}
