// Imported before anything that checks with zod: its compiled checks ask for `new Function`, which the page's policy refuses and reports.
import * as z from "zod";

z.config({ jitless: true });
