// What is used of zip.js: its writers are not built into the package.
export { Reader, ZipReader } from "@zip.js/zip.js";
