import { CORRUPTIONS, type Corruption, SEVERITIES } from "./table.ts";

/** The table of corruptions as a Markdown page. */
export function corruptionsReference(): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const head = ["corruption", "what it does", "strength", ...SEVERITIES.map((severity) => `severity ${severity}`)];
  const rows = Object.entries(CORRUPTIONS).map(([name, { help, unit, strength, ...rest }]) => {
    const { colour } = rest as Pick<Corruption, "colour">;
    return [`\`${name}\``, `${help}${colour ? " (colour images only)" : ""}`, unit, ...strength.map(String)];
  });
  return `# Corruptions

What \`hqcnn evaluate --corruptions\` and \`hqcnn compare --corruptions\` do to test images. Lengths are for images of 28
pixels and grow with the shorter side. Sides, signs, directions and noise are drawn for each image from the seed and the
image's place in its split, the same at every severity. Only sums, products, quotients, square roots and the engine's
random numbers are used, so that the bits are the same on every runtime. Values are rounded to 8 bits, halves up.

${[line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n")}
`;
}
