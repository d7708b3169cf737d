/** Markup that is safe to put into a page as it is. */
export interface Html {
  readonly html: string;
}

export type Content = Html | string | number | null | readonly Content[];

/**
 * A template whose inserted texts and numbers are escaped, for elements and quoted attributes alike; markup goes in as
 * it is, null is nothing.
 */
export function html(parts: TemplateStringsArray, ...contents: Content[]): Html {
  return { html: parts.reduce((text, part, i) => text + toMarkup(contents[i - 1]) + part) };
}

/** Marks a text of our own making, such as a drawing, as markup. Never for names, paths or messages. */
export function markup(text: string): Html {
  return { html: text };
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

function toMarkup(content: Content): string {
  if (content === null) return "";
  if (typeof content === "object") return "html" in content ? content.html : content.map(toMarkup).join("");
  return escapeHtml(String(content));
}
