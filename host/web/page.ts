// The page's program; helper `page` owns what it becomes.
import { isolate } from "./isolate.ts";

await isolate();
