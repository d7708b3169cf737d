import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

/** A place to drop files on, around the buttons that do the same. */
export function DropZone(props: { onDrop: (dropped: DataTransfer) => void; children: ComponentChildren }) {
  const { onDrop, children } = props;
  const [over, setOver] = useState(false);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a second way to what the buttons in it do
    <div
      class={over ? "drop over" : "drop"}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        if (event.dataTransfer) onDrop(event.dataTransfer);
      }}
    >
      {children}
    </div>
  );
}

/** A button that asks for files, or for a folder. */
export function FileButton(props: {
  label: string;
  accept?: string;
  multiple?: boolean;
  folder?: boolean;
  disabled?: boolean;
  onFiles: (files: File[]) => void;
}) {
  const { label, accept, multiple, folder, disabled, onFiles } = props;
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" part="button" disabled={disabled} onClick={() => input.current?.click()}>
        {label}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={label}
        accept={accept}
        multiple={multiple}
        {...(folder && { webkitdirectory: true })}
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          event.currentTarget.value = ""; // the same file may be chosen again
          if (files.length > 0) onFiles(files);
        }}
      />
    </>
  );
}

/** Hands bytes or text to the browser as a file to keep. */
export function download(name: string, content: Uint8Array<ArrayBuffer> | string, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/**
 * A field to type into. What is being typed stays until it is taken, or the value changes: a rendering in between would
 * put the value back.
 */
export function TextField(props: {
  label: string;
  hint: string;
  value: string;
  inputMode: "text" | "numeric" | "decimal";
  /** The hint is shown when the field is pointed at, and said to a screen reader. */
  short?: boolean;
  /** Takes a text, or says what is wrong with it. */
  onText: (text: string) => string | null;
}) {
  const { label, hint, value, inputMode, short = false, onText } = props;
  const id = useId();
  const [draft, setDraft] = useState<{ text: string; problem: string | null } | null>(null);
  useEffect(() => setDraft(null), [value]);
  const problem = draft?.problem ?? null;
  return (
    <div class="field" title={short ? hint : undefined}>
      <label for={id}>{label}</label>
      <input
        id={id}
        type="text"
        inputMode={inputMode}
        autocomplete="off"
        spellcheck={false}
        aria-describedby={problem ? `${id}-problem ${id}-hint` : `${id}-hint`}
        aria-invalid={problem !== null}
        value={draft?.text ?? value}
        onInput={(event) => setDraft({ text: event.currentTarget.value, problem })}
        onChange={(event) => {
          const text = event.currentTarget.value;
          const found = onText(text);
          setDraft(found === null ? null : { text, problem: found });
        }}
      />
      {problem && (
        <p class="problem" id={`${id}-problem`} role="alert">
          {problem}
        </p>
      )}
      <p class={short ? "hidden" : "hint"} id={`${id}-hint`}>
        {hint}
      </p>
    </div>
  );
}

/** A button that asks once more before it deletes. */
export function DeleteButton(props: {
  children: ComponentChildren;
  asked: boolean;
  disabled?: boolean;
  onAsk: (asked: boolean) => void;
  onDelete: () => void;
}) {
  const { children, asked, disabled, onAsk, onDelete } = props;
  if (!asked) {
    return (
      <button type="button" part="button" disabled={disabled} onClick={() => onAsk(true)}>
        {children}
      </button>
    );
  }
  return (
    <>
      <button type="button" part="button" class="main" onClick={onDelete}>
        Delete for ever
      </button>
      <button type="button" part="button" onClick={() => onAsk(false)}>
        Keep
      </button>
    </>
  );
}
