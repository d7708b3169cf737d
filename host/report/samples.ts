import { escapeHtml } from "./html.ts";

/** Pixels of the side of an image, at least: one of 28 is too small to be looked at. */
const SIDE = 42;
/** Of a text: size, height of a line, width of a character. */
const TEXT = { size: 12, line: 15, character: 7.3 };
/** Characters in one of the two lines of a name. */
const MOST_CHARACTERS = 26;

/**
 * An SVG of a picture with a row of images per class, large enough to be looked at, the names of the classes beside.
 * @param png the rows, `height` pixels each with a gap of 2 around
 */
export function namedRows(
  png: { bytes: Uint8Array; width: number; height: number },
  classNames: readonly string[],
  { height, width }: { height: number; width: number },
): string {
  const scale = Math.max(1, Math.ceil(SIDE / Math.max(height, width)));
  const names = classNames.map(lines);
  const left = Math.ceil(Math.max(...names.flat().map((line) => line.length)) * TEXT.character) + 16;
  const [W, H] = [left + png.width * scale, png.height * scale];
  const texts = names.flatMap((name, row) =>
    name.map((line, i) => {
      const middle = (2 + row * (height + 2) + height / 2) * scale;
      const y = middle + TEXT.size / 3 + (i - (name.length - 1) / 2) * TEXT.line;
      return `<text x="${left - 8}" y="${y}" text-anchor="end">${escapeHtml(line)}</text>`;
    }),
  );
  const source = `data:image/png;base64,${btoa(Array.from(png.bytes, (byte) => String.fromCharCode(byte)).join(""))}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${W}" height="${H}" viewBox="0 0 ${W} ${H}" font-family="DejaVu Sans" font-size="${TEXT.size}" fill="currentColor">${texts.join("")}<image x="${left}" width="${W - left}" height="${H}" image-rendering="optimizeSpeed" href="${source}"/></svg>`;
}

/** A name in one or two lines; what is too long even so is cut. */
function lines(name: string): string[] {
  const found = [""];
  for (const word of name.split(" ")) {
    const line = `${found[found.length - 1]} ${word}`.trim();
    if (line.length <= MOST_CHARACTERS || found[found.length - 1] === "") found[found.length - 1] = line;
    else found.push(word);
  }
  if (found.length > 2) found.splice(1, found.length, found.slice(1).join(" "));
  return found.map((line) => (line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS - 1)}…` : line));
}
