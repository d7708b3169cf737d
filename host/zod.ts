import * as z from "zod";

// Compiled checks would ask for `new Function`, which a page's policy refuses and reports.
z.config({ jitless: true });

export { z };
