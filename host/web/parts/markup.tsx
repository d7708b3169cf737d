import { useEffect, useRef, useState } from "preact/hooks";
import type { Sections } from "../protocol/messages.ts";

/**
 * Markup that host/report made (its texts are escaped there), as elements; each in a turn of its own, so that none
 * takes long.
 */
export function Markup({ html, className }: { html: string; className?: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const timer = setTimeout(() => place.current && fill(place.current, html));
    return () => clearTimeout(timer);
  }, [html]);
  return <div class={className} ref={place} />;
}

/** Styles in markup, of elements or in sheets, the page's policy refuses; set by the program they are allowed. */
function fill(place: HTMLElement, html: string): void {
  const sheets: string[] = [];
  const quiet = html
    .replaceAll(/<style>(.*?)<\/style>/gs, (_, text: string) => {
      sheets.push(text);
      return "";
    })
    .replaceAll(/<[^<>]*>/g, (tag) => tag.replaceAll(' style="', ' data-style="'));
  const { body } = new DOMParser().parseFromString(quiet, "text/html");
  place.replaceChildren(...body.childNodes);
  for (const element of place.querySelectorAll<HTMLElement | SVGElement>("[data-style]")) {
    element.style.cssText = element.dataset.style ?? "";
    delete element.dataset.style;
  }
  const root = place.getRootNode();
  if (root instanceof ShadowRoot) for (const text of sheets) adopt(root, text);
}

const adopted = new WeakMap<ShadowRoot, Set<string>>();

/** Puts a style sheet into force, once. */
function adopt(root: ShadowRoot, text: string): void {
  const there = adopted.get(root) ?? new Set();
  adopted.set(root, there);
  if (there.has(text)) return;
  there.add(text);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  root.adoptedStyleSheets.push(sheet);
}

/** A report in the page. Its sections come one a frame, so that no frame takes long. */
export function Report({ sections: { title, lead, sections } }: { sections: Sections }) {
  const [count, setCount] = useState(1);
  useEffect(() => {
    if (count >= sections.length) return;
    const timer = setTimeout(() => setCount(count + 1), 20);
    return () => clearTimeout(timer);
  }, [count, sections]);
  return (
    <article aria-label={title}>
      <Markup html={lead} />
      {sections.slice(0, count).map((section) => (
        <section key={section.id} aria-label={section.title}>
          <h2>{section.title}</h2>
          <Markup html={section.html} />
        </section>
      ))}
    </article>
  );
}
