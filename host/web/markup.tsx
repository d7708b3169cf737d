import { useEffect, useRef, useState } from "preact/hooks";
import type { Sections } from "./session.ts";

/**
 * Markup that host/report made (its texts are escaped there), as elements. Styles of elements are set one by one: the page's policy refuses them in markup.
 */
export function Markup({ html, className }: { html: string; className?: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    place.current?.replaceChildren(...elementsOf(html));
  }, [html]);
  return <div class={className} ref={place} />;
}

function elementsOf(html: string): Node[] {
  const quiet = html.replaceAll(/(<[^<>]*?) style="/g, '$1 data-style="');
  const { body } = new DOMParser().parseFromString(quiet, "text/html");
  for (const element of body.querySelectorAll<HTMLElement | SVGElement>("[data-style]")) {
    element.style.cssText = element.dataset.style ?? "";
    delete element.dataset.style;
  }
  return [...body.childNodes].map((node) => document.importNode(node, true));
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
