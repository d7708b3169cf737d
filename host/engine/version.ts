/** The code of the engines that the host is made for: written by engine.config.js. */
export const ENGINE_VERSION = "196bd9c5e940a6a1";
