import { useEffect, useRef } from "preact/hooks";

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
