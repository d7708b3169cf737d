import { proxy } from "comlink";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { HqcnnError } from "../../check.ts";
import { medmnist, sampleName } from "../../datasets/sources/medmnist.ts";
import { whole } from "../../report/text.ts";
import { optionsOf, type TrainOptions } from "../../training/options.ts";
import { Canvas } from "../parts/canvas.tsx";
import { DropZone, FileButton } from "../parts/controls.tsx";
import { Notes } from "../parts/figures.tsx";
import type { DataSummary, GivenFile, Sample, StoredData } from "../protocol/messages.ts";
import { givenFiles } from "../worker/dropped.ts";
import type { ViewProps } from "./props.ts";

/** MedMNIST's sets. */
const NAMES = Object.keys(medmnist);

/** Images shown of each class. */
const SHOWN = { few: 10, many: 4 };

/** What arrives: a name or a file, and how much of it. */
interface Arriving {
  what: string;
  done: number;
  total: number | null;
}

/** Data on their way into the browser's storage, also while another view is shown. */
export interface Arrival {
  arriving: Arriving | null;
  /** Brings something, unless something else is on its way. */
  arrive(what: string, bring: (tell: (done: number, total: number | null) => void) => Promise<unknown>): Promise<void>;
}

export function useArrival(onError: (error: unknown) => void): Arrival {
  const [arriving, setArriving] = useState<Arriving | null>(null);
  return {
    arriving,
    async arrive(what, bring) {
      if (arriving) return;
      setArriving({ what, done: 0, total: null });
      try {
        await bring((done, total) => setArriving({ what, done, total }));
      } catch (error) {
        onError(error);
      } finally {
        setArriving(null);
      }
    },
  };
}

type DataProps = Pick<ViewProps, "sessions" | "onError"> & {
  options: Partial<TrainOptions>;
};

/** The data that are chosen, and whether they are there. */
export interface ChosenData {
  /** As the option `data` names them. */
  data: string;
  stored: readonly StoredData[] | null;
  isStored: boolean;
  /** Given from outside, by its address. */
  isElsewhere: boolean;
  isMissing: boolean;
  list: () => Promise<void>;
}

export function useChosenData({ sessions, options, arrival }: DataProps & { arrival: Arrival }): ChosenData {
  const data = options.data ?? sampleName;
  const [stored, setStored] = useState<readonly StoredData[] | null>(null);
  const isArriving = arrival.arriving !== null;
  const list = async () => {
    try {
      setStored(await sessions.answering().storedData());
    } catch {
      setStored([]); // said by the list of runs
    }
  };
  useEffect(() => {
    if (!isArriving) void list();
  }, [isArriving]);
  const isStored = stored?.some(({ path }) => path === data) ?? false;
  const isElsewhere = /^(https?|blob):/.test(data);
  const isMissing = stored !== null && !isStored && !isElsewhere && data !== sampleName;
  return { data, stored, isStored, isElsewhere, isMissing, list };
}

