/** The code of the engines that the host is made for: written by engine.config.js. */
export const ENGINE_VERSION = "3664afa0f281eff5";
