import { useState } from "preact/hooks";
import { attributeOf, FIELDS } from "../training/fields.ts";
import { encodeState, type LabState } from "./protocol/state.ts";

/** Address of the program that defines the element: it lies beside this one. Not by new URL: bundlers would copy it. */
const PROGRAM = import.meta.url.replace(/[^/]*$/, "lab.js");

interface ShareProps {
  state: LabState;
  change: (part: Partial<LabState>) => void;
}

/** Hands on what is shown: as a link, and as code for a page of one's own. */
export function Share({ state, change }: ShareProps) {
  /** What could not be copied, to be copied by hand. */
  const [text, setText] = useState<string | null>(null);
  const [copied, setCopied] = useState("");
  const copy = async (what: string, given: string) => {
    setCopied("");
    try {
      await navigator.clipboard.writeText(given);
      setText(null);
      setCopied(`${what} copied.`);
    } catch {
      setText(given); // an insecure address, or a browser that does not allow it
    }
  };
  return (
    <div class="share">
      <span class="small" role="status">
        {copied}
      </span>
      <button type="button" part="button" class="plain" onClick={() => copy("Link", linkTo(state))}>
        Copy link
      </button>
      <button type="button" part="button" class="plain" onClick={() => copy("Embed code", embedCode(state, PROGRAM))}>
        Copy embed code
      </button>
      <button
        type="button"
        part="button"
        class="plain"
        aria-pressed={state.large}
        onClick={() => change({ large: !state.large })}
      >
        Large type
      </button>
      {text !== null && (
        <label class="copy">
          To copy{" "}
          <textarea readonly rows={3} ref={(area) => area?.select()}>
            {text}
          </textarea>
        </label>
      )}
    </div>
  );
}

function linkTo(state: LabState): string {
  const { origin, pathname, search } = location;
  const fragment = encodeState(state);
  return `${origin}${pathname}${search}${fragment && `#${fragment}`}`;
}

/** The element with these options as HTML. */
export function embedCode({ view, options, hide, large }: LabState, program: string): string {
  const attributes = [
    ...(view === "train" ? [] : [`view="${view}" tabs`]),
    ...FIELDS.flatMap(({ key }) => (options[key] === undefined ? [] : [attribute(attributeOf(key), options[key])])),
    ...(hide.length > 0 ? [attribute("hide", hide)] : []),
    ...(large ? ["large"] : []),
  ];
  return `<script type="module" src="${program}"></script>\n<hqcnn-lab${attributes.map((text) => ` ${text}`).join("")}></hqcnn-lab>`;
}

function attribute(name: string, value: unknown): string {
  return `${name}="${String(value).replaceAll("&", "&amp;").replaceAll('"', "&quot;")}"`;
}
