/** The code of the engines that the host is made for: written by engine.config.js. */
export const ENGINE_VERSION = "1188fd683c6aee97";
