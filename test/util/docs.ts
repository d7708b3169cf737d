// npm run docs:reference: writes the pages of host/docs that are made from tables.
import { generate } from "../../host/docs/generate.ts";

console.log((await generate()).join("\n"));
