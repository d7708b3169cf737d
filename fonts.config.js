// npm run build:fonts: the fonts of PNG figures, build/fonts. DejaVu Sans has 12 MB in nine faces and all scripts; we
// draw with three faces, of which what names of classes and formulas need is kept.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import subsetFont from "subset-font";

const out = "build/fonts";
const library = "node_modules/dejavu-fonts-ttf";
export const faces = ["DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono"];

/** Ranges of code points, first and last: of every face. */
const symbols = [
  [0x20, 0x7e], // Basic Latin
  [0xa0, 0x17f], // Latin-1, Latin Extended-A
  [0x370, 0x3ff], // Greek
  [0x2010, 0x205e], // punctuation
  [0x2070, 0x20bf], // superscripts, subscripts, currencies
  [0x2100, 0x22ff], // letterlike symbols, number forms, arrows, mathematical operators
  [0x2308, 0x230b], // ⌈⌉⌊⌋
  [0x25a0, 0x25ff], // geometric shapes
  [0x2713, 0x2717], // ticks and crosses
  [0x27e8, 0x27e9], // ⟨⟩
  [0xfb01, 0xfb02], // ligatures
  [0xfffd, 0xfffd],
];
/** For names of classes besides; the monospace face writes gates and parameters of circuits. */
const names = [
  [0x180, 0x24f], // Latin Extended-B
  [0x2b0, 0x36f], // modifier letters, combining marks
  [0x400, 0x52f], // Cyrillic
  [0x1e00, 0x1eff], // Latin Extended Additional
];

const textOf = (ranges) =>
  ranges
    .flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => String.fromCodePoint(first + i)))
    .join("");

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
for (const face of faces) {
  const text = textOf(face === "DejaVuSansMono" ? symbols : [...symbols, ...names]);
  // The renderer uses no hints.
  const options = { targetFormat: "truetype", noHinting: true };
  writeFileSync(`${out}/${face}.ttf`, await subsetFont(readFileSync(`${library}/ttf/${face}.ttf`), text, options));
}
copyFileSync(`${library}/LICENSE`, `${out}/LICENSE`);