/** Which data: the sample, a MedMNIST set, or one's own. */
export function DataChoice({
  sessions,
  onError,
  arrival,
  chosen,
  onData,
  onModel,
}: Omit<DataProps, "options"> & {
  arrival: Arrival;
  chosen: ChosenData;
  onData: (data: string | undefined) => void;
  onModel: (file: File) => void;
}) {
  const id = useId();
  const { data, stored, isStored, isElsewhere, isMissing, list } = chosen;
  /** What of the data opened last was not kept. */
  const [left, setLeft] = useState<{ path: string; notes: readonly string[] } | null>(null);
  const { arriving, arrive } = arrival;
  const isArriving = arriving !== null;
  const fetchSet = () => arrive(data, (tell) => sessions.answering().fetchData(data, proxy(tell)));
  const keep = (given: Promise<GivenFile[]>) =>
    arrive("your files", async (tell) => {
      const kept = await sessions.answering().keep(await given, proxy(tell));
      if (kept.kind === "data") {
        setLeft({ path: kept.path, notes: kept.notes });
        onData(kept.path);
      } else if (kept.kind === "model") onModel(kept.file);
      else
        onError(
          new HqcnnError(
            "These are single images, which the view “Use” classifies; training takes a folder with one subfolder of images per class.",
          ),
        );
    });

  return (
    <>
      <DropZone onDrop={(files) => keep(givenFiles(files))}>
        <div class="field">
          <label for={`${id}-set`}>Data set</label>
          <select
            id={`${id}-set`}
            value={data}
            onChange={(event) =>
              onData(event.currentTarget.value === sampleName ? undefined : event.currentTarget.value)
            }
          >
            <option value={sampleName}>BloodMNIST sample (in this page)</option>
            {stored && stored.length > 0 && (
              <optgroup label="In this browser">
                {stored.map(({ path, name }) => (
                  <option key={path} value={path}>
                    {name}
                  </option>
                ))}
              </optgroup>
            )}
            <optgroup label="MedMNIST, fetched from zenodo.org">
              {NAMES.filter((name) => !stored?.some(({ path }) => path === name)).map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </optgroup>
            {(isElsewhere || (isMissing && !NAMES.includes(data))) && (
              <option value={data}>{isElsewhere ? data : `${nameOf(data)} (not in this browser)`}</option>
            )}
          </select>
        </div>
        <div class="row">
          <FileButton label="Open an .npz…" accept=".npz" onFiles={(files) => keep(givenFiles(files))} />
          <FileButton label="Open a folder of images…" folder onFiles={(files) => keep(givenFiles(files))} />
          {isStored && (
            <button
              type="button"
              part="button"
              onClick={async () => {
                try {
                  await sessions.answering().removeData(data);
                  onData(undefined);
                  await list();
                } catch (error) {
                  onError(error);
                }
              }}
            >
              Remove from this browser
            </button>
          )}
        </div>
        <p class="muted small">
          Or drop them here: a folder with one subfolder of images per class, or an .npz in MedMNIST's format. They stay
          in this browser.
        </p>
        {isMissing && NAMES.includes(data) && (
          <div class="row">
            <button type="button" part="button" class="main" aria-disabled={isArriving} onClick={fetchSet}>
              Fetch {data}
            </button>
            <span class="muted">
              {whole(medmnist[data].counts.train)} training images, licence {medmnist[data].license}, checked by its
              MD5, kept in this browser
            </span>
          </div>
        )}
        {isMissing && !NAMES.includes(data) && (
          <p role="status" class="wrong">
            {nameOf(data)} is not in this browser: its files stay where they were opened. Open the same file or folder
            here, or choose another data set.
          </p>
        )}
        {arriving && (
          <div class="row">
            <progress
              aria-label={`Bringing ${arriving.what}`}
              {...(arriving.total ? { max: arriving.total, value: arriving.done } : {})}
            />
            <span role="status">
              {(arriving.done / 1e6).toFixed(0)}
              {arriving.total ? ` of ${(arriving.total / 1e6).toFixed(0)}` : ""} MB of {arriving.what}
            </span>
            <button type="button" part="button" onClick={() => sessions.answering().stopFetch().catch(onError)}>
              Cancel
            </button>
          </div>
        )}
      </DropZone>
      <Notes texts={left?.path === data ? left.notes : []} />
    </>
  );
}

/** What a data set in a browser's storage is called: its path ends with its name. */
function nameOf(path: string): string {
  return path.split("/").at(-1) ?? path;
}

/** Classes, balance and images; of the sample, which has to be loaded, when asked for. */
export function DataDetails({ sessions, onError, options, asked }: DataProps & { asked: boolean }) {
  const [wanted, setWanted] = useState(asked);
  const [found, setFound] = useState<{ summary: DataSummary; samples: Sample[] } | null>(null);
  const [augmented, setAugmented] = useState<Sample[] | null>(null);
  const [epoch, setEpoch] = useState(0);
  const key = JSON.stringify(optionsOf("data", options));
  const change = JSON.stringify([optionsOf("augmentation", options), options.seed]);
  const latest = useRef("");

  useEffect(() => {
    if (!wanted) return;
    latest.current = key;
    const load = async () => {
      const session = sessions.answering();
      const summary = await session.describeData(options);
      const perClass = summary.classNames.length > 2 ? SHOWN.many : SHOWN.few;
      const samples = await session.samples(options, "train", perClass);
      if (latest.current === key) setFound({ summary, samples });
    };
    load().catch((error) => {
      setWanted(false);
      onError(error);
    });
  }, [wanted, key]);

  useEffect(() => {
    if (!found) return;
    const indices = found.samples.map(({ index }) => index);
    let current = true;
    sessions
      .answering()
      .augmented(options, indices, epoch)
      .then((answer) => current && setAugmented(answer))
      .catch(onError);
    return () => {
      current = false;
    };
  }, [found, change, epoch]);

  if (!wanted) {
    return (
      <button type="button" part="button" class="row" onClick={() => setWanted(true)}>
        Show classes and images
      </button>
    );
  }
  if (!found) return <p role="status">Reading the data …</p>;
  const { summary, samples } = found;
  const { classNames, counts, trainImages, steps, warnings, license, citation, size } = summary;
  return (
    <>
      <Notes texts={warnings} />
      {steps.length > 0 && <p class="muted">Read as: {steps.join("; ")}.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="scroll" tabIndex={0} aria-label="Classes">
        <table>
          <thead>
            <tr>
              <th scope="col">class</th>
              <th scope="col" class="number">
                train
              </th>
              <th scope="col" class="number">
                val
              </th>
              <th scope="col" class="number">
                test
              </th>
              <th scope="col">share of train</th>
            </tr>
          </thead>
          <tbody>
            {classNames.map((name, label) => (
              <tr key={name}>
                <th scope="row" class="text">
                  {name}
                </th>
                <td class="number">{whole(counts.train[label])}</td>
                <td class="number">{whole(counts.val[label])}</td>
                <td class="number">{whole(counts.test[label])}</td>
                <td class="share">
                  {((100 * counts.train[label]) / trainImages).toFixed(1)} %
                  <span class="bar" aria-hidden="true">
                    <i style={{ width: `${(100 * counts.train[label]) / trainImages}%` }} />
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p class="muted">
        {size[0]} × {size[1]} pixels, {size[2] === 1 ? "grey" : "colour"}; licence {license}
        {citation ? `; ${citation}` : ""}
      </p>
      <h3>Training images</h3>
      <Gallery samples={samples} classNames={classNames} />
      {augmented ? (
        <>
          <div class="row">
            <h3>The same images in epoch {epoch + 1}</h3>
            <button type="button" part="button" onClick={() => setEpoch(epoch + 1)}>
              Next epoch
            </button>
          </div>
          <Gallery samples={augmented} classNames={classNames} />
        </>
      ) : (
        <p class="muted">Augmentation is off: every epoch uses these images unchanged.</p>
      )}
    </>
  );
}

function Gallery({ samples, classNames }: { samples: readonly Sample[]; classNames: readonly string[] }) {
  return (
    <ul class="gallery">
      {samples.map((sample) => {
        const label = `${classNames[sample.label]}, training image ${sample.index}`;
        return (
          <li key={sample.index} title={label}>
            <Canvas picture={sample} label={label} />
          </li>
        );
      })}
    </ul>
  );
}
