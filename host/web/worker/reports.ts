import type { Page } from "../../report/page.ts";
import type { ReportContext } from "../../report/run.ts";
import type { Sections, SessionApi } from "../protocol/messages.ts";
import type { Place } from "./place.ts";

/** The calls about reports; what draws them is loaded when asked for. */
export function reportCalls(place: Place): Pick<SessionApi, "runSections" | "runReport"> {
  const withReport = async <T>(folder: string, use: (context: ReportContext) => Promise<T>): Promise<T> => {
    const { openRunData, withRun } = await import("../../work/report.ts");
    return withRun(place, folder, await openRunData(place, folder), use);
  };
  return {
    runSections: (folder) =>
      withReport(folder, async (context) => {
        const { runPage } = await import("../../report/run.ts");
        // The page has no command line: options are called what its form calls them.
        const { inWords } = await import("../../training/fields.ts");
        return sectionsOf(await runPage({ ...context, words: inWords }));
      }),
    runReport: (folder) =>
      withReport(folder, async (context) => {
        const { reportRun } = await import("../../report/run.ts");
        return (await reportRun(context)).html;
      }),
  };
}

/** A report's page as the page shows it. */
export function sectionsOf({ title, lead, sections }: Page): Sections {
  return {
    title,
    lead: lead.html,
    sections: sections.map(({ body, ...section }) => ({ ...section, html: body.html })),
  };
}
