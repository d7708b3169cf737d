/** Said wherever the network's answers are shown. */
export const notForClinicalUse = "Not for clinical use.";

/** Said wherever results of the pooled protocol are shown. */
export const pooledNote = "protocol pooled: results not comparable with the official split";

/** What has to be said about results of a protocol. */
export function notesOn(protocol: string): string[] {
  return [...(protocol === "pooled" ? [pooledNote] : []), notForClinicalUse];
}
