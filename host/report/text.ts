/** A share as a percentage with a space that does not break. */
export function percentText(share: number, digits = 2): string {
  return `${(100 * share).toFixed(digits)}\u00a0%`;
}

/** A count with its thousands set apart. */
export function whole(count: number): string {
  return count.toLocaleString("en");
}

export function capital(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}

/** Seconds as a length of time to read. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${seconds.toFixed(1)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** An argument of a POSIX shell's command line. */
export function quote(text: string): string {
  return /^[\w./:,@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A name cut to `most` characters. */
export function shortName(name: string, most: number): string {
  const letters = [...name];
  return letters.length <= most
    ? name
    : `${letters
        .slice(0, most - 1)
        .join("")
        .trimEnd()}…`;
}
