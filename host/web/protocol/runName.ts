import type { RunSummary } from "./messages.ts";

type Named = Pick<
  RunSummary,
  "name" | "data" | "folder" | "shipped" | "started" | "seed" | "accuracy" | "finished" | "epochs" | "epochsDone"
>;

/** What a run is called: by the name that somebody gave it, else by data, date and seed; and how good it is. */
export function runName(run: Named): string {
  const { data, started, seed, accuracy, finished, shipped, epochs, epochsDone } = run;
  if (data === null) return run.folder.replace(/^runs\//, "");
  const title = run.name ?? [dataTitle(data), ...(shipped ? [] : [dateOf(started)]), `seed ${seed}`].join(", ");
  return [
    title,
    ...(accuracy === null ? [] : [`${(100 * accuracy).toFixed(1)} %`]),
    shipped ? "ships with the page" : finished ? "finished" : `not finished: ${epochsDone} of ${epochs} epochs`,
  ].join(", ");
}

/** A data set by the name that its makers write: bloodmnist-sample → BloodMNIST sample. */
export function dataTitle(name: string): string {
  const [, stem, rest] = /^([a-z]+)mnist(.*)$/.exec(name) ?? [];
  if (stem === undefined) return name;
  // OrganAMNIST, OrganCMNIST and OrganSMNIST are views of one.
  const capital =
    stem === "oct"
      ? "OCT"
      : stem[0].toUpperCase() + stem.slice(1).replace(/(?<=^rgan)[acs]$/, (view) => view.toUpperCase());
  return `${capital}MNIST${rest.replace(/^[-_]/, " ")}`;
}

/** "28 Nov 2026, 13:16" of the clock here. */
function dateOf(started: string): string {
  const date = new Date(started);
  if (Number.isNaN(date.getTime())) return started;
  const options = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" } as const;
  return date.toLocaleString("en-GB", options).replace(",", "");
}
