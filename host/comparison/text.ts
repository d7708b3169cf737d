/** A fraction as percentage points with a sign: −0.1. */
export function points(fraction: number): string {
  const text = (100 * Math.abs(fraction)).toFixed(2);
  return Number(text) === 0 ? text : `${fraction < 0 ? "−" : "+"}${text}`;
}

/** "= 0.81", "< 0.001". */
export function pText(p: number): string {
  return p < 0.001 ? "< 0.001" : `= ${p.toFixed(p < 0.1 ? 3 : 2)}`;
}
