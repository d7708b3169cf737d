import type { BrowserPlatform } from "../../platform/browser.ts";
import type { WorkContext } from "../../work/context.ts";

/** Where a session worker works: host/work's context in a browser. */
export type Place = Required<WorkContext> & { platform: BrowserPlatform };
