import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";

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
