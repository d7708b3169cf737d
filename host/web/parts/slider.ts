/** What an arrow key changes an angle by, in radians: 0, ±π/2 and ±π are on the way. */
export const ANGLE_STEP = Math.PI / 100;

/** Where a slider for an angle ends, in radians: at π, or at the first step that holds the angle. */
export function sliderLimit(angle: number): number {
  if (Math.abs(angle) <= Math.PI) return Math.PI;
  return ANGLE_STEP * Math.ceil(Math.abs(angle) / ANGLE_STEP);
}
