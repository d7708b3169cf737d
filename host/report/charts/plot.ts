// What is used of Observable Plot: a third of it is not built into the package.
export { barX, boxX, cell, dot, frame, line, link, plot, rectY, ruleX, ruleY, text, tickX } from "@observablehq/plot";
